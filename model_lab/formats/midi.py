"""MIDI files: notes as key presses on a grid of ticks.

Source:
    MIDI Manufacturers Association, Standard MIDI Files 1.0 (RP-001). Key 69 is A4 = 440 Hz, a key is a semitone.
"""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_lab.errors import BadManifest
from model_lab.formats._base import Format, NotRepresentable, milliseconds
from model_lab.formats.plain import content_of
from model_lab.types import Note

if TYPE_CHECKING:
    from mido import MidiFile

_A4, _A4_HZ = 69, 440.0
_KEYS = 128
_TEMPO = 500_000
"""Microseconds per quarter note, until a file says otherwise."""
_DRUMS = 9
"""The channel of unpitched strokes in General MIDI, from 0."""


def key(pitch_hz: float) -> float:
    """The MIDI key number of a frequency.

    Args:
        pitch_hz: Hz, above 0.

    Returns:
        The number, with fractions.

    Example:
        >>> key(440.0), key(880.0)
        (69.0, 81.0)
    """
    return _A4 + 12 * math.log2(pitch_hz / _A4_HZ)


def hertz(key: float) -> float:
    """The frequency of a MIDI key number, in equal temperament.

    Args:
        key: The number; it may have fractions.

    Returns:
        Hz.

    Example:
        >>> hertz(69), hertz(60.0)
        (440.0, 261.6255653005986)
    """
    return float(_A4_HZ * 2 ** ((key - _A4) / 12))


def write(notes: Sequence[Note]) -> bytes:
    """A MIDI file of one track, a tick a millisecond.

    Args:
        notes: In any order. Pitches are rounded to semitones; a note ends where its key is struck again, and of notes that begin
            together on one key the last to end remains.

    Returns:
        The file's bytes.

    Raises:
        NotRepresentable: For anything else than notes, for times that are not finite, and for pitches outside of MIDI's keys.
    """
    import mido

    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=_TEMPO)])
    now = 0
    for tick, kind, number, velocity in sorted(_strokes(notes)):
        track.append(mido.Message(("note_off", "note_on")[kind], note=number, velocity=velocity, time=tick - now))
        now = tick
    stream = io.BytesIO()
    mido.MidiFile(ticks_per_beat=500, tracks=[track]).save(file=stream)
    return stream.getvalue()


def read(path: Path) -> tuple[Note, ...]:
    """The notes of a MIDI file, of all tracks and channels but that of drums.

    Args:
        path: A file of type 0 or 1. Changes of tempo are followed; pedals and bends of pitch are not.

    Returns:
        Notes by onset and pitch, times in seconds. A key that is struck again while it is down ends its first note; one that is
            never released ends with the file.

    Raises:
        BadManifest: For a file that is not MIDI, for one of type 2, whose tracks have no common time, and for one in SMPTE frames.
    """
    import mido

    try:
        file = mido.MidiFile(file=io.BytesIO(content_of(path)))
    except (EOFError, OSError, ValueError, KeyError, IndexError) as error:
        raise BadManifest(
            f"{path} is not a MIDI file ({str(error) or 'it ends too early'}); expected a file of type 0 or 1"
        ) from None
    if file.ticks_per_beat <= 0:
        raise BadManifest(f"{path} is a MIDI file that counts frames of film (SMPTE); save it with ticks per quarter note")
    if file.type == 2:
        raise BadManifest(f"{path} is a MIDI file of type 2, whose tracks have no common time; save it as type 1")
    return tuple(sorted(_notes(file), key=lambda note: (note.onset, note.pitch_hz)))


def _notes(file: MidiFile) -> Iterator[Note]:
    down: dict[tuple[int, int], tuple[float, int]] = {}
    now = 0.0
    for now, message in _timed(file):
        if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
            continue
        place = (message.channel, message.note)
        if place in down:
            yield _note(message.note, *down.pop(place), now)
        if message.type == "note_on" and message.velocity:
            down[place] = (now, message.velocity)
    for (_, number), (onset, velocity) in down.items():
        yield _note(number, onset, velocity, now)


def _timed(file: MidiFile) -> Iterator[tuple[float, Any]]:
    """The messages of all tracks with their times in seconds."""
    import mido

    tick, changed_at, before_change, tempo = 0, 0, 0.0, _TEMPO
    for message in mido.merge_tracks(file.tracks):
        tick += message.time
        now = before_change + mido.tick2second(tick - changed_at, file.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            changed_at, before_change, tempo = tick, now, message.tempo
        yield now, message


def _note(number: int, onset: float, velocity: int, offset: float) -> Note:
    return Note(onset, offset, hertz(number), velocity / 127)


def _strokes(notes: object) -> Iterator[tuple[int, int, int, int]]:
    """(tick, 1 for on and 0 for off, key, velocity) of every note."""
    keys: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for note in notes if isinstance(notes, (list, tuple)) else [notes]:
        if not isinstance(note, Note) or not math.isfinite(note.velocity):
            raise NotRepresentable("with something else than notes")
        first = max(0, milliseconds(note.onset))
        last = max(first + 1, milliseconds(note.offset))
        keys[_number(note.pitch_hz)].append((first, last, min(127, max(1, round(127 * note.velocity)))))
    for number, struck in keys.items():
        struck.sort()
        ends = [begin for begin, _, _ in struck[1:]] + [math.inf]
        for (first, last, velocity), again in zip(struck, ends, strict=True):
            if first < again:
                yield first, 1, number, velocity
                yield int(min(last, again)), 0, number, 0


def _number(pitch_hz: float) -> int:
    number = round(key(pitch_hz)) if 0 < pitch_hz < math.inf else -1
    if not 0 <= number < _KEYS:
        raise NotRepresentable(f"with a note of {pitch_hz:g} Hz, where MIDI holds 8.0 to 12,900 Hz")
    return number


FORMAT = Format("midi", "mid", lambda notes, recording, duration: write(notes), read)
