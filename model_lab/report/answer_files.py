"""A model's answers in the file formats of the field: SRT, WebVTT, CTM, RTTM, TextGrid and MIDI.

Times are written in whole milliseconds, from 0 on, and a stretch shorter than a millisecond as one millisecond long. Text is data: line
breaks and control characters are taken out, and what a format would read as markup is escaped.
"""

from __future__ import annotations

import html
import io
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from model_lab.errors import ModelLabError
from model_lab.types import Note, Segment, Transcript, Turn, Word
from model_lab.views.notes import midi_key
from model_lab.wording import joined, whole

_PAUSE_S = 1.0
"""A subtitle ends where nothing is said for so long."""
_LONGEST_S = 7.0
_CHARACTERS = 84
"""What a subtitle may hold: two lines of 42 characters for at most seven seconds."""
_TIERS = {"asr": "words", "alignment": "words", "phones": "phones", "vad": "speech", "diarization": "speakers"}
_ESCAPE: dict[str, Callable[[str], str]] = {
    "srt": lambda text: text.translate({ord("<"): "‹", ord(">"): "›"}),
    "vtt": lambda text: html.escape(text, quote=False),
}
_SAYS = {"srt": "{name}: {text}", "vtt": "<v {name}>{text}"}


class Unfit(ModelLabError):
    """An answer that a format cannot hold; the text goes on after "answers": "without times of words"."""


@dataclass(frozen=True)
class ExportedAnswer:
    """What a model answered about one sample: ``name`` is safe in a file's name, ``duration`` is the sound's in seconds."""

    name: str
    duration: float
    capability: str
    value: Any


@dataclass(frozen=True)
class Format:
    """A file format, and the capabilities whose answers it holds.

    ``encode`` raises `Unfit`. ``together``: one file holds all recordings of a dataset, one after the other.
    """

    suffix: str
    capabilities: tuple[str, ...]
    encode: Callable[[ExportedAnswer], str | bytes]
    together: bool = False


def srt(answer: ExportedAnswer) -> str:
    """SubRip subtitles. The format has no escapes: < and >, which players take for markup, are written ‹ and ›."""
    return subtitles(cues(answer), "srt")


def vtt(answer: ExportedAnswer) -> str:
    """WebVTT subtitles."""
    return subtitles(cues(answer), "vtt")


def subtitles(shown: Sequence[Segment], form: Literal["srt", "vtt"], speakers: Sequence[str] = ()) -> str:
    """Texts with their times as SubRip or WebVTT; ``speakers``: who says each of them, named as the format does it."""
    written = []
    for cue, speaker in zip(shown, speakers or [""] * len(shown), strict=True):
        text, name = _ESCAPE[form](cue.label), _ESCAPE[form](_plain(speaker))
        written.append(Segment(cue.start, cue.end, _SAYS[form].format(name=name, text=text) if name else text))
    return _captions(written, form)


def cues(answer: ExportedAnswer) -> list[Segment]:
    """Words together in subtitles."""
    found: list[Segment] = []
    for span in spans(answer):
        if found and _go_together(found[-1], span):
            found[-1] = Segment(found[-1].start, max(found[-1].end, span.end), joined((found[-1].label, span.label)))
        else:
            found.append(span)
    return found


def ctm(answer: ExportedAnswer) -> str:
    """Time-marked words (NIST CTM): recording, channel, start, duration, word; a space within a word is written _.

    Raises `Unfit` for a text without times.
    """
    if isinstance(answer.value, Transcript) and answer.value.text.strip() and not answer.value.words:
        raise Unfit("without times of words, which srt, vtt and textgrid do not need")
    return "".join(
        f"{answer.name} 1 {span.start:.3f} {span.end - span.start:.3f} {_token(span.label)}\n" for span in spans(answer)
    )


def rttm(answer: ExportedAnswer) -> str:
    """Turns of speakers, or stretches of speech (NIST RTTM); a space within a name is written _."""
    from pyannote.core import Annotation
    from pyannote.core import Segment as Stretch

    annotation = Annotation(uri=answer.name)
    for number, span in enumerate(spans(answer)):
        annotation[Stretch(span.start, span.end), number] = _token(span.label)
    return str(annotation.to_rttm())


def textgrid(answer: ExportedAnswer) -> str:
    """Praat's TextGrid in its long form: a tier of words, phones or speech, or one for each speaker.

    A text without times is one interval over the whole sound. Stretches that overlap go into tiers of their own.
    """
    return grid(_tiers(spans(answer), answer) or {_TIERS[answer.capability]: []}, answer.duration)


def grid(tiers: Mapping[str, Sequence[Segment]], duration: float) -> str:
    """A TextGrid of interval tiers, by name: stretches rising, without overlap. It is as long as the sound, or longer if they are."""
    from praatio.utilities.textgrid_io import getTextgridAsStr

    end = max([0.001, round(duration, 3), *(span.end for tier in tiers.values() for span in tier)])
    written = {
        "xmin": 0.0,
        "xmax": end,
        "tiers": [
            {
                "class": "IntervalTier",
                "name": name,
                "xmin": 0.0,
                "xmax": end,
                "entries": [(span.start, span.end, span.label) for span in tier],
            }
            for name, tier in tiers.items()
        ],
    }
    return str(getTextgridAsStr(written, "long_textgrid", includeBlankSpaces=True))


