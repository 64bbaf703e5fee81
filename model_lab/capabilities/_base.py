"""What a capability is: a question, the type of its answer, how answers are judged, and an example with exact truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from model_lab import languages
from model_lab.errors import BadManifest, ContractBroken
from model_lab.metrics._base import Metric
from model_lab.types import Audio, Label, declaration_problem
from model_lab.views import View
from model_lab.views.fallback import FALLBACK

Row = Mapping[str, Any]
"""One line of a dataset manifest."""

Resolve = Callable[[str], Path]
"""Turns a path that a manifest row names into a real one inside the dataset's folder; `BadManifest` if it is not."""


INPUTS = ("audio", "text", "number")
"""The kinds of inputs that a question can have."""

Sounds = Literal["one", "named", "named lists"]
"""How the sounds of an audio input stand in a row: a path, ``{name: path}`` or ``{name: [path, ...]}``."""


@dataclass(frozen=True)
class Column:
    """A column of a capability's manifest: its name, what it holds, and whether a row may leave it out.

    Attributes:
        name: The key in a row.
        meaning: What it holds, for documentation and messages.
        required: Whether every row with a reference has it.
        aliases: Names under which other tools know the same thing: a row that has one of them in its place is refused.
        names: It holds the name of a class or a speaker, which has one spelling in the whole manifest.
        constant: It is the same in every row.
        sounds: Of a column that is an audio input: ``"one"`` sound (a path), or several with a name each, as ``"named"``
            (``{name: path}``) or ``"named lists"`` (``{name: [path, ...]}``).
        typed: It is the whole reference, as a text that a person can type beside a sound that they try out.
    """

    name: str
    meaning: str
    required: bool = True
    aliases: tuple[str, ...] = ()
    names: bool = False
    constant: bool = False
    sounds: Sounds = "one"
    typed: bool = False

    @property
    def several(self) -> bool:
        """Whether it takes several sounds, each with a name."""
        return self.sounds != "one"


LANGUAGE = Column(
    "language",
    "a language tag (ISO 639 or BCP 47: en, en-US, yue); en if absent",
    required=False,
    aliases=("lang", "locale", "language_code", "lang_id"),
)


def language_of(row: Row) -> str:
    """The canonical code of the language that a row names, English if it names none; `BadManifest` if what it names is none."""
    return language_code(row.get(LANGUAGE.name, languages.ENGLISH), LANGUAGE.name)


def language_code(tag: Any, column: str) -> str:
    """The canonical code of a language tag in ``column``; `BadManifest` if it names no language."""
    try:
        return languages.canonical(tag)
    except ValueError as error:
        raise BadManifest(f"column {column!r}: {error}") from None


@dataclass(frozen=True)
class Example:
    """A synthetic question with exact truth, for the common checks.

    ``surprise(answer)`` returns what is wrong with a *good* model's answer ("" if nothing): only what the exact truth
    of this synthetic input settles. Capabilities that synthetic sound cannot test (recognising words) return "".
    """

    inputs: tuple[Any, ...]
    reference: Any
    surprise: Callable[[Any], str] = lambda answer: ""


@dataclass(frozen=True)
class Perturbable:
    """What may be done to the sound of a capability's questions, and how its reference moves with it.

    Attributes:
        speech: The sound is speech, so that other recordings of a dataset make babble.
        at_speed: ``(reference, factor) -> reference`` of the same sound played ``factor`` times as fast, as from a tape; put together
            from the parts in `capabilities._at_speed`. None: it is not known, and nothing is evaluated at another speed.
        never: Why the sound may not be perturbed at all, as the end of a sentence ("its reference is ..."); empty if it may.
    """

    speech: bool = False
    at_speed: Callable[[Any, float], Any] | None = None
    never: str = ""


