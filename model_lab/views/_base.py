"""The definition of a view: functions of one capability that turn inputs, reference and answers into plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_lab.types import Audio
from model_lab.views import plain, question
from model_lab.views.parts import Part, Remark, Sound, Text
from model_lab.views.plots import Plot

NOTHING_FOUND = Remark("Nothing found.")
"""The answer that is an empty list."""


@dataclass(frozen=True)
class SampleContext:
    """A sample to show.

    Attributes:
        row: The line of the dataset's manifest; empty where it cannot be read.
        reference: Result of ``Capability.reference``; None if the row has no reference.
        seconds: Duration of its audio, more than 0.
        inputs: Kind and column of each input, as ``Capability.inputs`` has them.
    """

    row: Mapping[str, Any]
    reference: Any
    seconds: float
    inputs: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The input text, empty if there is none."""
        return str(self.row.get("text") or "")


def _question(sample: SampleContext) -> Iterable[Part]:
    return question.parts(sample.inputs, sample.row)


def _reference(sample: SampleContext) -> Iterable[Part]:
    match sample.reference:
        case str() as text:
            return [Text(text)]
        case Audio() as audio:
            return [Sound("reference", audio)]
        case value:
            return [Text(plain.as_json(value))]


def _answer(sample: SampleContext, answer: Any) -> Iterable[Part]:
    return [Text(plain.as_json(answer))]


def is_a(*kinds: type) -> Callable[[Any], bool]:
    """Whether an answer is of one of these types."""
    return lambda answer: isinstance(answer, kinds)


def list_of(kind: type) -> Callable[[Any], bool]:
    """Whether an answer is a list, which may be empty, of this type."""
    return lambda answer: isinstance(answer, (list, tuple)) and all(isinstance(item, kind) for item in answer)


@dataclass(frozen=True)
class View:
    """How one capability's question, reference and answers are shown. All functions return plain data (`parts`, `plots`).

    Attributes:
        answer: The parts that describe an answer, compared with ``sample.reference`` where that is not None. JSON by default.
        reference: The parts that describe ``sample.reference``; not called where that is None. By default a text as it is, a
            sound to play, anything else as JSON.
        fits: Whether an answer read from a file is of the type that ``answer`` and ``plot`` expect; any other is shown as JSON.
        plot: All models' answers, by model and best first, in one plot; None where nothing happens over time.
        question: The parts that describe the question; its inputs by default.
        line: A stored answer (see `types.encode`) as text that fits into a table; of any JSON value.
        as_reference: Makes a reference of the first answer, with which the others are compared where there is none.
        judged: By the capability of a metric's judge, the parts that describe the judge's own answer:
            ``judged[capability](sample, name of the judge, its answer)``.

    Example:
        >>> from model_lab.views.parts import Facts
        >>> view = View(answer=lambda sample, answer: [Facts({"level": f"{answer:.1f} dB"})], fits=is_a(float))
        >>> sample = SampleContext(row={}, reference=None, seconds=1.0)
        >>> view.answer_parts(sample, -20.0), view.answer_parts(sample, None)
        ([Facts(facts={'level': '-20.0 dB'})], [Text(text='null')])
    """

    answer: Callable[[SampleContext, Any], Iterable[Part]] = _answer
    reference: Callable[[SampleContext], Iterable[Part]] = _reference
    fits: Callable[[Any], bool] = lambda answer: True
    plot: Callable[[SampleContext, Mapping[str, Any]], Plot | None] | None = None
    question: Callable[[SampleContext], Iterable[Part]] = _question
    line: Callable[[Any], str] = plain.line
    as_reference: Callable[[Any], Any] | None = None
    judged: Mapping[str, Callable[[SampleContext, str, Any], Iterable[Part]]] = field(default_factory=dict, hash=False)

    def reference_parts(self, sample: SampleContext) -> list[Part]:
        """The parts that describe the reference, or a remark if there is none."""
        if sample.reference is None:
            return [Remark("The dataset has no reference for this sample.")]
        return list(self.reference(sample))

    def answer_parts(self, sample: SampleContext, answer: Any) -> list[Part]:
        """The parts that describe an answer of any type."""
        return list((self.answer if self.fits(answer) else _answer)(sample, answer))

    def plot_of(self, sample: SampleContext, answers: Mapping[str, Any]) -> Plot | None:
        """The answers in one plot, those of another type left out; None where there is nothing to draw."""
        fitting = {model: answer for model, answer in answers.items() if self.fits(answer)}
        if self.plot is None or all(_is_empty(answer) for answer in fitting.values()):
            return None
        return self.plot(sample, fitting)


def _is_empty(answer: Any) -> bool:
    return isinstance(answer, (list, tuple)) and not answer
