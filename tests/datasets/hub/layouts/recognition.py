"""Speech recognition."""

from __future__ import annotations

from tests.datasets.hub.layouts._tables import AUDIO, INT64, STRING, Layout, audio, shards

TEXTS = (
    "the boat turned slowly into the wind",
    "nobody had opened that door for years",
    "she counted the coins twice and smiled",
    "rain fell on the roof all through the night",
    "a letter came from the north in spring",
    "they walked along the river until dark",
)


def _librispeech(config: str) -> dict[str, bytes]:
    columns = {
        "file": STRING,
        "audio": AUDIO,
        "text": STRING,
        "speaker_id": INT64,
        "chapter_id": INT64,
        "id": STRING,
    }
    names = [f"{1089 + number // 2}-134686-{number:04d}" for number in range(len(TEXTS))]
    rows = [
        {
            "file": f"{name}.flac",
            "audio": audio(number, f"{name}.flac"),
            "text": text.upper(),
            "speaker_id": 1089 + number // 2,
            "chapter_id": 134686,
            "id": name,
        }
        for number, (name, text) in enumerate(zip(names, TEXTS, strict=True))
    ]
    return shards([f"{config}/test/0000.parquet", f"{config}/test/0001.parquet"], columns, rows)


LIBRISPEECH = "openslr/librispeech_asr"
LIBRISPEECH_COMMIT = "71cacbfb7e2354c4226d01e70d77d5fca3d04ba1"

LAYOUTS = {
    "librispeech_clean": Layout(LIBRISPEECH, lambda: _librispeech("clean"), LIBRISPEECH_COMMIT),
}
