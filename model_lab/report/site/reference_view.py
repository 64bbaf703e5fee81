"""A question and its truth as a page of a sample shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from model_lab.capabilities import Capability
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError
from model_lab.metrics.alignment import WordTimes
from model_lab.metrics.captions import CaptionTruth
from model_lab.metrics.embeddings import SoundTruth
from model_lab.metrics.entities import Marked as MarkedTruth
from model_lab.metrics.fingerprints import MatchTruth
from model_lab.metrics.generation import Commission
from model_lab.metrics.keywords import KeywordTruth
from model_lab.metrics.labels import ClassTruth
from model_lab.metrics.segments import SpeakerTruth, SpeechTruth
from model_lab.metrics.signals import Mixture, NoisyPair
from model_lab.metrics.speaker import Trial, VoiceTruth
from model_lab.metrics.streaming import SpokenTruth
from model_lab.metrics.text import Prompt
from model_lab.report import frequency_plot, timeline_plot
from model_lab.report.site.parts import Facts, Part, Player, Remark, Text
from model_lab.report.site.texts import marked
from model_lab.report.sounds import Sounds
from model_lab.types import Audio, Beats, PitchTrack, Transcript

_SOUNDS_OF_A_COLUMN = 2
"""Of a library or of enrolments, so many are played."""


@dataclass(frozen=True)
class SampleView:
    """``sample``: None if it cannot be read; ``seconds`` of its sound; ``reference``: None if there is none."""

    capability: str
    sample: Sample | None
    reference: Any
    seconds: float
    sounds: Sounds

    @property
    def text(self) -> str:
        """The question's own, "" if it has none."""
        return str(self.sample.row.get("text") or "") if self.sample else ""


def question(sample: Sample, asked: Capability, sounds: Sounds) -> Iterator[Part]:
    """Every input: text to read, sounds to play. What cannot be read is a sentence."""
    for kind, column in asked.inputs:
        value = sample.row.get(column)
        if value is None:
            continue
        if kind == "audio":
            yield from _heard(column, value, sample, sounds)
        elif kind == "text":
            yield Text(str(value))
        else:
            yield Facts({column: str(value)})


def _heard(label: str, value: Any, sample: Sample, sounds: Sounds) -> Iterator[Part]:
    named = dict(_named(label, value))
    for name, path in list(named.items())[:_SOUNDS_OF_A_COLUMN]:
        try:
            yield Player(name, sounds.of_file(sample.resolve(path)))
        except ModelLabError as error:
            yield Remark(f"{name} cannot be played: {error}")
    if len(named) > _SOUNDS_OF_A_COLUMN:
        yield Remark(f"{label} holds {len(named)} sounds; the first {_SOUNDS_OF_A_COLUMN} are shown.")


def _named(label: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _named(f"{label} {name}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _named(f"{label} {number}", item)
    else:
        yield label, value


def truth(asked: SampleView) -> list[Part]:
    """What is right, in words, and the sounds that are."""
    add = asked.sounds.add
    match asked.reference:
        case None:
            return [Remark("The dataset does not say what is right here.")]
        case Transcript(text=said) | SpokenTruth(transcript=Transcript(text=said)):
            return [Text(said) if said.strip() else Remark("Nothing is said.")]
        case SpeechTruth(segments=segments):
            return [Remark(f"{len(segments)} stretches of speech, {sum(s.end - s.start for s in segments):.2f} s in all.")]
        case SpeakerTruth(turns=turns):
            names = dict.fromkeys(turn.speaker for turn in turns)
            spoken = {name: sum(turn.end - turn.start for turn in turns if turn.speaker == name) for name in names}
            return [Facts({timeline_plot.letter(place): f"{name}, {spoken[name]:.2f} s" for place, name in enumerate(names)})]
        case WordTimes(words=words):
            return [Remark(f"{len(words)} words.")]
        case KeywordTruth(spoken=spoken_words):
            said = ", ".join(f"{word.label} at {word.start:.2f}–{word.end:.2f} s" for word in spoken_words)
            return [Text(said) if said else Remark("No keyword is spoken.")]
        case Prompt(reading=reading):
            return [Player("read by a person", add(reading))] if reading else [Remark("The text itself; no person read it here.")]
        case NoisyPair(clean=clean):
            return [Player("without the noise", add(clean))]
        case Mixture(stems=stems):
            return [Player(name, add(stem)) for name, stem in stems.items()]
        case Commission() as wanted:
            facts = {
                "seconds": f"{wanted.seconds:g}",
                "tempo": f"{wanted.tempo_bpm:g} BPM" if wanted.tempo_bpm else "any",
                "key": wanted.key or "any",
                "instrument": wanted.instrument or "any",
            }
            played: list[Part] = (
                [Player("music by people that answers the prompt", add(wanted.recording))] if wanted.recording else []
            )
            return [Facts(facts), *played]
        case ClassTruth(label=label, classes=classes):
            others = [name for name in classes.get(label, ()) if name != label]
            return [Text(label), *([Remark(f"Also right: {', '.join(others)}.")] if others else [])]
        case MatchTruth(match=entry):
            if not entry or asked.sample is None:
                return [Remark("It is not in the library.")]
            return [Text(entry), *_heard(entry, asked.sample.row["library"][entry], asked.sample, asked.sounds)]
        case CaptionTruth(captions=captions):
            return [Text(caption) for caption in captions]
        case MarkedTruth() as entities:
            return [marked(asked.text, entities, None)]
        case VoiceTruth(speaker=name) | SoundTruth(label=name):
            return [Text(name)]
        case Trial(same=same):
            return [Text("one speaker" if same else "two speakers")]
        case PitchTrack() as track:
            return [Remark(pitch_in_words(track))]
        case Beats() as beats:
            return [Remark(beats_in_words(beats))]
        case np.ndarray() as hertz if asked.capability == "formants":
            return [Facts({f"F{number}": f"{value:.0f} Hz" for number, value in enumerate(hertz.tolist(), 1)})]
        case float() as level if asked.capability == "quality":
            return [Facts({"signal-to-noise ratio": f"{level:g} dB"})]
        case str() as text:
            return [Text(text)]
        case list() as notes if asked.capability == "music_transcription":
            return [Remark(f"{len(notes)} notes.")]
        case Audio() as sound:
            return [Player("truth", add(sound))]
        case other:
            return [Text(in_json(other))]


def in_json(value: Any) -> str:
    """A truth or an answer of a kind that only its capability knows, as JSON.

    >>> in_json({"level": 3, "named": [Audio(np.zeros(8000, np.float32), 16000)]})
    '{"level": 3, "named": ["0.50 s of sound"]}'
    """
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Audio):
        return f"{value.duration:.2f} s of sound"
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)


def pitch_in_words(track: PitchTrack) -> str:
    """How much of it is voiced, and how high it is."""
    heard = track.f0_hz[frequency_plot.voiced(track)]
    if not heard.size:
        return f"None of {len(track.times)} frames is voiced."
    low, middle, high = np.percentile(heard, [5, 50, 95])
    return (
        f"{heard.size} of {len(track.times)} frames are voiced; median F0 {middle:.0f} Hz, 90 % of it in {low:.0f}–{high:.0f} Hz."
    )


def beats_in_words(beats: Beats) -> str:
    """Tempo and number of beats."""
    return f"{beats.tempo_bpm:.1f} BPM, {len(beats.times)} beats."
