"""The same few recordings, written in every format."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow
import pyarrow.parquet
import soundfile


class Item(NamedTuple):
    id: str
    text: str
    speaker: str


ITEMS = [Item(f"utt{number:02}", f"ba da {'grüß dich ' * (number % 3)}word{number}", f"s{number % 5}") for number in range(30)]
"""Thirty sentences of five speakers."""


def sound(path: Path, seed: int = 0, frames: int = 12_000, channels: int = 1, subtype: str = "PCM_16") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (frames, channels) if channels > 1 else (frames,)
    noise = np.random.default_rng(seed).integers(-3000, 3000, shape).astype(np.int16)
    soundfile.write(path, noise, 16_000, subtype=subtype)
    return path


def sounds(folder: Path, items: Sequence[Item]) -> None:
    for number, item in enumerate(items):
        sound(folder / f"{item.id}.wav", number, 12_000 + 1000 * (number % 4))


def kaldi(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "sound", items)
    (folder / "wav.scp").write_text("".join(f"{item.id} sound/{item.id}.wav\n" for item in items), "utf-8")
    (folder / "text").write_text("".join(f"{item.id} {item.text}\n" for item in items), "utf-8")
    (folder / "utt2spk").write_text("".join(f"{item.id} {item.speaker}\n" for item in items), "utf-8")
    return folder


def nemo(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "sound", items)
    lines = [
        {
            "audio_filepath": f"sound/{item.id}.wav",
            "duration": soundfile.info(folder / f"sound/{item.id}.wav").duration,
            "text": item.text,
        }
        for item in items
    ]
    (folder / "train_manifest.json").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return folder / "train_manifest.json"


def audiofolder(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "data", items)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("file_name", "transcription"), *((f"data/{item.id}.wav", item.text) for item in items)])
    return folder


def table(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "sound", items)
    with (folder / "table.csv").open("w", encoding="utf-8-sig", newline="") as out:
        rows = [(item.id, f"sound\\{item.id}.wav", item.text, item.speaker) for item in items]
        csv.writer(out, delimiter=";").writerows([("utt_id", "Path", "Sentence", "client_id"), *rows])
    return folder / "table.csv"


def parquet(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "sound", items)
    cells = [{"bytes": (folder / f"sound/{item.id}.wav").read_bytes(), "path": f"{item.id}.mp3"} for item in items]
    pyarrow.parquet.write_table(
        pyarrow.table({"audio": cells, "text": [item.text for item in items]}), folder / "part-0.parquet", row_group_size=2
    )
    return folder / "part-0.parquet"


def common_voice(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "clips", items)
    lines = "".join(f"{item.speaker}\t{item.id}.wav\t{item.text}\t2\ten\n" for item in items)
    (folder / "test.tsv").write_text("client_id\tpath\tsentence\tup_votes\tlocale\n" + lines, "utf-8")
    return folder


def ljspeech(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "wavs", items)
    (folder / "metadata.csv").write_text("".join(f"{item.id}|No. 1|{item.text}\n" for item in items), "utf-8")
    return folder


def jsonl(folder: Path, items: Sequence[Item]) -> Path:
    sounds(folder / "sound", items)
    rows = [{"id": item.id, "audio": str(folder.resolve() / f"sound/{item.id}.wav"), "text": item.text} for item in items]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + os.linesep for row in rows), "utf-8")
    return folder / "rows.jsonl"


SPOKEN: dict[str, Callable[[Path, Sequence[Item]], Path]] = {
    "kaldi": kaldi,
    "nemo": nemo,
    "audiofolder": audiofolder,
    "table": table,
    "parquet": parquet,
    "common_voice": common_voice,
    "ljspeech": ljspeech,
    "jsonl": jsonl,
}


def classes(folder: Path) -> Path:
    for number in range(6):
        sound(folder / ("dog" if number % 2 else "big cat") / f"{number // 2}.wav", number)
    return folder


def trials(folder: Path) -> Path:
    for number in range(4):
        sound(folder / "wav" / f"id{number // 2}" / "video" / f"{number % 2}.wav", number)
    pairs = [(1, 0, 1), (0, 0, 2), (1, 2, 3), (0, 3, 1)]
    lines = [f"{same} {' '.join(f'id{k // 2}/video/{k % 2}.wav' for k in pair)}\n" for same, *pair in pairs]
    (folder / "veri_test.txt").write_text("".join(lines))
    return folder / "veri_test.txt"
