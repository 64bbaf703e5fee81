"""Which samples of a dataset a model skips: those in languages that it does not support."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from model_lab.contract import ModelCard
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig

LEFT_OUT = "in languages it does not know"


def unknown(card: ModelCard, samples: Iterable[Sample]) -> dict[str, str]:
    """Sample id -> why it is skipped, for the samples whose rows name a language that the model does not support."""
    return {sample.id: LEFT_OUT for sample in samples if (named := language(sample)) and not card.understands([named])}


def language(sample: Sample) -> str:
    """The language of a sample, from its row; empty if it names none, or if the language is what the model predicts."""
    column = sample.capability.language
    return str(sample.row.get(column, "")) if column else ""


def require(card: ModelCard, samples: Collection[Sample], what: str) -> None:
    """Raise `BadConfig` if the model supports the language of none of ``samples``; ``what`` says where they come from."""
    if len(unknown(card, samples)) == len(samples):
        require_any(card, sorted({language(sample) for sample in samples}), what)


def require_any(card: ModelCard, languages: Collection[str], what: str) -> None:
    """Raise `BadConfig` if the model supports none of ``languages``; data that names no language passes."""
    if not card.understands(languages):
        raise BadConfig(
            f"{card.name} supports {', '.join(card.languages)}, and {what} is in {', '.join(languages)}; "
            f"choose a model that supports one of these: model-lab list models"
        )
