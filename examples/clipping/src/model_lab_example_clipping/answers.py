"""The answer type of this plug-in. It has a module of its own, because models import it and nothing else of the package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClippedRegion:
    """A stretch of sound whose peaks are cut off.

    Attributes:
        start: Seconds of its first clipped sample.
        end: Seconds after its last clipped sample.
        ceiling: The level at which its peaks are cut off, 0 to 1 (full scale).
    """

    start: float
    end: float
    ceiling: float