def midi(answer: ExportedAnswer) -> bytes:
    """A MIDI file of one track, a tick a millisecond. Pitches are rounded to semitones; a note ends where its key is struck again."""
    import mido

    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    now = 0
    for tick, kind, key, velocity in sorted(_strokes(answer.value)):
        track.append(mido.Message(("note_off", "note_on")[kind], note=key, velocity=velocity, time=tick - now))
        now = tick
    stream = io.BytesIO()
    mido.MidiFile(ticks_per_beat=500, tracks=[track]).save(file=stream)
    return stream.getvalue()


FORMATS = {
    "srt": Format("srt", ("asr", "alignment"), srt),
    "vtt": Format("vtt", ("asr", "alignment"), vtt),
    "ctm": Format("ctm", ("asr", "alignment"), ctm, together=True),
    "rttm": Format("rttm", ("diarization", "vad"), rttm, together=True),
    "textgrid": Format("TextGrid", tuple(_TIERS), textgrid),
    "midi": Format("mid", ("music_transcription",), midi),
}


def spans(answer: ExportedAnswer) -> list[Segment]:
    """The answer as stretches of time with a text, in order; a text without times is one as long as the sound."""
    value = answer.value
    if isinstance(value, Transcript):
        value = whole(value) or [Word(value.text, 0.0, answer.duration)]
    if not isinstance(value, (list, tuple)):
        raise Unfit(f"with a {type(value).__name__} where stretches of time are expected")
    found = [_span(part) for part in value]
    return sorted((span for span in found if span.label), key=lambda span: (span.start, span.end))


def _span(part: object) -> Segment:
    match part:
        case Word():
            label = _plain(part.text)
        case Turn():
            label = _plain(part.speaker) or "speaker"
        case Segment():
            label = _plain(part.label) or "speech"
        case _:
            raise Unfit(f"with a {type(part).__name__} where a stretch of time is expected")
    first = max(0, _milliseconds(part.start))
    return Segment(first / 1000, max(first + 1, _milliseconds(part.end)) / 1000, label)


def _milliseconds(seconds: float) -> int:
    if not math.isfinite(seconds):
        raise Unfit(f"with a time of {seconds} s")
    return round(seconds * 1000)


def _plain(text: str) -> str:
    """``text`` on one line, without what is no text: control characters and lone surrogates."""
    return " ".join("".join(sign for sign in text if sign.isspace() or unicodedata.category(sign) not in ("Cc", "Cs")).split())


def _token(text: str) -> str:
    return text.replace(" ", "_")


def _go_together(cue: Segment, span: Segment) -> bool:
    short = len(joined((cue.label, span.label))) <= _CHARACTERS and span.end - cue.start <= _LONGEST_S
    return short and span.start - cue.end < _PAUSE_S


def _captions(cues: Iterable[Segment], form: str) -> str:
    from webvtt import Caption, WebVTT

    made = WebVTT(captions=[Caption(_clock(cue.start), _clock(cue.end), cue.label) for cue in cues])
    stream = io.StringIO()
    made.write(stream, form)
    text = stream.getvalue()
    return text if text.endswith("\n") or not text else text + "\n"


def _clock(seconds: float) -> str:
    from webvtt.models import Timestamp

    return str(Timestamp.from_seconds(seconds))


def _tiers(found: Sequence[Segment], answer: ExportedAnswer) -> dict[str, list[Segment]]:
    if isinstance(answer.value, Transcript) and not answer.value.words and answer.capability == "asr":
        return {"text": list(found)}
    alone = answer.capability == "diarization"
    return laid_out((span.label if alone else _TIERS[answer.capability], span) for span in found)


def laid_out(named: Iterable[tuple[str, Segment]]) -> dict[str, list[Segment]]:
    """Each stretch, rising in start, in the first tier of its name that has room for it: "A", "A (2)", ..."""
    tiers: dict[str, list[Segment]] = {}
    for name, span in named:
        number = 1
        while (tier := tiers.setdefault(name if number == 1 else f"{name} ({number})", [])) and tier[-1].end > span.start:
            number += 1
        tier.append(span)
    return tiers


def _strokes(notes: Any) -> Iterable[tuple[int, int, int, int]]:
    """(tick, 1 for on and 0 for off, key, velocity) of every note."""
    keys: dict[int, list[tuple[int, int, int]]] = {}
    for note in notes if isinstance(notes, (list, tuple)) else [notes]:
        if not isinstance(note, Note) or not math.isfinite(note.velocity):
            raise Unfit("with something else than notes")
        first = max(0, _milliseconds(note.onset))
        last = max(first + 1, _milliseconds(note.offset))
        keys.setdefault(_key(note.pitch_hz), []).append((first, last, min(127, max(1, round(127 * note.velocity)))))
    for key, struck in keys.items():
        struck.sort()
        ends = [begin for begin, _, _ in struck[1:]] + [math.inf]
        for (first, last, velocity), again in zip(struck, ends, strict=True):
            if first < again:
                yield first, 1, key, velocity
                yield int(min(last, again)), 0, key, 0


def _key(pitch_hz: float) -> int:
    key = round(midi_key(pitch_hz)) if 0 < pitch_hz < math.inf else -1
    if not 0 <= key <= 127:
        raise Unfit(f"with a note of {pitch_hz:g} Hz, where MIDI holds 8.0 to 12,900 Hz")
    return key
