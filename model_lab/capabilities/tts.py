"""Speech synthesis: a text read aloud."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Resolve, Row, audio_problems, language_of
from model_lab.errors import NotRunnable
from model_lab.metrics import quality
from model_lab.metrics import text as words
from model_lab.types import Audio, Transcript
from model_lab.typography import straight
from model_lab.views.speech import SPEECH

SENTENCE = "Hello world, this is a test."
_HIGHEST_PEAK = 2.0
_SAMPLE_RATE = 16000


def _reference(row: Row, resolve: Resolve) -> words.Prompt:
    human = sound.read(resolve(row["audio"])).mono() if "audio" in row else None
    return words.Prompt(Transcript(columns.text(row, "text"), language=language_of(row)), human)


def spoken_problems(answer: object, *question: object) -> list[str]:
    """What keeps ``answer`` from being speech to listen to: not sound, not mono, not in full scale."""
    if found := audio_problems(answer):
        return found
    assert isinstance(answer, Audio)
    if answer.samples.ndim != 1:
        return [f"answer has shape {answer.samples.shape}; expected mono"]
    peak = float(np.abs(answer.samples).max())
    return [f"answer peaks at {peak:.0f}; expected full scale to be 1"] if peak > _HIGHEST_PEAK else []


def surprise(answer: Audio) -> str:
    """What is wrong with `SENTENCE` read aloud, "" if nothing: it takes some seconds to say, and can be heard."""
    if not 0.5 <= answer.duration <= 10:
        return f"takes {answer.duration:.2f} s to say {SENTENCE!r}; expected 0.5 to 10 s"
    level = float(np.sqrt(np.mean(np.square(answer.samples))))
    return f"says {SENTENCE!r} at a level of {level:.1e}; expected more than 1e-3 of full scale" if level < 1e-3 else ""


def say(call: Callable[..., Audio], text: str, *question: object) -> Audio:
    """Ask a synthesiser to read ``text``, with straight apostrophes and quotes: many drop the ’t of "wasn’t" otherwise."""
    return call(straight(text), *question)


def _example() -> Example:
    return Example((SENTENCE,), words.Prompt(Transcript(SENTENCE, language="en")), surprise)


def silence(*question: object) -> Audio:
    """A second of nothing."""
    return Audio(np.zeros(_SAMPLE_RATE, np.float32), _SAMPLE_RATE)


def noise_like_speech(rng: np.random.Generator, text: str, *question: object) -> Audio:
    """White noise of about the length of speech."""
    frames = _SAMPLE_RATE // 2 + _SAMPLE_RATE * len(text) // 15
    return Audio((0.1 * rng.standard_normal(frames)).astype(np.float32), _SAMPLE_RATE)


def reading(reference: words.Prompt, text: str, *question: object) -> Audio:
    """The human reading of the prompt; raises `NotRunnable` if it has none."""
    if reference.reading is None:
        raise NotRunnable(f"{text[:40]!r} has no human reading to answer with; name one in the row's column audio")
    return reference.reading


CAPABILITY = Capability(
    name="tts",
    title="Speech synthesis",
    call="synthesize(text: str) -> Audio",
    answer="Audio, mono",
    view=SPEECH,
    inputs=(("text", "text"),),
    columns=(
        Column("text", "what to say", aliases=columns.TEXT_ALIASES),
        LANGUAGE,
        Column("audio", "path of a human reading of it: what the oracle answers with", required=False),
    ),
    metrics=(words.ROUND_TRIP_WER, quality.MOS, words.SECOND_ROUND_TRIP_WER, words.ROUND_TRIP_CER),
    grade_thresholds=(0.03, 0.07, 0.15, 0.35),
    reference=_reference,
    problems=spoken_problems,
    example=_example,
    null=silence,
    chance=noise_like_speech,
    ideal=reading,
    ask=say,
    hub_task="text-to-speech",
)
