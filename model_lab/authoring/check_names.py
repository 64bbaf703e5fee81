"""The names of the common checks, without running them."""

from __future__ import annotations

from collections.abc import Iterator

from model_lab import capabilities
from model_lab.authoring import checks
from model_lab.errors import ModelLabError
from model_lab.registry import model_cards


def of(kind: str, name: str, level: str) -> tuple[str, ...]:
    """The checks of a model, capability or dataset, in order.

    A part that cannot be read has one check, which fails. Some checks of a dataset do not apply to every dataset.

    Args:
        kind: "model", "capability" or "dataset".
        name: Its name.
        level: How far a model is checked.
    """
    return tuple({"model": _of_model, "capability": _of_capability, "dataset": _of_dataset}[kind](name, level))


def _of_model(name: str, level: str) -> Iterator[str]:
    reached = checks.LEVELS[: checks.LEVELS.index(level) + 1]
    card = model_cards.usable(name)
    yield from [step for step in reached if step != "behaviour"] if card else ["card"]
    if card is None or "behaviour" not in reached:
        return
    for each in card.capabilities:
        capability = capabilities.capability(each)
        yield f"{each}: {checks.ANSWERS}"
        if card.deterministic:
            yield f"{each}: {checks.SAME_ANSWER}"
        if any(kind == "audio" for kind, _ in capability.inputs):
            yield from (f"{each}: survives {sound}" for sound in checks.odd_sound_names())


def _of_capability(name: str, level: str) -> Iterator[str]:
    try:
        capability = capabilities.capability(name)
    except ModelLabError:
        yield "capability"
        return
    yield checks.KEEPS_CONTRACT
    yield from (checks.of_reference(metric) for metric in (*capability.metrics, *capability.scorers) if metric.judge is None)


def _of_dataset(name: str, level: str) -> Iterator[str]:
    yield from ("card", "samples", "reference", "clusters", "classes")
