"""Samples of several rows: never half of one, wherever its rows are, and within the limit of a tier."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from model_lab import datasets
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, HubSource
from model_lab.datasets.hub import fetching, merging, tiers
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadManifest, NotRunnable
from tests.dataset_hub import COMMIT, DatasetHub, Repository
from tests.datasets.hub.layouts import layouts
from tests.datasets.hub.layouts._tables import AUDIO, INT64, STRING, Row, audio, numbered, shards

LAYOUTS = layouts()


def _card(name: str, hub: DatasetHub, **changes: Any) -> DatasetCard:
    """A card and its repository on the hub; ``changes`` are of its source."""
    card = datasets.card(name)
    hub.repositories = {LAYOUTS[name].repository: LAYOUTS[name].build()}
    assert isinstance(card.source, HubSource)
    return card.model_copy(update={"source": card.source.model_copy(update=changes)})


def _fetched(card: DatasetCard, tier: Any = "full") -> list[Sample]:
    build.materialise(card, tier=tier)
    return build.samples(card, tier)


def test_all_captions_of_a_clip_are_one_sample(hub: DatasetHub) -> None:
    samples = _fetched(_card("audiocaps", hub))
    assert sorted(len(sample.row["captions"]) for sample in samples) == [4, 5, 5, 5, 5, 5]
    for sample in samples:
        assert {caption.partition(",")[0] for caption in sample.row["captions"]} == {sample.row["captions"][0].partition(",")[0]}
        assert [caption[-1] for caption in sample.row["captions"]] == list("01234")[: len(sample.row["captions"])]
    assert Counter(sample.group for sample in samples) == {"xyz0": 2, "abc1": 1, "def2": 1, "ghi3": 1, "jkl4": 1}


def test_a_song_has_its_stems_and_its_mixture(hub: DatasetHub) -> None:
    samples = _fetched(_card("musdb18_hq", hub))
    assert {sample.group for sample in samples} == {"AM Contra - Heart Peripheral", "Al James - Schoolboy Facination"}
    for sample in samples:
        assert set(sample.row["stems"]) == {"vocals", "drums", "bass", "other"}
        reference = sample.reference()
        assert abs(sum(stem.samples for stem in reference.stems.values()) - reference.sound.samples).max() < 1e-6


def test_rows_that_are_left_out_are_not_merged(hub: DatasetHub) -> None:
    samples = _fetched(_card("song_describer", hub))
    assert sorted(len(sample.row["captions"]) for sample in samples) == [1, 1, 1, 2]
    assert "left out: 1 of another is_valid_subset" in build.notes(_card("song_describer", hub), "full")[0]


def test_smaller_tiers_are_parts_of_larger_ones_and_fetch_whole_samples(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    card = _card("musdb18_hq", hub).model_copy(update={"tiers": {"smoke": 0, "standard": 0, "full": 0}})
    offered = fetching.look(card, "full")
    assert (offered.rows, offered.tier_bytes) == (10, pytest.approx(offered.total_bytes, rel=0.1))
    monkeypatch.setitem(tiers.LIMITS_MB, "smoke", 0.6 * offered.tier_bytes / 1e6)
    [smoke] = _fetched(card, "smoke")
    assert fetching.look(card, "smoke").rows == 5
    assert smoke.id in {sample.id for sample in _fetched(card, "full")}


def test_a_sample_that_is_larger_than_the_tier_allows(hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tiers.LIMITS_MB, "smoke", 0.5)
    with pytest.raises(NotRunnable, match=r"the smoke tier fetches at most 0 MB, .* has \d+ MB; choose --tier standard"):
        fetching.look(_card("musdb18_hq", hub), "smoke")


def test_an_incomplete_sample_is_left_out(hub: DatasetHub) -> None:
    card = _card("musdb18_hq", hub, where={"instrument": ("mixture", "vocals")})
    with pytest.raises(BadManifest, match="2 with 2 rows instead of 5"):
        build.materialise(card, tier="full")


def test_a_row_without_a_key(hub: DatasetHub) -> None:
    rows: list[Row] = [{"audio": audio(0), "youtube_id": None, "start_time": None, "caption": "A dog barks"}]
    columns = {"audio": AUDIO, "youtube_id": STRING, "start_time": INT64, "caption": STRING}
    card = _card("audiocaps", hub)
    hub.repositories["OpenSound/AudioCaps"] = Repository(
        shards(numbered("data/test", 1), columns, rows),
        revisions=("main", COMMIT, card.source.revision),  # type: ignore[union-attr]
    )
    with pytest.raises(BadManifest, match="row 0: youtube_id, start_time is empty; expected what its sample is recognised by"):
        build.materialise(card, tier="full")


def test_two_values_of_one_name() -> None:
    with pytest.raises(BadManifest, match=r"row 3: column 'stems' has 'bass' in two rows of one sample; expected it once"):
        merging.merged([{"stems": {"bass": "a.wav"}}, {"stems": {"bass": "b.wav"}}], "row 3")
