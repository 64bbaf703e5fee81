"""Whether the classes of a dataset match the class names that models predict."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from model_lab.capabilities import Capability
from model_lab.contract import ModelCard
from model_lab.metrics.labels import ClassTruth, accepts
from model_lab.workers import direct
from model_lab.workers.client import Worker


def vocabulary(card: ModelCard, capability: Capability) -> list[str]:
    """All class names that a model can predict, which it returns for any input. Raises `ModelLabError` if it cannot run."""
    worker = Worker(card, "cpu", card.options)
    try:
        worker.start()
        return [label.name for label in worker.ask(capability.name, capability.example().inputs, direct.EXAMPLE_TIMEOUT_S).value]
    finally:
        worker.close()


def problems(references: Iterable[ClassTruth]) -> Iterator[str]:
    """The problems of a dataset's classes: rows with different lists, and a name that belongs to two classes."""
    listed = {tuple(sorted(reference.classes.items())) for reference in references}
    if len(listed) > 1:
        yield f"rows list {len(listed)} different sets of classes; expected the same `classes` in every row"
    for classes in listed:
        owners: dict[str, list[str]] = {}
        for label, names in classes:
            for name in {each.casefold() for each in (label, *names)}:
                owners.setdefault(name, []).append(label)
        for name, labels in owners.items():
            if len(labels) > 1:
                yield f"{name!r} is a name of {' and of '.join(labels)}; expected it in one class"


def nameless(classes: Mapping[str, tuple[str, ...]], vocabulary: Sequence[str]) -> list[str]:
    """The classes that a model cannot name.

    >>> nameless({"dog": ("Bark",), "oboe": ("Oboe",)}, ["Bark", "Speech"])
    ['oboe']
    """
    return [label for label in sorted(classes) if not any(accepts((label, *classes[label]), name) for name in vocabulary)]


def left_over(classes: Mapping[str, tuple[str, ...]], vocabulary: Sequence[str]) -> dict[str, str]:
    """Class names of a model that match no class but contain all the words of a class's name: name -> the class.

    >>> left_over({"guitar": ("Guitar",), "rain": ("Rain",)}, ["Guitar", "Electric guitar", "Rain on surface", "Train", "Speech"])
    {'Electric guitar': 'guitar', 'Rain on surface': 'rain'}
    """
    words = [(label, _words(name)) for label in sorted(classes) for name in (label, *classes[label]) if _words(name)]
    unmatched = [name for name in vocabulary if not any(accepts((label, *classes[label]), name) for label in classes)]
    near = {name: next((label for label, known in words if known <= _words(name)), "") for name in unmatched}
    return {name: label for name, label in near.items() if label}


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]+", text.casefold()) if len(word) > 2}
