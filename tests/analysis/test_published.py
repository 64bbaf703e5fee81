"""Published numbers: the packaged file holds what it promises, and ours stand beside them without being mixed in."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_lab import capabilities, datasets
from model_lab.analysis.published import NOT_STATED, PublishedNumber, compare_published, published
from model_lab.analysis.scorecard import entries, scorecards
from model_lab.capabilities import capability
from model_lab.errors import BadConfig
from model_lab.registry import model_cards
from model_lab.results.store import RunFolder
from tests.scored_run import MakeCell, dataset_card, model_card, rewrite, right, wrong

PACKAGED = published()
TABLE = {
    "capability": "asr",
    "source": "paper",
    "metric": "WER",
    "ours": "wer",
    "unit": "%",
    "scorer": "as here",
    "data": [{"dataset": "Clips", "split": "test", "ours": "clips"}],
    "values": {"The model": [40.0]},
}


def facts(tmp_path: Path, *tables: dict[str, Any], **changes: Any) -> list[PublishedNumber]:
    path = tmp_path / "published.yaml"
    file = {
        "registered": {"The model": ["ours"]},
        "sources": {"paper": {"title": "A paper", "date": "2025-01"}},
        "tables": list(tables),
    }
    path.write_text(yaml.safe_dump(file | changes))
    return published(path)


def test_every_capability_model_and_dataset_is_registered() -> None:
    assert {fact.table.capability for fact in PACKAGED} <= set(capabilities.names())
    assert {name for fact in PACKAGED for name in fact.registered} <= set(model_cards.names())
    assert {fact.data.ours for fact in PACKAGED} <= {"", *datasets.names()}


def test_every_model_called_registered_has_a_number() -> None:
    named = yaml.safe_load((Path(model_cards.__file__).parents[1] / "config/published.yaml").read_text())["registered"]
    assert set(named) <= {fact.model for fact in PACKAGED}


@pytest.mark.parametrize("name", sorted({fact.table.capability for fact in PACKAGED}))
def test_numbers_lie_in_the_range_of_our_metric(name: str) -> None:
    metrics = {metric.name: metric for metric in capability(name).metrics}
    for fact in PACKAGED:
        if fact.table.capability == name and fact.table.ours:
            metric = metrics[fact.table.ours]
            assert min(metric.best, metric.worst) <= fact.in_our_unit <= max(metric.best, metric.worst), fact
        if fact.table.capability == name:
            assert math.isfinite(fact.value) and fact.value > 0
            assert fact.table.unit != "%" or fact.value <= 100


def test_every_number_says_where_it_stands_and_from_when() -> None:
    for fact in PACKAGED:
        shown = {name: str(value) for name, value in fact.shown().items()}
        assert all(shown.values()), shown
        assert fact.source.title and (shown["date"] == NOT_STATED or shown["date"].startswith("20"))
        assert fact.table.metric not in ("RTF", "RTFx") or fact.table.hardware


def test_no_number_is_there_twice() -> None:
    seen = [(fact.table.source, fact.model, fact.table.capability, fact.table.metric, str(fact.data)) for fact in PACKAGED]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("model", "dataset", "metric", "value"),
    [
        ("whisper-tiny.en", "LibriSpeech test-other", "WER", 15.45),
        ("distil-large-v3.5", "AMI", "WER", 14.63),
        ("cohere-transcribe", "the leaderboard's English sets", "RTFx", 525),
        ("pyannote community-1", "DIHARD 3", "DER", 20.2),
        ("spkrec-ecapa-voxceleb", "VoxCeleb1 cleaned list", "EER", 0.69),
        ("Silero VAD v4", "multi-domain", "ROC-AUC", 0.91),
        ("whisper small (faster-whisper, int8)", NOT_STATED, "peak memory", 1477),
        ("MusicGen medium", "MusicCaps", "FAD", 5.14),
    ],
)
def test_numbers_are_those_of_their_source(model: str, dataset: str, metric: str, value: float) -> None:
    [fact] = [f for f in PACKAGED if (f.model, str(f.data), f.table.metric) == (model, dataset, metric)]
    assert fact.value == value


def half(number: int) -> str:
    return right(number) if number % 2 else wrong(number)


def cards(folder: RunFolder) -> Any:
    return scorecards(entries(folder)[0], [model_card("ours"), model_card("other")], [dataset_card()], compared=False)


def test_ours_stands_beside_the_number_of_the_same_weights(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("ours", half)
    make_cell("other")
    [found] = compare_published(facts(tmp_path, TABLE), cards(folder), "asr")
    shown = {name: str(value) for name, value in found.shown().items()}
    assert shown["published for"] == "The model" and shown["model here"] == "ours"
    assert shown["published"] == "40 %"
    assert shown["ours"].startswith("50.0 % [") and shown["ours"].endswith("(n = 24) on clips")
    assert (shown["same data?"], shown["same scorer?"], shown["ours - published"]) == ("yes", "no", "—")
    assert (shown["source"], shown["date"], shown["hardware"]) == ("A paper", "2025-01", NOT_STATED)


def test_what_the_source_does_not_say_is_not_called_different(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("ours", half)
    [found] = compare_published(facts(tmp_path, TABLE | {"scorer": None, "data": [{}]}), cards(folder))
    assert {str(found.shown()[name]) for name in ("on", "scorer", "same data?", "same scorer?")} == {NOT_STATED}


def test_a_difference_needs_the_same_data_and_the_same_scorer(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("ours", half)
    elsewhere = [{"dataset": "Clips", "split": "another"}]
    for table, difference in (
        (TABLE, None),
        (TABLE | {"same_scorer": True, "data": elsewhere}, None),
        (TABLE | {"same_scorer": True}, 0.5 - 0.4),
    ):
        [found] = compare_published(facts(tmp_path, table), cards(folder))
        assert found.difference == (None if difference is None else pytest.approx(difference))
    assert str(found.shown()["ours - published"]) == "10.0 points"


def test_numbers_without_a_model_here_are_shown_and_say_so(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("ours", half)
    [found] = compare_published(facts(tmp_path, TABLE, registered={}), cards(folder))
    shown = {name: str(value) for name, value in found.shown().items()}
    assert {shown[name] for name in ("model here", "ours", "same data?", "same scorer?", "ours - published")} == {"—"}


def test_speed_stands_beside_speed(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    make_cell("ours")
    tables = [
        {**TABLE, "ours": "", "metric": metric, "unit": unit, "values": {"The model": [3.0]}}
        for metric, unit in (("RTF", ""), ("RTFx", "x"))
    ]
    factor, speed = compare_published(facts(tmp_path, *tables), cards(folder))
    assert factor.own[0].value == pytest.approx(0.25)
    assert speed.own[0].value == pytest.approx(4.0)
    assert str(speed.own[0]) == "4.000 x (n = 23) on clips"


def test_a_contended_speed_stands_beside_nothing(make_cell: MakeCell, folder: RunFolder, tmp_path: Path) -> None:
    rewrite(make_cell("ours"), speed={"real_time_factor": 0.25, "n_timed": 23, "contended": True})
    [factor] = compare_published(
        facts(tmp_path, {**TABLE, "ours": "", "metric": "RTF", "unit": "", "values": {"The model": [3.0]}}), cards(folder)
    )
    assert factor.own == ()


def test_a_capability_or_a_model_can_be_chosen() -> None:
    assert {found.fact.table.capability for found in compare_published(PACKAGED, [], "diarization")} == {"diarization"}
    assert {found.model for found in compare_published(PACKAGED, [], model="pyannote_community_1")} == {"pyannote_community_1"}
    assert len(compare_published(PACKAGED, [])) == sum(len(fact.registered) or 1 for fact in PACKAGED)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"values": {"The model": [1.0, 2.0]}}, "The model has 2 values; expected 1"),
        ({"source": "nowhere"}, "unknown source nowhere"),
        ({"metrik": "x"}, "unknown key"),
        ({"values": {"The model": ["good"]}}, "values"),
    ],
)
def test_a_file_that_is_wrong_is_told(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfig, match=said):
        facts(tmp_path, TABLE | changes)
