"""Sound captioning: a sentence that describes what can be heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.errors import BadManifest
from model_lab.metrics import captions
from model_lab.types import Audio
from model_lab.views.parts import Text
from model_lab.views.text import TEXT

_COMMON = (
    "A dog.",
    "A dog barks.",
    "A man is speaking.",
    "A woman is speaking while people talk in the background.",
    "Birds are chirping.",
    "Rain is falling on a roof.",
    "The wind is blowing.",
    "A car drives by.",
    "Music is playing.",
    "A bell rings.",
    "Water is running.",
    "A baby cries.",
    "A cat.",
    "A drum.",
)
"""Captions that the random baseline picks from; it does not know those of a dataset."""


def _reference(row: Row, resolve: Resolve) -> captions.CaptionTruth:
    written = row["captions"]
    if (
        not isinstance(written, list)
        or not written
        or not all(isinstance(text, str) and captions.words(text) for text in written)
    ):
        raise BadManifest(f"captions is {written!r}; expected a list of texts, at least one, each with words in it")
    return captions.CaptionTruth(tuple(written), str(row.get("id", row["audio"])))


def _problems(answer: object, audio: Audio) -> list[str]:
    return [] if isinstance(answer, str) else [f"answer is a {type(answer).__name__}; expected str"]


def _example() -> Example:
    """Two seconds of white noise, which can be described in many ways: only the form of the answer is checked."""
    noise = np.random.default_rng(0).standard_normal(32000) * 0.1
    reference = captions.CaptionTruth(("White noise.", "A constant hiss.", "Static from a radio."), "noise")
    return Example((Audio(noise.astype(np.float32), 16000),), reference)


CAPABILITY = Capability(
    name="caption",
    title="Sound captioning",
    in_words="captions get {value} of 10 points for the words that people use (CIDEr-D)",
    call="caption(audio: Audio) -> str",
    answer="str: one or more sentences in English",
    view=replace(TEXT, reference=lambda sample: [Text(caption) for caption in sample.reference.captions]),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("captions", "[text, ...]: what people wrote about it", aliases=("caption", "description", "descriptions")),
    ),
    metrics=(
        captions.CIDER_D.with_margin(0.02, "a choice: twice the last digit that papers on captions report"),
        captions.BLEU_4,
        captions.ROUGE_L,
    ),
    grading=Grading(
        (1.0, 0.7, 0.4, 0.15),
        measure="gain",
        over="chance",
        reason=(
            "CIDEr-D has no fixed scale, so the gain over a caption drawn at random is graded, which takes out words that "
            "every caption of the data has. People who describe AudioCaps reach 0.91 against each other, and systems of "
            "2019 to 2023 0.6 to 0.8."
        ),
        source="Kim et al. 2019, AudioCaps (people: CIDEr 0.913); the steps are a convention of this bench",
    ),
    perturbable=Perturbable(at_speed=at_speed.unchanged),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: "",
    chance=lambda rng, audio: str(rng.choice(_COMMON)),
    ideal=lambda reference, audio: reference.captions[0],
)
