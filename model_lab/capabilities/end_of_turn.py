"""End of turn: at a pause, the probability that the speaker has finished."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real

from model_lab.capabilities import _at_speed as at_speed
from model_lab.capabilities import _columns as columns
from model_lab.capabilities._base import LANGUAGE, Capability, Column, Example, Perturbable, Resolve, Row
from model_lab.capabilities._grading import Grading
from model_lab.capabilities.enhance import speech_like
from model_lab.errors import BadManifest
from model_lab.metrics import turn_ends
from model_lab.types import Audio
from model_lab.views.numbers import NUMBER
from model_lab.views.parts import Text

_ENDED = ("endpoint_bool", "complete", "is_complete", "end_of_turn", "eot", "endpoint", "label")


def _reference(row: Row, resolve: Resolve) -> bool:
    ended = row["ended"]
    if not isinstance(ended, bool):
        raise BadManifest(f"column 'ended' is {columns.described(ended)}; expected true (the turn ended) or false")
    return ended


def _problems(answer: object, audio: Audio) -> list[str]:
    if isinstance(answer, bool) or not isinstance(answer, Real):
        return [f"answer is a {type(answer).__name__}; expected a float, the probability that the turn has ended"]
    return [] if 0 <= float(answer) <= 1 else [f"answer is {answer}; expected a probability between 0 and 1"]


def _example() -> Example:
    """A synthetic voice, which says nothing that could be finished: only the form is checked."""
    return Example((speech_like(),), True)


CAPABILITY = Capability(
    name="end_of_turn",
    title="End of turn",
    call="ends(audio: Audio) -> float",
    answer="float, probability 0 to 1 that the speaker, now pausing, has finished; the sound ends with the pause",
    view=replace(NUMBER, reference=lambda sample: [Text("the turn ended" if sample.reference else "the speaker went on")]),
    inputs=(("audio", "audio"),),
    columns=(
        columns.AUDIO,
        Column("ended", "true if the speaker's turn ended here, false if they went on", aliases=_ENDED),
        LANGUAGE,
    ),
    metrics=(
        turn_ends.AUC.with_margin(0.02, "a choice: one pair of a pause and an end in fifty"),
        turn_ends.CUT_INS,
        turn_ends.ACCURACY,
        turn_ends.FALSE_ENDS,
        turn_ends.MISSED_ENDS,
    ),
    in_words="{in_100} pairs of a pause and an end are told apart (area under the ROC curve; 50 is chance)",
    grading=Grading(
        (0.94, 0.84, 0.7, 0.4),
        measure="share",
        over="chance",
        reason=(
            "The area starts at 0.5 for a random answer, so the share of what lies between that and 1 is graded. At A, 3 of 100 pairs of "
            "a pause and an end are in the wrong order, at D 30."
        ),
        source="Hanley and McNeil 1982 (the measure); the steps are a convention of this bench",
    ),
    perturbable=Perturbable(speech=True, at_speed=at_speed.unchanged),
    reference=_reference,
    problems=_problems,
    example=_example,
    null=lambda audio: 0.5,
    chance=lambda rng, audio: float(rng.random()),
    ideal=lambda reference, audio: float(reference),
)
