"""Speech synthesis: a text read aloud."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model_lab import audio as sound
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Resolve, Row, audio_problems, language_of
from model_lab.capabilities._grading import Grading
from model_lab.errors import NotRunnable
from model_lab.metrics import quality
from model_lab.metrics import text as words
from model_lab.types import Audio, Transcript
from model_lab.typography import straight
from model_lab.views.speech import SPEECH

SENTENCE = "Hello world, this is a test."
"""Text of the synthetic example."""
_HIGHEST_PEAK = 2.0
_SAMPLE_RATE = 16000


def _reference(row: Row, resolve: Resolve) -> words.Prompt:
    human = sound.read(resolve(row["audio"])).mono() if "audio" in row else None
    return words.Prompt(Transcript(columns.text(row, "text"), language=language_of(row)), human)


def spoken_problems(answer: object, *question: object) -> list[str]:
    """Check that an answer is mono sound within full scale.

    Args:
        answer: Answer.
        *question: Inputs of the call, which this does not need.

    Returns:
        At most one problem.
    """
    if faults := audio_problems(answer):
        return faults
    assert isinstance(answer, Audio)
    if answer.samples.ndim != 1:
        return [f"answer has shape {answer.samples.shape}; expected mono"]
    peak = float(np.abs(answer.samples).max())
    return [f"answer peaks at {peak:.0f}; expected full scale to be 1"] if peak > _HIGHEST_PEAK else []


def surprise(answer: Audio) -> str:
    """Check `SENTENCE` read aloud: it must be audible, and take 0.5 to 10 s.

    Args:
        answer: Answer.

    Returns:
        What is wrong, as a clause; "" if nothing.
    """
    if not 0.5 <= answer.duration <= 10:
        return f"takes {answer.duration:.2f} s to say {SENTENCE!r}; expected 0.5 to 10 s"
    level = float(np.sqrt(np.mean(np.square(answer.samples))))
    return f"says {SENTENCE!r} at a level of {level:.1e}; expected more than 1e-3 of full scale" if level < 1e-3 else ""


def say(call: Callable[..., Audio], text: str, *question: object) -> Audio:
    """Run a synthesiser on a text with straight apostrophes and quotes: with typographic ones, many drop the end of "wasn't".

    Args:
        call: The model's call.
        text: Text to read.
        *question: Other inputs of the call.

    Returns:
        The model's answer.
    """
    return call(straight(text), *question)


def _example() -> Example:
    return Example((SENTENCE,), words.Prompt(Transcript(SENTENCE, language="en")), surprise)


def silence(*question: object) -> Audio:
    """The empty answer.

    Args:
        *question: Inputs of the call, which this does not need.

    Returns:
        One second of digital silence, mono, 16 kHz.
    """
    return Audio(np.zeros(_SAMPLE_RATE, np.float32), _SAMPLE_RATE)


def noise_like_speech(rng: np.random.Generator, text: str, *question: object) -> Audio:
    """A random answer: white noise of about the duration of the text read aloud.

    Args:
        rng: Generator it is drawn from.
        text: Text to read.
        *question: Other inputs of the call, which this does not need.

    Returns:
        Mono, 16 kHz.
    """
    frames = _SAMPLE_RATE // 2 + _SAMPLE_RATE * len(text) // 15
    return Audio((0.1 * rng.standard_normal(frames)).astype(np.float32), _SAMPLE_RATE)


def reading(reference: words.Prompt, text: str, *question: object) -> Audio:
    """The perfect answer: the human reading of the prompt.

    Args:
        reference: Prompt, with its reading if there is one.
        text: Text to read, for the message.
        *question: Other inputs of the call, which this does not need.

    Returns:
        The reading, mono.

    Raises:
        NotRunnable: The prompt has no reading.
    """
    if reference.reading is None:
        raise NotRunnable(f"{text[:40]!r} has no human reading to answer with; name one in the row's column audio")
    return reference.reading


CAPABILITY = Capability(
    name="tts",
    title="Speech synthesis",
    in_words="{in_100} words are misheard by a recogniser that listens to the speech",
    call="synthesize(text: str) -> Audio",
    answer="Audio, mono",
    view=SPEECH,
    inputs=(("text", "text"),),
    columns=(
        Column("text", "what to say", aliases=columns.TEXT_ALIASES),
        LANGUAGE,
        Column("audio", "path of a human reading of it: the answer of the oracle", required=False, file=True),
    ),
    metrics=(
        words.ROUND_TRIP_WER.with_margin(
            0.02, "one word in fifty: half of it may be the error of the recogniser, whose own margin is one in a hundred"
        ),
        quality.MOS,
        words.SECOND_ROUND_TRIP_WER,
        words.ROUND_TRIP_CER,
    ),
    grading=Grading(
        (0.03, 0.07, 0.15, 0.35),
        reason=(
            "A listener feels words that cannot be understood. The recogniser that transcribes the speech errs on 5.7 % of "
            "LibriSpeech test-clean, so A needs speech that is clearer to it than people reading aloud; beyond D a listener "
            "loses every third word."
        ),
        source=(
            "Open ASR Leaderboard (whisper-tiny.en: 5.66 % on LibriSpeech test-clean); the steps are a convention of this bench"
        ),
    ),
    reference=_reference,
    problems=spoken_problems,
    example=_example,
    null=silence,
    chance=noise_like_speech,
    ideal=reading,
    ask=say,
    hub_task="text-to-speech",
)
