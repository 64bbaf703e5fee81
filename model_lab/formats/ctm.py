"""CTM, Conversation Time Mark: a word a line with its time, fields separated by spaces.

Source:
    NIST SCTK, ``sclite``, "ctm" input format. A line: ``FILE CHANNEL START DURATION WORD [CONFIDENCE [TYPE [SPEAKER]]]``; start and
    duration in seconds; comments begin with ;;. The type and the speaker came with the evaluation RT-02.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from model_lab.formats._base import Format, field, recording_field, timed
from model_lab.formats._lines import FieldLine, grouped, number, of_recording, stretch
from model_lab.types import Word

_FORM = "FILE CHANNEL START DURATION WORD [CONFIDENCE [TYPE [SPEAKER]]], times in seconds"
_NO_TIMES = ["*", "*"]
"""In the lines <ALT_BEGIN>, <ALT> and <ALT_END> around alternatives."""


def write(recordings: Mapping[str, Sequence[Word]]) -> str:
    """CTM of words, on channel 1.

    Args:
        recordings: Words by the name of their recording, in any order. A space within a word is written _; words without a text are
            left out.

    Returns:
        A line for each word, by start and end within a recording.

    Raises:
        NotRepresentable: For anything else than words, and for times that are not finite.

    Example:
        >>> print(write({"call": [Word("good", 0.5, 0.75)]}), end="")
        call 1 0.500 0.250 good
    """
    return "".join(
        f"{recording} 1 {span.start:.3f} {span.end - span.start:.3f} {field(span.label)}\n"
        for recording, words in ((recording_field(name), words) for name, words in recordings.items())
        for span in timed(words)
    )


def read(path: Path) -> dict[str, tuple[Word, ...]]:
    """The words of all recordings in a file.

    Args:
        path: A CTM file in UTF-8. Channels, confidences, types and speakers are not read.

    Returns:
        Words by recording, in the file's order, times in seconds; a word may last 0 s.

    Raises:
        BadManifest: For a line that is not CTM or holds alternatives (``<ALT_BEGIN>``), naming it.
    """
    return grouped(path, _parse)


def words(path: Path, recording: str) -> tuple[Word, ...]:
    """The words of one recording.

    Args:
        path: A file of this format.
        recording: The name of a sound file without its suffix; a space in it is written _ in the file.

    Returns:
        Its words in the file's order.

    Raises:
        BadManifest: As `read`, and for a file that holds only other recordings.
    """
    return of_recording(read(path), recording, path)


def _parse(line: FieldLine) -> tuple[str, Word]:
    fields = line.fields
    if fields[2:4] == _NO_TIMES:
        raise line.refused("is about alternatives, of which a transcript has none; keep one of them, without the <ALT> lines")
    if not 5 <= len(fields) <= 8:
        raise line.refused(f"is not CTM: it has {len(fields)} fields; expected {_FORM}")
    start, length = number(line, 2, _FORM), number(line, 3, _FORM)
    return fields[0], Word(fields[4], *stretch(line, start, start + length, _FORM, empty=True))


FORMAT = Format("ctm", "ctm", lambda words, recording, duration: write({recording: words}), read, together=True)
