"""Speech translation."""

from __future__ import annotations

from functools import partial

from tests.datasets.hub.layouts._tables import AUDIO, STRING, Layout, audio, configs, numbered, shards
from tests.datasets.hub.layouts.recognition import TEXTS

COMMIT = "17c8c81e331e7a6929118121771a58c7ef7331d8"
CARDS = {
    "covost2_fr_en": ("fr_en", "Personne n'avait ouvert cette porte."),
    "covost2_de_en": ("de_en", "Niemand hatte diese Tür geöffnet."),
    "covost2_es_en": ("es_en", "Nadie había abierto esa puerta."),
    "covost2_zh_en": ("zh-CN_en", "没有人打开过那扇门。"),
    "covost2_ja_en": ("ja_en", "誰もその扉を開けていなかった。"),
}


def _covost(config: str, said: str) -> dict[str, bytes]:
    columns = {"client_id": STRING, "file": STRING, "audio": AUDIO, "sentence": STRING, "translation": STRING, "id": STRING}
    rows = [
        {
            "client_id": f"{number // 2:064x}",
            "file": f"common_voice_{number}.mp3",
            "audio": audio(number, f"common_voice_{number}.mp3", "MP3"),
            "sentence": said,
            "translation": f"{text.capitalize()}.",
            "id": f"common_voice_{number}",
        }
        for number, text in enumerate(TEXTS)
    ]
    return shards(numbered(f"{config}/test"), columns, rows)


LAYOUTS = {
    name: Layout("fixie-ai/covost2", partial(_covost, config, said), COMMIT, configs(**{config: {"test": f"{config}/test-*"}}))
    for name, (config, said) in CARDS.items()
}
