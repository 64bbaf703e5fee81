"""One model's answer in words, sounds and marks; what happens over time stands in the picture of all (`pictures`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model_lab import units
from model_lab.capabilities import capability
from model_lab.metrics import music
from model_lab.metrics.entities import Marked as MarkedTruth
from model_lab.metrics.fingerprints import MatchTruth
from model_lab.metrics.labels import ClassTruth
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import Prompt
from model_lab.report import frequency_plot
from model_lab.report.site.parts import Facts, LabelScore, Part, Player, RankedLabels, Remark, Text, Verdict
from model_lab.report.site.reference_view import SampleView, beats_in_words, in_json, pitch_in_words
from model_lab.report.site.texts import difference, marked, stream
from model_lab.types import (
    Audio,
    Beats,
    Detection,
    Entity,
    Formants,
    Label,
    Note,
    PitchTrack,
    Segment,
    StreamTranscript,
    Transcript,
    Turn,
    Word,
)

_FIRST_LABELS = 5


def shown(asked: SampleView, answer: Any) -> list[Part]:
    """``answer`` (unpacked) beside its truth."""
    match answer:
        case Transcript(text=said):
            return difference(asked.capability, _said(asked.reference), said)
        case StreamTranscript() as said:
            return [*difference(asked.capability, _said(asked.reference), said.text), stream(said)]
        case Audio() as sound:
            return [Player("answer", asked.sounds.add(sound))]
        case dict() as parts if parts and all(isinstance(part, Audio) for part in parts.values()):
            return [Player(name, asked.sounds.add(part)) for name, part in parts.items()]
        case dict() as scales if scales and all(isinstance(value, (int, float)) for value in scales.values()):
            return [Facts({name: f"{value:.4g}" for name, value in scales.items()})]
        case np.ndarray() as vector:
            return [Remark(f"A vector of {vector.size} numbers, of length {np.linalg.norm(vector):.3f}.")]
        case str() as text:
            return [Text(text) if text.strip() else Remark("It says nothing.")]
        case bool() | int() | float() as number:
            return [Text(f"{number:.6g}")]
        case Beats() as beats:
            return [Remark(beats_in_words(beats))]
        case PitchTrack() as track:
            return [Remark(pitch_in_words(track))]
        case Formants() as found:
            return [Facts(_medians(found))]
        case [] if isinstance(asked.reference, MarkedTruth):
            return [marked(asked.text, [], asked.reference)]
        case []:
            return [Remark("It finds nothing.")]
        case [*items]:
            return _listed(asked, items)
    return [Text(in_json(answer))]


def overheard(asked: SampleView, judge: str, heard: Any) -> list[Part]:
    """What a recogniser heard in speech that a model made, beside what was to be said."""
    if not isinstance(heard, Transcript):
        return []
    return [Remark(f"{judge} heard:"), *difference("asr", _said(asked.reference), heard.text)]


def _said(reference: Any) -> Transcript | None:
    said = reference.transcript if isinstance(reference, (SpokenTruth, Prompt)) else reference
    return said if isinstance(said, Transcript) else None


def _medians(found: Formants) -> dict[str, str]:
    heard = {f"F{number}": column[np.isfinite(column)] for number, column in enumerate(found.formants_hz.T, 1)}
    return {f"median {name}": f"{np.median(values):.0f} Hz" if values.size else units.MISSING for name, values in heard.items()}


def _listed(asked: SampleView, items: Sequence[Any]) -> list[Part]:
    match items[0]:
        case Label():
            return [_choices(asked, items)]
        case Entity():
            return [marked(asked.text, items, asked.reference if isinstance(asked.reference, MarkedTruth) else None)]
        case Segment():
            return [Remark(f"{len(items)} stretches, {sum(item.end - item.start for item in items):.2f} s in all.")]
        case Turn():
            speakers = len({turn.speaker for turn in items})
            return [Remark(f"{speakers} speakers, {len(items)} turns.")]
        case Word():
            return [Remark(f"{len(items)} words.")]
        case Detection():
            accepted = [item for item in items if item.accepted]
            heard = ", ".join(f"{item.keyword} at {item.start:.2f}–{item.end:.2f} s ({item.score:.3g})" for item in accepted)
            return [
                Text(heard or "nothing"),
                *([Remark(f"{len(items) - len(accepted)} below its threshold.")] if len(accepted) < len(items) else []),
            ]
        case Note():
            low, high = (edge(item.pitch_hz for item in items) for edge in (min, max))
            return [Remark(f"{len(items)} notes, MIDI keys {frequency_plot.key(low):.0f} to {frequency_plot.key(high):.0f}.")]
    return [Text(in_json(items))]


def _choices(asked: SampleView, found: Sequence[Label]) -> RankedLabels:
    """The first labels; only the one that decides can be wrong, those behind it are merely not it."""
    first: list[LabelScore] = []
    decided = False
    for label in found[:_FIRST_LABELS]:
        verdict = _verdict(asked, label)
        first.append(LabelScore(label.name, label.score, "" if decided and verdict == "wrong" else verdict))
        decided = decided or verdict != ""
    return RankedLabels(tuple(first), max(0, len(found) - _FIRST_LABELS))


def _verdict(asked: SampleView, label: Label) -> Verdict:
    """Whether a label is right as the metrics see it; nothing where it is none of the dataset's classes."""
    match asked.reference:
        case ClassTruth() as reference:
            counted: Any = capability(asked.capability).primary.components(reference, [label])
            chosen = counted["chosen"][0]
            return "" if chosen < 0 else "right" if chosen == counted["truth"][0] else "wrong"
        case MatchTruth(match=entry):
            return "right" if label.name == entry else "wrong"
        case str() as key:
            return "right" if music.key_of(label.name) == music.key_of(key) else "wrong"
    return ""
