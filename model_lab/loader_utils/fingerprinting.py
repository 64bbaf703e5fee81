"""Code shared by audio fingerprinting models."""

from __future__ import annotations

from collections.abc import Mapping

from model_lab.types import Label


def ranked(scores: Mapping[str, float]) -> list[Label]:
    """All entries, in descending order of score.

    >>> ranked({"a": 0.1, "b": 0.9})
    [Label(name='b', score=0.9), Label(name='a', score=0.1)]
    """
    return [Label(name, float(score)) for name, score in sorted(scores.items(), key=lambda item: -item[1])]
