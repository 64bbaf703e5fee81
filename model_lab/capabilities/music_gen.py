"""Music generation: music of a given duration that follows a prompt."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Resolve, Row, audio_problems
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.key import key_in
from model_lab.capabilities.tempo import TEMPI
from model_lab.errors import BadManifest, NotRunnable, nearest
from model_lab.metrics import generation
from model_lab.metrics.generation import MusicPrompt
from model_lab.types import Audio
from model_lab.views import SampleContext
from model_lab.views.parts import Facts, Part, Sound
from model_lab.views.sounds import SOUND

_HIGHEST_PEAK = 2.0
_MOST_CHANNELS = 2
_RATE = 32000


def _reference(row: Row, resolve: Resolve) -> MusicPrompt:
    seconds = columns.number(row, "seconds", 0.1, 3600.0, "seconds")
    tempo = (
        columns.number(row, "tempo_bpm", *TEMPI, "beats per minute; leave it out if any will do") if "tempo_bpm" in row else 0.0
    )
    key, instrument = key_in(row, resolve) if "key" in row else "", columns.text(row, "instrument", "")
    if instrument and instrument not in generation.INSTRUMENTS:
        instruments = ", ".join(generation.INSTRUMENTS)
        raise BadManifest(
            f"instrument is {instrument!r}{nearest(instrument, generation.INSTRUMENTS)}; expected none or one of: {instruments}"
        )
    return MusicPrompt(seconds, tempo, key, instrument, sound.read(resolve(row["audio"])) if "audio" in row else None)


def _problems(answer: object, prompt: str, seconds: float) -> list[str]:
    if faults := audio_problems(answer):
        return faults
    assert isinstance(answer, Audio)
    if answer.samples.ndim == 2 and len(answer.samples) > _MOST_CHANNELS:
        return [f"answer has {len(answer.samples)} channels; expected one or two"]
    peak = float(np.abs(answer.samples).max())
    return [f"answer peaks at {peak:.0f}; expected full scale to be 1"] if peak > _HIGHEST_PEAK else []


def _example() -> Example:
    """Four seconds of piano: the answer must be audible and of about that duration."""
    prompt, seconds = "a happy piano piece in C major at 120 bpm", 4.0

    def surprise(answer: Audio) -> str:
        if not seconds / 2 <= answer.duration <= 2 * seconds:
            return f"makes {answer.duration:.2f} s of music; expected about {seconds:.0f} s"
        level = float(np.sqrt(np.mean(np.square(answer.samples))))
        return f"makes music at a level of {level:.1e}; expected more than 1e-3 of full scale" if level < 1e-3 else ""

    return Example((prompt, seconds), MusicPrompt(seconds, 120.0, "C major", "piano"), surprise)


def _chance(rng: np.random.Generator, prompt: str, seconds: float) -> Audio:
    """Any four tones of a piano's range a second, of any loudness."""
    time = np.arange(_RATE // 4) / _RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.005)
    count = math.ceil(4 * seconds)
    tones = [rng.random() * fade * np.sin(2 * np.pi * 27.5 * 2 ** (rng.integers(88) / 12) * time) for _ in range(count)]
    return Audio((0.3 * np.concatenate(tones))[: max(1, round(seconds * _RATE))].astype(np.float32), _RATE)


def _ideal(reference: MusicPrompt, prompt: str, seconds: float) -> Audio:
    if reference.recording is None:
        raise NotRunnable(f"{prompt[:40]!r} has no recording to answer with; name one in the row's column audio")
    return reference.recording


def _request(sample: SampleContext) -> list[Part]:
    """What the prompt requests, and a recording of musicians that meets it."""
    prompt = sample.reference
    facts = Facts(
        {
            "seconds": f"{prompt.seconds:g}",
            "tempo": f"{prompt.tempo_bpm:g} BPM" if prompt.tempo_bpm else "any",
            "key": prompt.key or "any",
            "instrument": prompt.instrument or "any",
        }
    )
    return [facts, *([Sound("recording of musicians that meets the prompt", prompt.recording)] if prompt.recording else [])]


CAPABILITY = Capability(
    name="music_gen",
    title="Music generation",
    in_words="{in_100} pieces have the tempo of the prompt, or a multiple of it",
    call="generate(prompt: str, seconds: float) -> Audio",
    answer="Audio, mono or stereo",
    view=replace(SOUND, reference=_request),
    inputs=(("text", "text"), ("number", "seconds")),
    columns=(
        Column("text", "the prompt", aliases=("prompt", "description", "caption")),
        Column("seconds", "duration of the music in seconds", aliases=("length", "length_s", "duration_s")),
        Column("tempo_bpm", "beats per minute, where the prompt names them", required=False, aliases=("bpm", "tempo")),
        Column("key", "as in 'Eb minor', where the prompt names one", required=False),
        Column("instrument", f"where the prompt names one: {', '.join(generation.INSTRUMENTS)}", required=False),
        Column(
            "audio", "path of a recording of musicians that meets the prompt: the answer of the oracle", required=False, file=True
        ),
    ),
    metrics=(
        generation.TEMPO_ADHERENCE.with_margin(0.05, "a choice: one prompt in twenty"),
        generation.KEY_ADHERENCE,
        generation.INSTRUMENT_ADHERENCE,
        generation.DURATION_ERROR,
    ),
    grading=Grading(
        (0.94, 0.83, 0.65, 0.4),
        measure="share",
        over="chance",
        reason=(
            "Any music meets a prompted tempo by chance (factors of 2 and 3 count), so the share of what lies above noise "
            "is graded. It is about following a prompt, not about how the music sounds."
        ),
        source="Gouyon et al. 2006 (the measure); the steps are a convention of this bench",
    ),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda prompt, seconds: Audio(np.zeros(max(1, round(seconds * _RATE)), np.float32), _RATE),
    chance=_chance,
    ideal=_ideal,
    hub_task="text-to-audio",
)