@dataclass(frozen=True)
class Capability:
    """One question that models answer.

    ``call``: the Python signature, for the documentation. ``inputs``: the kinds of its positional inputs, each
    ``"audio"`` (a column naming a sound file, or a list or an object of names, which becomes a list or dict of `Audio`),
    ``"text"`` or ``"number"``, paired with the manifest column that holds it.
    ``reference(row, resolve)`` reads the truth of a manifest row; it may raise `KeyError` for a missing column.
    ``latest(truth)`` is the second at which the last thing in the truth ends, 0 where it has no times: it is to be within ``audio``.
    ``problems(answer, *inputs)`` lists what breaks the answer's type or ranges: run after every answer.
    ``null`` / ``chance`` / ``ideal`` are the answers of the baseline models: nothing, chance (a NumPy generator first),
    and the truth itself (the reference first). ``ask(call, *inputs)`` puts the question to a loaded model's call, where that
    is more than calling it. ``settled(answer)`` is the part of an answer that the same question must bring again.
    ``language``: the column that says in which language a question is; empty where none does: the language is what is asked,
    or is that of something else in the sound.
    ``untouched``: what the null answer is called where that is the input as it is, a yardstick for every model; else empty.
    ``grade_thresholds``: the worst values of the primary metric, in its own unit, that still earn an A, B, C and D; without them
    answers are scored and ranked, and not graded.
    ``view``: how the question, its reference and its answers are described, drawn and compared (`model_lab.views`); without one,
    answers of the types of `model_lab.types` are shown by their kind, others as JSON. Raises `ContractBroken` for what cannot be a capability.

    What it says of its data: ``answer_types`` are the types of its own that its answers are made of, frozen dataclasses (those of
    `model_lab.types` need not be named); their fields hold numbers, texts, tuples, dicts with text keys, arrays and such types.
    ``perturbable``: what may be done to its sound. ``names_every_class``: every answer names all classes that the model knows.

    ``exports``: which file formats (`model_lab.formats`, by name) hold an answer, each with a function ``convert(answer, duration)``
    that returns the answer in the format's neutral form; ``_exports`` has those that capabilities share.
    ``hub_task``: the task's name on the Hugging Face hub (huggingface.co/tasks); empty if the hub has none, and the capability's own
    name is written there.
    """

    name: str
    title: str
    call: str
    answer: str
    inputs: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    reference: Callable[[Row, Resolve], Any]
    problems: Callable[..., list[str]]
    example: Callable[[], Example]
    null: Callable[..., Any]
    chance: Callable[..., Any]
    ideal: Callable[..., Any]
    ask: Callable[..., Any] = lambda call, *inputs: call(*inputs)
    settled: Callable[[Any], Any] = lambda answer: answer
    latest: Callable[[Any], float] = lambda truth: 0.0
    language: str = "language"
    untouched: str = ""
    grade_thresholds: tuple[float, float, float, float] | None = None
    view: View = FALLBACK

    # its data
    answer_types: tuple[type, ...] = ()
    perturbable: Perturbable = Perturbable()
    names_every_class: bool = False

    exports: Mapping[str, Callable[[Any, float], Any]] = field(default_factory=dict, hash=False)
    hub_task: str = ""

    def __post_init__(self) -> None:
        if problem := next(self._faults(), ""):
            raise ContractBroken(f"capability {self.name!r}: {problem}")

    def _faults(self) -> Iterator[str]:
        if not self.metrics or not all(isinstance(metric, Metric) for metric in self.metrics):
            yield f"metrics is {self.metrics!r}; expected at least one Metric, the primary one first"
        if not all(isinstance(column, Column) for column in self.columns):
            yield f"columns is {self.columns!r}; expected a tuple of Column"
        columns = {column.name for column in self.columns}
        for kind, column in self.inputs:
            if kind not in INPUTS or column not in columns:
                yield f"an input is {(kind, column)!r}; expected one of {', '.join(INPUTS)}, and the name of one of its columns"
        for name in ("reference", "problems", "example", "null", "chance", "ideal", "ask", "settled"):
            if not callable(getattr(self, name)):
                yield f"{name} is {getattr(self, name)!r}; expected a function"
        if not isinstance(self.view, View):
            yield f"view is {self.view!r}; expected a View of model_lab.views"
        yield from self._export_faults()
        if self.grade_thresholds is not None and (problem := threshold_problem(self.grade_thresholds)):
            yield f"grade_thresholds is {self.grade_thresholds!r}; {problem}"
        yield from self._data_faults()

    def _data_faults(self) -> Iterator[str]:
        """What is wrong with what it says of its data."""
        if not isinstance(self.answer_types, tuple):
            yield f"answer_types is {self.answer_types!r}; expected a tuple of frozen dataclasses"
        yield from filter(None, map(declaration_problem, self.answer_types))
        names = [kind.__name__ for kind in self.answer_types]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            yield f"answer_types has two types called {twice}; expected a name of its own for each"
        if not isinstance(self.perturbable, Perturbable):
            yield f"perturbable is {self.perturbable!r}; expected a Perturbable"
        elif self.perturbable.at_speed is not None and not callable(self.perturbable.at_speed):
            yield f"perturbable.at_speed is {self.perturbable.at_speed!r}; expected a function, or None"
        for column in self.columns:
            if column.sounds not in get_args(Sounds):
                yield f"column {column.name!r} has sounds={column.sounds!r}; expected one of {', '.join(get_args(Sounds))}"

    def column(self, name: str) -> Column:
        """The column called ``name``; raises `KeyError` if this capability has none."""
        return {column.name: column for column in self.columns}[name]

    @property
    def hears(self) -> bool:
        """Whether sound goes into it."""
        return any(kind == "audio" for kind, _ in self.inputs)

    def _export_faults(self) -> Iterator[str]:
        if not isinstance(self.exports, Mapping) or not all(isinstance(name, str) for name in self.exports):
            yield f"exports is {self.exports!r}; expected the names of formats, each with a function"
        elif wrong := next((name for name, convert in self.exports.items() if not callable(convert)), None):
            yield f"exports[{wrong!r}] is {self.exports[wrong]!r}; expected a function of an answer and a duration"
        if not isinstance(self.hub_task, str):
            yield f"hub_task is {self.hub_task!r}; expected the name of a task of the Hugging Face hub"

    @property
    def primary(self) -> Metric:
        """The metric that ranks a scorecard."""
        return self.metrics[0]

    def metric(self, name: str) -> Metric:
        """The metric called ``name``; raises `KeyError` if this capability has none."""
        return {metric.name: metric for metric in self.metrics}[name]


