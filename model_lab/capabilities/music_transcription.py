"""Music transcription: which notes are played, and when."""

from __future__ import annotations

import math

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities import _exports
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.metrics import notes
from model_lab.types import Audio, Note
from model_lab.views.notes import NOTES

_RATE = 22050
_SLACK_S = 0.1
_NOTE = "[onset, offset, Hz]"


def _reference(row: Row, resolve: Resolve) -> list[Note]:
    played = [_note(note, f"notes[{place}]") for place, note in enumerate(columns.items(row, "notes", f"[{_NOTE}, ...]"))]
    columns.no_midi([note.pitch_hz for note in played], "notes", 127)
    return played


def _note(value: object, what: str) -> Note:
    onset, offset, pitch_hz = columns.as_list(value, 3, what, _NOTE)
    return Note(*columns.span(onset, offset, f"{what}, {_NOTE},"), columns.as_number(pitch_hz, what, 8.0, 20000.0, "Hz"))


def _problems(answer: object, audio: Audio) -> list[str]:
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Note"]
    if wrong := [note for note in answer if not isinstance(note, Note)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Note"]
    limit = audio.duration + _SLACK_S
    faults = [
        f"Note {note.onset:.3f}-{note.offset:.3f} s is not inside 0-{audio.duration:.3f} s with onset < offset"
        for note in answer
        if not (-_SLACK_S <= note.onset < note.offset <= limit)
    ]
    faults += [
        f"a note's pitch is {note.pitch_hz} Hz; expected a positive number" for note in answer if not 0 < note.pitch_hz < math.inf
    ]
    faults += [f"a note's velocity is {note.velocity}; expected 0 to 1" for note in answer if not 0 <= note.velocity <= 1]
    return faults[:3]


def _example() -> Example:
    """Six plucked notes of a C major scale, half a second each: twelve decaying harmonics."""
    time = np.arange(round(0.45 * _RATE)) / _RATE
    sound = np.zeros(round(3.5 * _RATE))
    played = []
    for number, step in enumerate((0, 2, 4, 5, 7, 9)):
        onset, pitch_hz = 0.25 + 0.5 * number, 261.626 * 2 ** (step / 12)
        harmonics = np.arange(1, 13)[:, None]
        strings = np.sin(2 * np.pi * pitch_hz * harmonics * time) * np.exp(-time * (2 + harmonics)) / harmonics
        first = round(onset * _RATE)
        sound[first : first + len(time)] += strings.sum(axis=0) * np.minimum(1, np.minimum(time, time[::-1]) / 0.005)
        played.append(Note(onset, onset + 0.45, pitch_hz))

    def surprise(answer: list[Note]) -> str:
        recall = notes.NOTE_RECALL.score(played, answer)
        return "" if recall >= 0.5 else f"finds {round(6 * recall)} of 6 plucked notes a half second apart; expected at least 3"

    return Example((Audio((0.3 * sound).astype(np.float32), _RATE),), played, surprise)


def _chance(rng: np.random.Generator, audio: Audio) -> list[Note]:
    """Four notes a second, anywhere, of a quarter of a second and any key of the piano."""
    onsets = rng.random(int(4 * audio.duration)) * max(0.0, audio.duration - 0.25)
    return [Note(float(onset), float(onset) + 0.25, 27.5 * 2 ** (int(rng.integers(88)) / 12)) for onset in sorted(onsets)]


CAPABILITY = Capability(
    name="music_transcription",
    title="Music transcription",
    in_words="{in_100} notes are right (F1 of missed and invented ones)",
    call="transcribe_notes(audio: Audio) -> list[Note]",
    answer="list[Note]",
    view=NOTES,
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("notes", "[[onset, offset, Hz], ...] of all notes, seconds; unpitched percussion is left out", aliases=("midi",)),
    ),
    metrics=(
        notes.NOTE_F1.with_margin(0.02, "a choice: about one note in fifty to correct"),
        notes.NOTE_F1_OFFSETS,
        notes.NOTE_PRECISION,
        notes.NOTE_RECALL,
    ),
    grading=Grading(
        (0.9, 0.75, 0.55, 0.35),
        reason=(
            "A user corrects each wrong note, and random notes earn nothing (0.01). Onsets and Frames reaches 0.95 on "
            "MAESTRO's piano, an A; on other instruments transcribers stay at 0.5 to 0.8."
        ),
        source=(
            "Hawthorne et al. 2019, Enabling Factorized Piano Music Modeling and Generation with the MAESTRO Dataset (note "
            "F1 0.95); Bittner et al. 2022, Basic Pitch"
        ),
    ),
    perturbable=Perturbable(at_speed=at_speed.notes),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: [],
    chance=_chance,
    ideal=lambda reference, audio: list(reference),
    latest=lambda reference: max((note.offset for note in reference), default=0.0),
    exports=_exports.NOTES,
)
