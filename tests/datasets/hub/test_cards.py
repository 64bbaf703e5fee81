"""Every card of a hub dataset on a repository of exactly the real layout, served over HTTP: read, scored perfectly, and read again offline."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from model_lab import audio, datasets
from model_lab.authoring import class_names
from model_lab.capabilities import Capability, capability
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard, HubSource
from model_lab.datasets.hub import repository
from model_lab.datasets.manifest import Sample
from model_lab.errors import NotRunnable
from model_lab.metrics._base import Metric, pool
from model_lab.metrics.labels import ClassTruth
from model_lab.types import mapped
from tests.dataset_hub import DatasetHub
from tests.datasets.hub.layouts import layouts

CARDS = [card.name for card in datasets.cards() if isinstance(card.source, HubSource)]
LAYOUTS = layouts()
REACHED = {"cider_d": 2.0, "si_sdr_improvement": 80.0, "sdr_bss_eval_v4": 80.0}
"""What the reference itself reaches at least where there is no best value to reach: CIDEr-D is the mean over up to five references that
differ, and an improvement depends on the mixture."""


def test_every_card_has_a_layout() -> None:
    assert set(LAYOUTS) == set(CARDS)


@pytest.mark.parametrize("name", CARDS)
def test_card(name: str, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> None:
    card, source = _published(name, hub, monkeypatch)
    listing = repository.look(source)
    assert {shard.part for shard in listing.shards} == set(range(len(source.parts)))

    build.materialise(card, tier="smoke")
    samples = build.samples(card, "smoke")
    assert 0 < len(samples) <= (card.tiers["smoke"] or len(samples))
    [note] = build.notes(card, "smoke")
    assert "undecodable" not in note
    references = [sample.reference() for sample in samples]
    assert None not in references
    assert list(class_names.problems(each for each in references if isinstance(each, ClassTruth))) == []

    defined = capability(card.capability)
    inputs = [_decoded(sample) for sample in samples]
    perfect = [] if _unanswerable(card) else _ideal(defined, references, inputs)
    empty = [defined.null(*mine) for mine in inputs]
    for answers in filter(None, (perfect, empty)):
        assert [defined.problems(answer, *mine) for answer, mine in zip(answers, inputs, strict=True)] == [[]] * len(samples)
    for metric in _deciding(defined, card) if perfect else ():
        best = _value(metric, references, perfect)
        if metric.name in REACHED:
            assert REACHED[metric.name] <= best <= metric.best, f"{metric.name} of the reference itself is {best}"
        else:
            assert best == pytest.approx(metric.best, abs=1e-9), f"{metric.name} of the reference itself is {best}"
        poor = _value(metric, references, empty)
        assert math.isnan(poor) or poor != pytest.approx(metric.best), (
            f"{metric.name} of an empty answer is {poor}, the best value"
        )

    hub.shutdown()
    hub.server_close()
    build.materialise(card, offline=True, tier="smoke")
    assert build.samples(card, "smoke") == samples
    with pytest.raises(NotRunnable, match=f"downloads are off; run: model-lab fetch {name} --tier full"):
        build.materialise(card, offline=True, tier="full")


def _published(name: str, hub: DatasetHub, monkeypatch: pytest.MonkeyPatch) -> tuple[DatasetCard, HubSource]:
    """A card, its repository being on the hub as its layout says; a token where there is a gate."""
    card, layout = datasets.card(name), LAYOUTS[name]
    assert isinstance(card.source, HubSource)
    assert (card.source.repository, card.source.revision, card.source.gated) == (layout.repository, layout.revision, layout.gated)
    hub.repositories = {layout.repository: layout.build()}
    if layout.gated:
        monkeypatch.setenv("HF_TOKEN", "hf_good")
    return card, card.source


def _unanswerable(card: DatasetCard) -> bool:
    """Whether sound is asked for, and the dataset has none that could be the answer."""
    asked_for_sound = card.capability in ("tts", "voice_clone", "music_gen")
    return asked_for_sound and isinstance(card.source, HubSource) and "audio" not in card.source.columns


def _ideal(defined: Capability, references: list[Any], inputs: list[tuple[Any, ...]]) -> list[Any]:
    return [defined.ideal(reference, *mine) for reference, mine in zip(references, inputs, strict=True)]


def _deciding(defined: Capability, card: DatasetCard) -> list[Metric]:
    """The primary metric and that of the benchmark's protocol, as far as they need no judge."""
    named = [card.protocol.metric] if card.protocol else []
    return [metric for metric in (defined.primary, *map(defined.metric, named)) if metric.judge is None]


def _decoded(sample: Sample) -> tuple[Any, ...]:
    return tuple(mapped(sample.inputs, lambda leaf: audio.read(leaf) if isinstance(leaf, Path) else leaf))


def _value(metric: Metric, references: list[Any], answers: list[Any]) -> float:
    parts: list[Mapping[str, Any]] = [
        metric.components(reference, answer) for reference, answer in zip(references, answers, strict=True)
    ]
    return metric.value(pool(parts))
