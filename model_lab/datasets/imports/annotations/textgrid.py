"""Sound files with Praat's TextGrids: intervals on tiers.

Which tier is meant is told with ``--columns COLUMN=TIER``, or guessed from its name and said. Tiers that aligners name
``SPEAKER - words`` are one tier of each speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow, decoded_or_empty, sounds_in
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Annotated, Pairs
from model_lab.errors import BadConfig, BadManifest, nearest
from model_lab.formats import SpokenSegment, textgrid
from model_lab.types import Segment, Turn, Word

_TITLE = "Sound with TextGrids"
_SUFFIXES = (".textgrid",)
_WORDS = ("words", "word", "wrd", "ort-mau", "tokens")
_TEXTS = ("text", "transcript", "transcription", "sentence", "sentences", "utterance", "utterances", "ort", "orthography", "orth")
_SPEECH = ("speech", "vad", "activity")
_SPEAKERS = ("speaker", "speakers", "turns", "diarization")
_COLUMNS = {"asr": "text", "asr_stream": "text", "alignment": "words", "diarization": "turns", "vad": "speech"}
"""Capability -> the column that names its tier in ``--columns``."""
_NO_SPEECH = frozenset(
    {"sil", "sp", "spn", "silence", "<sil>", "<p:>", "<p>", "<eps>", "pau", "pause", "_", "#", "non-speech", "nonspeech"}
)
"""Labels that aligners give to what is not speech."""
_NUMBERED = re.compile(r" \(\d+\)$")

Tiers: TypeAlias = Mapping[str, tuple[Segment, ...]]


def recognises(path: Path) -> bool:
    """Whether there are TextGrids, by their first words, and sound files."""
    listed = pairing.files(path, _SUFFIXES)
    return any(_begins(each) for each in listed[:20]) and bool(sounds_in(path if path.is_dir() else path.parent))


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """An interval a row for recognition, unless its tier has words: then, and for all else, a recording a row."""
    pairs = _pairs(path)
    builders: rows.Builders[Tiers] = {
        "asr": partial(_texts, tier=_chosen(pairs, options, "text", (*_TEXTS, *_WORDS))),
        "alignment": partial(_words, tier=_chosen(pairs, options, "words", _WORDS)),
        "diarization": partial(_turns, tier=_chosen(pairs, options, "turns", _SPEAKERS)),
        "vad": partial(_speech, tier=_chosen(pairs, options, "speech", (*_SPEECH, *_TEXTS, *_WORDS))),
    }
    yield from rows.built({**builders, "asr_stream": builders["asr"]}, pairs.recordings, options, _TITLE)


def _pairs(path: Path) -> Pairs[Tiers]:
    return pairing.by_file(path, pairing.files(path, _SUFFIXES), textgrid.read)


def _notes(path: Path, options: ImportOptions) -> list[str]:
    pairs = _pairs(path)
    name = options.capability.name if options.capability else "asr"
    usual = {"text": (*_TEXTS, *_WORDS), "words": _WORDS, "turns": _SPEAKERS, "speech": (*_SPEECH, *_TEXTS, *_WORDS)}
    column = _COLUMNS.get(name)
    if column is None:
        return pairs.notes()
    tier = _chosen(pairs, options, column, usual[column])
    every = {"turns": "a tier for each speaker", "speech": "speech where any tier has a label"}.get(column, "the only tier")
    return [f"{column} = tier {tier!r}" if tier else every, *pairs.notes()]


def _chosen(pairs: Pairs[Tiers], options: ImportOptions, column: str, usual: Sequence[str]) -> str:
    """The tier for a column: as told, or the first usual name that a recording has; empty if neither."""
    names = list(dict.fromkeys(_split(name)[1] for recording in pairs.recordings for name in recording.content))
    if foreign := sorted(set(options.columns) - set(_COLUMNS.values())):
        raise BadConfig(
            f"--columns has {foreign[0]!r}; of TextGrids it chooses a tier: {', '.join(dict.fromkeys(_COLUMNS.values()))}=TIER"
        )
    if (told := options.columns.get(column)) is not None:
        full = [name for recording in pairs.recordings for name in recording.content]
        if told not in names and told not in full:
            raise BadManifest(f"no TextGrid has a tier {told!r}{nearest(told, names)}; there are: {', '.join(names)}")
        return told
    plain = {name.casefold(): name for name in names}
    return next((plain[name] for name in usual if name in plain), "")


def _split(name: str) -> tuple[str, str]:
    """The speaker and the kind of a tier called ``SPEAKER - KIND``, as aligners call them; no speaker for any other name."""
    speaker, mark, kind = name.rpartition(" - ")
    return (speaker, kind) if mark and kind.casefold() in (*_WORDS, *_TEXTS, "phones", "phone") else ("", name)


def _tiers(recording: Annotated[Tiers], tier: str, column: str) -> dict[str, list[Segment]]:
    """The intervals of the tier by speaker; without a tier those of the only one."""
    named = {name: segments for name, segments in recording.content.items() if tier in (name, _split(name)[1])}
    if not tier and len(recording.content) == 1:
        named = dict(recording.content)
    if not named:
        names = ", ".join(recording.content) or "none"
        expected = f"a tier {tier!r}" if tier else f"one: choose with --columns {column}=TIER"
        raise BadManifest(f"{recording.name}.TextGrid has the tiers {names}; expected {expected}")
    return {
        _split(name)[0]: [each for each in segments if each.end > each.start and each.label.casefold() not in _NO_SPEECH]
        for name, segments in named.items()
    }


def _texts(recording: Annotated[Tiers], tier: str) -> Iterable[ImportRow]:
    tiers = _tiers(recording, tier, "text")
    if tier.casefold() in _WORDS:
        return rows.transcript(Annotated(recording.name, recording.sound, _in_order(tiers)))
    spoken = [
        SpokenSegment(each.start, each.end, each.label, speaker) for speaker, segments in tiers.items() for each in segments
    ]
    return rows.utterances(Annotated(recording.name, recording.sound, sorted(spoken, key=lambda each: each.start)))


def _words(recording: Annotated[Tiers], tier: str) -> Iterable[ImportRow]:
    return rows.words(Annotated(recording.name, recording.sound, _in_order(_tiers(recording, tier, "words"))))


def _in_order(tiers: Mapping[str, Sequence[Segment]]) -> list[Word]:
    """The words of all speakers, by their start."""
    words = [Word(each.label, each.start, each.end) for segments in tiers.values() for each in segments]
    return sorted(words, key=lambda word: word.start)


def _turns(recording: Annotated[Tiers], tier: str) -> Iterable[ImportRow]:
    """Turns of a tier whose labels are speakers, or of a tier for each speaker."""
    if tier:
        named = [(each.label, each) for segments in _tiers(recording, tier, "turns").values() for each in segments]
    else:
        named = [
            (_split(name)[0] or _NUMBERED.sub("", name), each)
            for name, segments in recording.content.items()
            for each in segments
            if each.end > each.start and each.label.casefold() not in _NO_SPEECH
        ]
    turns = sorted((Turn(each.start, each.end, speaker) for speaker, each in named), key=lambda turn: turn.start)
    return rows.turns(Annotated(recording.name, recording.sound, turns))


def _speech(recording: Annotated[Tiers], tier: str) -> Iterable[ImportRow]:
    chosen = _tiers(recording, tier, "speech") if tier else recording.content
    spoken = [
        each
        for segments in chosen.values()
        for each in segments
        if each.end > each.start and each.label.casefold() not in _NO_SPEECH
    ]
    return rows.speech(Annotated(recording.name, recording.sound, spoken))


def _begins(path: Path) -> bool:
    with path.open("rb") as stream:
        return "ooTextFile" in decoded_or_empty(stream.read(200))


FORMAT = ImportFormat("textgrid", _TITLE, "sound files and .TextGrid files", recognises, read, "sample", _notes, mapped=True)