def threshold_problem(thresholds: Sequence[float]) -> str:
    """What is wrong with the thresholds of a grade, from A to D.

    >>> threshold_problem((0.05, 0.1, 0.2, 0.4)), threshold_problem((3, 1, 2, 0))
    ('', 'expected them to rise or to fall from A to D, four numbers')
    """
    given = list(thresholds)
    fine = len(given) == 4 and all(isinstance(number, (int, float)) for number in given)
    return (
        ""
        if fine and given in (sorted(given), sorted(given, reverse=True))
        else "expected them to rise or to fall from A to D, four numbers"
    )


def audio_problems(answer: Any, what: str = "answer") -> list[str]:
    """What keeps ``answer`` from being usable `Audio`: a wrong type, no frames, NaN or infinite samples."""
    if not isinstance(answer, Audio):
        return [f"{what} is a {type(answer).__name__}; expected Audio"]
    if answer.frames == 0:
        return [f"{what} holds 0 samples"]
    if not np.isfinite(answer.samples).all():
        return [f"{what} holds NaN or infinite samples"]
    return []


def span_problems(spans: Any, kind: type, limit: float) -> list[str]:
    """What is wrong with a list of ``kind`` (each with ``start`` and ``end`` in seconds) within ``0..limit`` (+-0.1 s)."""
    if not isinstance(spans, (list, tuple)):
        return [f"answer is a {type(spans).__name__}; expected a list of {kind.__name__}"]
    if wrong := [span for span in spans if not isinstance(span, kind)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected {kind.__name__}"]
    return [
        f"{kind.__name__} {span.start:.3f}-{span.end:.3f} s is not inside 0-{limit:.3f} s with start < end"
        for span in spans
        if not (-0.1 <= span.start < span.end <= limit + 0.1)
    ][:3]


def label_problems(answer: Any, *inputs: Any) -> list[str]:
    """What is wrong with a list of `Label`: a wrong type, scores outside 0..1 or not falling, a name that is there twice."""
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Label"]
    if wrong := [label for label in answer if not isinstance(label, Label)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Label"]
    if outside := [label for label in answer if not 0.0 <= label.score <= 1.0]:
        return [f"{outside[0].name!r} has the score {outside[0].score}; expected 0 to 1"]
    if any(later.score > earlier.score for earlier, later in pairwise(answer)):
        return ["scores do not fall; expected the most likely class first"]
    names = {label.name for label in answer}
    return [f"{len(answer) - len(names)} names are there twice; expected each class once"] if len(names) < len(answer) else []
