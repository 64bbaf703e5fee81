"""Speaker trials from a zip archive on the hub, through the command a user types."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_lab.datasets import card
from model_lab.datasets.hub import trials
from model_lab.datasets.hub.trials import Trial
from model_lab.errors import BadManifest
from tests import dataset_hub
from tests.dataset_hub import DatasetHub

CARD = """
title: Trials
summary: Made by a test.
capability: speaker_verify
licence: CC0
truth: synthetic
annotation: Tones.
group: speaker
source: {{kind: hub_trials, repository: acme/voices, archive: vox/test.zip, prefix: wav/, trials: "{address}/lists/trials.txt"}}
tiers: {{smoke: 6, standard: 20, full: 0}}
"""
SPEAKERS, VIDEOS = 5, 4


def recordings() -> list[str]:
    return [f"id{speaker}/v{video}/00001.wav" for speaker in range(SPEAKERS) for video in range(VIDEOS)]


def listed() -> str:
    names = recordings()
    pairs = [(a, b) for number, a in enumerate(names) for b in names[number + 1 :]]
    return "".join(f"{int(a.split('/')[0] == b.split('/')[0])} {a} {b}\n" for a, b in pairs)


@pytest.fixture
def hub() -> Iterator[DatasetHub]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for number, name in enumerate(recordings()):
            archive.writestr(f"wav/{name}", dataset_hub.sound(number, 8.0, form="WAV"))
    with dataset_hub.serving() as server:
        server.repositories["acme/voices"] = dataset_hub.Repository({"vox/test.zip": out.getvalue()})
        server.texts["/lists/trials.txt"] = listed()
        yield server


Said = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(hub: DatasetHub, tmp_path: Path) -> Said:
    folder = tmp_path / "extension" / "datasets"
    folder.mkdir(parents=True)
    (folder / "voices.yaml").write_text(CARD.format(address=hub.address))
    variables = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "hf"),
        "MODEL_LAB_CACHE": str(tmp_path / "cache"),
        "MODEL_LAB_EXTENSIONS": str(tmp_path / "extension"),
        "COLUMNS": "300",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from model_lab.cli import main; main()", *words]
        return subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_only_the_recordings_of_a_tier_are_read(hub: DatasetHub, cli: Said, tmp_path: Path) -> None:
    whole = len(hub.repositories["acme/voices"].files["vox/test.zip"])
    done = cli("run", "baseline_oracle", "voices")
    assert done.returncode == 0, done.stderr
    assert "voices: 6 samples at bbbbbbbbbbbb" in done.stderr
    assert hub.sent < whole
    manifest = next((tmp_path / "cache" / "datasets").glob("voices-*/smoke.jsonl"))
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    assert [row["same"] for row in rows] == [True, False] * 3
    assert all((manifest.parent / row[column]).is_file() for row in rows for column in ("audio", "audio_b"))

    hub.sent = 0
    assert cli("fetch", "voices", "--tier", "standard").returncode == 0
    larger = [json.loads(line) for line in (manifest.parent / "standard.jsonl").read_text().splitlines()]
    assert {row["id"] for row in rows} <= {row["id"] for row in larger} and len(larger) == 20
    names = {row[column] for row in larger for column in ("audio", "audio_b")}
    kept = {row[column] for row in rows for column in ("audio", "audio_b")}
    assert hub.sent < whole, "what the smaller tier fetched is not fetched again"
    assert kept < names


def test_a_recording_that_the_archive_lacks(hub: DatasetHub, cli: Said) -> None:
    hub.texts["/lists/trials.txt"] = "1 id0/v0/00001.wav id0/v1/00002.wav\n"
    done = cli("fetch", "voices")
    assert done.returncode == 1
    assert "vox/test.zip has no wav/id0/v1/00002.wav (did you mean 'wav/id0/v1/00001.wav'?)" in done.stderr


def test_a_list_that_is_none(hub: DatasetHub, cli: Said) -> None:
    hub.texts["/lists/trials.txt"] = "<html>moved</html>\n"
    assert "line 1 is '<html>moved</html>'; expected 0 or 1 and two recordings" in cli("fetch", "voices").stderr


def test_no_list(hub: DatasetHub, cli: Said) -> None:
    del hub.texts["/lists/trials.txt"]
    assert "cannot be had" in cli("fetch", "voices").stderr


def test_trials_of_a_tier_are_parts_of_the_larger_one() -> None:
    benchmark = card("voxceleb1_o")
    pairs = [Trial(bool(number % 3), f"id{number}/a/1.wav", f"id{number}/b/1.wav") for number in range(2000)]
    small, large, everything = (trials.choose(benchmark, tier, pairs) for tier in ("smoke", "standard", "full"))
    assert set(small) < set(large) < set(everything) == set(pairs)
    assert sum(trial.same for trial in small) * 2 == len(small) == 40


def test_an_empty_list() -> None:
    with pytest.raises(BadManifest, match="has no trials"):
        trials.trials("\n\n", "list")
