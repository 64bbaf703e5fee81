"""Stretches of time."""

from __future__ import annotations

from collections.abc import Iterable


def union(spans: Iterable[tuple[float, float]]) -> list[list[float]]:
    """Spans in rising order, those that overlap or touch as one.

    >>> union([(2, 3), (0, 1), (1, 1.5), (2.5, 2.7)])
    [[0, 1.5], [2, 3]]
    """
    joined: list[list[float]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return joined
