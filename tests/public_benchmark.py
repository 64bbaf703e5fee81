"""The Open ASR leaderboard's test sets in small, on a hub on loopback: the layout of the real repository, sound made by us."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from model_lab import datasets
from model_lab.analysis.published import PublishedNumber, published
from model_lab.datasets.card import HubSource
from tests import dataset_hub
from tests.conftest import forget, write_model
from tests.dataset_hub import DatasetHub, Repository, audio_struct, parquet

SETS = (
    "esb_ami",
    "esb_earnings22",
    "esb_gigaspeech",
    "esb_librispeech_clean",
    "esb_librispeech_other",
    "esb_spgispeech",
    "esb_voxpopuli",
)
FEATURES = {
    "audio": {"sampling_rate": 16000, "_type": "Audio"},
    "dataset": {"dtype": "string", "_type": "Value"},
    "text": {"dtype": "string", "_type": "Value"},
    "id": {"dtype": "string", "_type": "Value"},
    "audio_length_s": {"dtype": "float64", "_type": "Value"},
}
TEXT = "the boat turned slowly into the wind"
ROWS = 8

PUBLISHED = {
    "registered": {"echo-large": ["echo"], "silence": ["baseline_null"]},
    "sources": {"board": {"title": "a board made by a test", "date": "2026-03"}},
    "tables": [
        {
            "capability": "asr",
            "source": "board",
            "metric": "WER",
            "ours": "open_asr_wer",
            "unit": "%",
            "scorer": "the same",
            "scorer_id": "open-asr-english-1",
            "data": [{"dataset": name, "ours": [name]} for name in SETS] + [{"dataset": "TED-LIUM"}],
            "values": {"echo-large": [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, 99.0], "silence": [90.0] * 8},
        }
    ],
}
"""The mean of echo-large over our seven sets is 13 %; over all eight it would be 23.75 %."""


def reference(place: int, number: int) -> str:
    """What is said in a clip: in some the last word is another one than the model of the test answers, in more of them set by set."""
    return TEXT if (number + place) % 8 else f"{TEXT.rpartition(' ')[0]} storm"


def serve(hub: DatasetHub) -> None:
    """Put the sets where their cards say that they are."""
    for place, name in enumerate(SETS):
        source = datasets.card(name).source
        assert isinstance(source, HubSource)
        [part] = source.parts
        table = {
            "audio": [audio_struct(dataset_hub.sound(place * ROWS + number, 0.3)) for number in range(ROWS)],
            "dataset": [part.config] * ROWS,
            "text": [reference(place, number) for number in range(ROWS)],
            "id": [f"{100 + number // 2}-{place}-{number:04d}" for number in range(ROWS)],
            "audio_length_s": [0.3] * ROWS,
        }
        repository = hub.repositories.setdefault(
            source.repository, Repository({}, revisions=("main", dataset_hub.COMMIT, source.revision))
        )
        repository.files[f"{part.config}/{part.split}-00000-of-00001.parquet"] = parquet(table, FEATURES, rows_per_group=2)


def facts(folder: Path) -> list[PublishedNumber]:
    """The published numbers of the test."""
    path = folder / "published.yaml"
    path.write_text(yaml.safe_dump(PUBLISHED))
    return published(path)


@pytest.fixture
def open_asr(hub: DatasetHub, extension: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetHub:
    """A hub with the sets, an empty cache, a model ``echo`` that always answers the same, and numbers that others published of it."""
    monkeypatch.setenv("MODEL_LAB_CACHE", str(tmp_path / "cache"))
    write_model(extension, "echo", f"return Transcript({TEXT!r})")
    forget()
    serve(hub)
    numbers = facts(tmp_path)
    for module in ("analysis.run_report.published", "analysis.published.published", "cli.dataset_tables.published"):
        monkeypatch.setattr(f"model_lab.{module}", lambda: numbers)
    return hub
