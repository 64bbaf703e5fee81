"""STM, Segment Time Mark: who said what in which stretch, a segment a line, fields separated by spaces.

Source:
    NIST SCTK, ``sclite``, "stm" reference format. A line: ``FILE CHANNEL SPEAKER START END [<LABEL>] TEXT``; start and end in
    seconds; comments begin with ;;. A text of ``IGNORE_TIME_SEGMENT_IN_SCORING`` marks a stretch that is not scored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from model_lab.formats._base import Format, NotRepresentable, SpokenSegment, field, in_milliseconds, plain_text, recording_field
from model_lab.formats._lines import FieldLine, grouped, number, of_recording, stretch

_FORM = "FILE CHANNEL SPEAKER START END [<LABEL>] TEXT, times in seconds"
_IGNORED = "ignore_time_segment_in_scoring"
_LABEL = re.compile(r"<[^\s<>]*>")
_NO_LABEL = "<O>"
"""The label of no category, written before a text that begins like a label."""
_NOBODY = "unknown"


def write(recordings: Mapping[str, Sequence[SpokenSegment]]) -> str:
    """STM of spoken segments, on channel 1.

    Args:
        recordings: Segments by the name of their recording, in any order. A space within a speaker's name is written _; a speaker
            without a name is called "unknown".

    Returns:
        A line for each segment, by start and end within a recording.

    Raises:
        NotRepresentable: For anything else than spoken segments, and for times that are not finite.

    Example:
        >>> print(write({"call": [SpokenSegment(0.5, 2.0, "Good day.", "Jo Ann")]}), end="")
        call 1 Jo_Ann 0.500 2.000 Good day.
    """
    return "".join(
        f"{recording_field(name)} 1 {_written(segment)}\n"
        for name, segments in recordings.items()
        for segment in sorted(map(_checked, segments), key=lambda segment: (segment.start, segment.end))
    )


def read(path: Path) -> dict[str, tuple[SpokenSegment, ...]]:
    """The segments of all recordings in a file.

    Args:
        path: An STM file in UTF-8. Channels and labels are not read, and stretches that are not scored are left out.

    Returns:
        Segments by recording, in the file's order, times in seconds; a text may be empty.

    Raises:
        BadManifest: For a line that is not STM, naming it.
    """
    return grouped(path, _parse)


def segments(path: Path, recording: str) -> tuple[SpokenSegment, ...]:
    """The segments of one recording.

    Args:
        path: A file of this format.
        recording: The name of a sound file without its suffix; a space in it is written _ in the file.

    Returns:
        Its segments in the file's order.

    Raises:
        BadManifest: As `read`, and for a file that holds only other recordings.
    """
    return of_recording(read(path), recording, path)


def _checked(segment: object) -> SpokenSegment:
    if not isinstance(segment, SpokenSegment):
        raise NotRepresentable(f"with a {type(segment).__name__} where a spoken segment is expected")
    return segment


def _written(segment: SpokenSegment) -> str:
    span, text = in_milliseconds(segment.start, segment.end, ""), plain_text(segment.text)
    shown = f"{_NO_LABEL} {text}" if _LABEL.fullmatch(text.partition(" ")[0]) else text
    return f"{field(segment.speaker) or _NOBODY} {span.start:.3f} {span.end:.3f} {shown}".rstrip()


def _parse(line: FieldLine) -> tuple[str, SpokenSegment] | None:
    if len(line.fields) < 5:
        raise line.refused(f"is not STM: it has {len(line.fields)} fields; expected {_FORM}")
    recording, _, speaker, *_ = line.fields
    start, end = stretch(line, number(line, 3, _FORM), number(line, 4, _FORM), _FORM)
    words = line.fields[5:]
    text = " ".join(words[1:] if words and _LABEL.fullmatch(words[0]) else words)
    return None if text.casefold() == _IGNORED else (recording, SpokenSegment(start, end, text, speaker))


FORMAT = Format("stm", "stm", lambda segments, recording, duration: write({recording: segments}), read, together=True)
