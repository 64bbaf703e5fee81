"""UEM, Un-partitioned Evaluation Map: which stretches of a recording are scored, a stretch a line.

Source:
    NIST SCTK, ``asclite``, UEM filter. A line: ``FILE CHANNEL START END``; start and end in seconds; comments begin with ;;.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from model_lab.formats._base import Format, recording_field, timed
from model_lab.formats._lines import FieldLine, grouped, number, of_recording, stretch
from model_lab.types import Segment

_FORM = "FILE CHANNEL START END, times in seconds"


def write(recordings: Mapping[str, Sequence[Segment]]) -> str:
    """UEM of segments, on channel 1.

    Args:
        recordings: Segments by the name of their recording, in any order; labels are not written.

    Returns:
        A line for each segment, by start and end within a recording.

    Raises:
        NotRepresentable: For anything else than segments, and for times that are not finite.

    Example:
        >>> print(write({"call": [Segment(0.5, 60.0)]}), end="")
        call 1 0.500 60.000
    """
    return "".join(
        f"{recording_field(name)} 1 {span.start:.3f} {span.end:.3f}\n"
        for name, segments in recordings.items()
        for span in timed(segments)
    )


def read(path: Path) -> dict[str, tuple[Segment, ...]]:
    """The scored stretches of all recordings in a file.

    Args:
        path: A UEM file in UTF-8. Channels are not read.

    Returns:
        Segments without labels by recording, in the file's order, times in seconds.

    Raises:
        BadManifest: For a line that is not UEM, naming it.
    """
    return grouped(path, _parse)


def segments(path: Path, recording: str) -> tuple[Segment, ...]:
    """The scored stretches of one recording.

    Args:
        path: A file of this format.
        recording: The name of a sound file without its suffix; a space in it is written _ in the file.

    Returns:
        Its stretches in the file's order.

    Raises:
        BadManifest: As `read`, and for a file that holds only other recordings.
    """
    return of_recording(read(path), recording, path)


def _parse(line: FieldLine) -> tuple[str, Segment]:
    if len(line.fields) != 4:
        raise line.refused(f"is not UEM: it has {len(line.fields)} fields; expected {_FORM}")
    return line.fields[0], Segment(*stretch(line, number(line, 2, _FORM), number(line, 3, _FORM), _FORM))


FORMAT = Format("uem", "uem", lambda segments, recording, duration: write({recording: segments}), read, together=True)
