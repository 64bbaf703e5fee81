"""Label tracks of Audacity: a line for each label, its start and end in seconds and its text, separated by tabs."""

from __future__ import annotations

from collections.abc import Sequence

from model_lab.formats import Format
from model_lab.types import Segment


def write(content: Sequence[Segment], recording: str, duration: float) -> str:
    """The content of a label track.

    >>> write([Segment(0.5, 1.25, "clipped")], "a", 2.0)
    '0.500000\\t1.250000\\tclipped\\n'
    """
    return "".join(f"{segment.start:.6f}\t{segment.end:.6f}\t{segment.label}\n" for segment in content)


FORMAT = Format("audacity", "txt", write)
