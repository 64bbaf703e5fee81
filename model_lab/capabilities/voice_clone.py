"""Voice cloning: a text read aloud in the voice of a recording."""

from __future__ import annotations

from dataclasses import replace

from model_lab import audio as sound
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Perturbable, Resolve, Row, language_of
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.capabilities.tts import SENTENCE, noise_like_speech, reading, say, silence, spoken_problems, surprise
from model_lab.metrics import quality, speaker
from model_lab.metrics import text as words
from model_lab.types import Transcript
from model_lab.views.speech import SPEECH


def _reference(row: Row, resolve: Resolve) -> words.VoicePrompt:
    transcript = Transcript(columns.text(row, "text"), language=language_of(row))
    target = sound.read(resolve(row["audio"])).mono() if "audio" in row else None
    return words.VoicePrompt(transcript, target, voice=sound.read(resolve(row["voice"])))


def _example() -> Example:
    """A short sentence in a synthetic voice: it must be audible; similarity to the voice is not checked."""
    voice = speech_like()
    return Example((SENTENCE, voice), words.VoicePrompt(Transcript(SENTENCE, language="en"), voice=voice), surprise)


CAPABILITY = Capability(
    name="voice_clone",
    title="Voice cloning",
    in_words="the likeness to the voice to imitate is {value} (from -1 to 1)",
    call="clone(text: str, voice: Audio) -> Audio",
    answer="Audio, mono",
    view=SPEECH,
    inputs=(("text", "text"), ("audio", "voice")),
    columns=(
        Column("text", "what to say", aliases=columns.TEXT_ALIASES),
        Column(
            "voice",
            "path of a recording of the voice to say it in, relative to the manifest",
            aliases=("ref_audio", "reference_audio", "prompt_audio", "audio_prompt", "speaker_wav"),
        ),
        LANGUAGE,
        Column("audio", "path of the same speaker saying it: the answer of the oracle", required=False, file=True),
        replace(columns.SPEAKER, meaning="whose voice it is"),
    ),
    metrics=(
        speaker.SIMILARITY.with_margin(0.02, "a choice: two hundredths of the cosine"),
        speaker.SECOND_SIMILARITY,
        words.ROUND_TRIP_WER,
        quality.MOS,
    ),
    grading=Grading(
        (0.7, 0.55, 0.4, 0.2),
        measure="share",
        over="chance",
        reason=(
            "Noise with the envelope of speech has a similarity of 0.48 already, so the share of what lies above it is "
            "graded. Another recording of the same speaker reaches 0.85, a share of 0.7: A is as near as the speaker comes "
            "to himself."
        ),
        source=("Wan et al. 2018 (the embedding); 0.48 and 0.85 were measured by this bench on clone_targets (6 sentences)"),
    ),
    perturbable=Perturbable(speech=True),
    reference=_reference,
    problems=spoken_problems,
    example=_example,
    null=silence,
    chance=noise_like_speech,
    ideal=reading,
    ask=say,
)
