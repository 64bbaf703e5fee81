"""Which questions of a dataset a model is not asked: those in languages that it does not know."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from model_lab.contract import ModelCard
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig

LEFT_OUT = "in languages it does not know"


def unknown(card: ModelCard, samples: Iterable[Sample]) -> dict[str, str]:
    """Sample id -> why it is left out, for the samples whose rows name a language that the model does not know."""
    return {sample.id: LEFT_OUT for sample in samples if (named := language(sample)) and not card.understands([named])}


def language(sample: Sample) -> str:
    """The language that a sample is in, as its row has it; empty if it names none, or if that is what is asked."""
    column = sample.capability.language
    return str(sample.row.get(column, "")) if column else ""


def require(card: ModelCard, samples: Collection[Sample], what: str) -> None:
    """Raise `BadConfig` if the model knows the language of none of ``samples``; ``what`` is what they come from."""
    if len(unknown(card, samples)) == len(samples):
        require_any(card, sorted({language(sample) for sample in samples}), what)


def require_any(card: ModelCard, languages: Collection[str], what: str) -> None:
    """Raise `BadConfig` if the model knows none of ``languages``; nothing is known of what names none."""
    if not card.understands(languages):
        raise BadConfig(
            f"{card.name} knows {', '.join(card.languages)}, and {what} is in {', '.join(languages)}; "
            f"ask a model that knows one of these: model-lab list models"
        )
