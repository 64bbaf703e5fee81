"""End of turn."""

from __future__ import annotations

import pyarrow

from tests.datasets.hub.layouts._tables import AUDIO, STRING, Layout, audio, configs, numbered, shards


def _smart_turn() -> dict[str, bytes]:
    flag = pyarrow.bool_()
    columns = {
        "audio": AUDIO,
        "id": STRING,
        "language": STRING,
        "endpoint_bool": flag,
        "midfiller": flag,
        "endfiller": flag,
        "synthetic": flag,
        "spoken_text": pyarrow.null(),
        "dataset": STRING,
    }
    rows = [
        {
            "audio": audio(number),
            "id": f"{number:032x}",
            "language": ("eng", "deu", "jpn")[number % 3],
            "endpoint_bool": number % 2 == 0,
            "midfiller": False,
            "endfiller": number % 4 == 1,
            "synthetic": number % 3 == 0,
            "spoken_text": None,
            "dataset": "rime_2",
        }
        for number in range(8)
    ]
    return shards(numbered("data/train"), columns, rows)


LAYOUTS = {
    "smart_turn_test": Layout(
        "pipecat-ai/smart-turn-data-v3.1-test", _smart_turn, readme=configs(default={"train": "data/train-*"})
    )
}
