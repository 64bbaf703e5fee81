"""Datasets on the hub by their address, through the command a user types."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_lab.datasets.hub import named
from model_lab.errors import BadConfig
from tests import dataset_hub
from tests.dataset_hub import DatasetHub, audio_struct, parquet, sound

CLASSES = {"audio": {"_type": "Audio"}, "category": {"_type": "ClassLabel", "names": ["cat", "dog", "rain"]}}


def speech(first: int) -> bytes:
    rows = range(first, first + 30)
    return parquet(
        {
            "path": [f"{row}.mp3" for row in rows],
            "audio": [audio_struct(sound(row, 1.0, form="OGG"), "x.mp3") for row in rows],
            "sentence": [f"sentence number {row}" for row in rows],
            "client_id": [f"speaker {row % 7}" for row in rows],
        },
        rows_per_group=10,
    )


@pytest.fixture
def hub() -> Iterator[DatasetHub]:
    with dataset_hub.serving() as server:
        server.repositories["acme/talk"] = dataset_hub.Repository(
            {f"en/test-{n:05d}-of-00002.parquet": speech(30 * n) for n in range(2)}
        )
        sounds = parquet(
            {"audio": [audio_struct(sound(row, 1.0)) for row in range(12)], "category": [row % 3 for row in range(12)]},
            CLASSES,
            4,
        )
        server.repositories["acme/sounds"] = dataset_hub.Repository({"data/train-00000-of-00001.parquet": sounds})
        yield server


Said = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(hub: DatasetHub, tmp_path: Path) -> Said:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("HF_")} | {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "hf"),
        "MODEL_LAB_CACHE": str(tmp_path / "cache"),
        "COLUMNS": "300",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from model_lab.cli import main; main()", "run", "baseline_oracle", *words]
        return subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_speech_by_its_address(hub: DatasetHub, cli: Said) -> None:
    done = cli("--data", "hf:acme/talk:en:test", "--capability", "asr")
    assert done.returncode == 0, done.stderr
    assert "40 samples of 6 row groups" in done.stderr
    assert "columns: audio = audio, text = sentence, speaker = client_id; not used: path" in done.stderr
    assert "0.0 % [0.0, 0.0]   40" in done.stdout

    hub.status = 500
    again = cli("--data", "hf:acme/talk:en:test", "--capability", "asr", "--offline")
    assert again.returncode == 0, again.stderr


def test_classes_have_the_names_of_the_table(cli: Said) -> None:
    done = cli("--data", "hf:acme/sounds::train", "--capability", "classify", "--columns", "label=category")
    assert done.returncode == 0, done.stderr
    assert "100.0 %" in done.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--data", "hf:acme/talk"], "acme/talk at main has no Parquet files of test"),
        (["--data", "hf:acme/talk:en:test", "--columns", "text=sentense"], "no column 'sentense' (did you mean 'sentence'?)"),
        (["--data", "hf:acme/sounds::train"], "no column for text"),
        (["--data", "hf:acme"], "expected hf:OWNER/NAME:CONFIG:SPLIT"),
        (["--data", "hf:acme/none:a:b"], "the hub has no repository acme/none"),
        (["--data", "hf:acme/talk:en:test", "--as", "kaldi"], "is a dataset on the hub; omit it"),
        (["--data", "hf:acme/talk:en:test", "--offline"], "run the command without --offline"),
    ],
)
def test_what_is_wrong_is_said(cli: Said, words: list[str], expected: str) -> None:
    done = cli(*words, "--capability", "asr")
    assert done.returncode == 2
    assert expected in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "config", "split", "revision"),
    [("hf:a/b", "", "test", "main"), ("hf:a/b:c:d", "c", "d", "main"), ("hf:a/b@v1::train", "", "train", "v1")],
)
def test_addresses(address: str, config: str, split: str, revision: str) -> None:
    data = named.named(address)
    assert (data.part.config, data.part.split, data.revision) == (config, split, revision)


def test_an_address_of_another_form() -> None:
    with pytest.raises(BadConfig, match="expected hf:OWNER"):
        named.named("hf:owner")
