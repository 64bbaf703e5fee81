"""The definition of a capability: its call, the type of its answer, metrics, columns of a manifest, and a synthetic example.

`Capability` is all that a file in ``capabilities/`` defines. The functions at the end check answers of types that several
capabilities share.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import InitVar, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from model_lab import languages
from model_lab.capabilities._grading import Grading
from model_lab.capabilities._in_words import in_words_problem
from model_lab.errors import BadManifest, ContractBroken
from model_lab.metrics._base import Metric
from model_lab.types import Audio, Label, declaration_problem
from model_lab.views import View
from model_lab.views.fallback import FALLBACK

Row = Mapping[str, Any]
"""One line of a dataset manifest."""

Resolve = Callable[[str], Path]
"""Resolves a path in a manifest row to a file inside the dataset's folder; raises `BadManifest` if there is none."""

INPUTS = ("audio", "text", "number")
"""The kinds of inputs that a call can have."""

_RENAMED = (
    "grade_thresholds={0} is now grading=Grading({0}, reason=..., source=...); use that: the next release has only the new name"
)

Sounds = Literal["one", "named", "named lists"]
"""How a row gives the sounds of an audio input: a path, ``{name: path}`` or ``{name: [path, ...]}``."""


@dataclass(frozen=True)
class Column:
    """A column of a capability's manifest.

    Attributes:
        name: Key in a row.
        meaning: What it holds, for documentation and messages.
        required: Whether every row with a reference has it.
        aliases: Names that other tools use for the same column. A row with one of them in its place is rejected, with this name in
            the message.
        names: Whether it holds the name of a class or a speaker, which must have one spelling in the whole manifest.
        constant: Whether it must be the same in every row.
        sounds: Form of an audio input: ``"one"`` (a path), ``"named"`` (``{name: path}``) or ``"named lists"``
            (``{name: [path, ...]}``).
        typed: Whether it is the whole reference, as text that a user can type when trying a model on a recording.
        file: Whether it names one file or several, as those of audio inputs always do.
    """

    name: str
    meaning: str
    required: bool = True
    aliases: tuple[str, ...] = ()
    names: bool = False
    constant: bool = False
    sounds: Sounds = "one"
    typed: bool = False
    file: bool = False

    @property
    def several(self) -> bool:
        """Whether it holds several named sounds.

        Returns:
            False for ``sounds="one"``, else True.
        """
        return self.sounds != "one"


LANGUAGE = Column(
    "language",
    "a language tag (ISO 639 or BCP 47: en, en-US, yue); en if absent",
    required=False,
    aliases=("lang", "locale", "language_code", "lang_id"),
)


def language_of(row: Row) -> str:
    """The language of a row.

    Args:
        row: Row of a manifest.

    Returns:
        Canonical code of the tag in column ``language`` (`model_lab.languages`); ``en`` if the column is absent.

    Raises:
        BadManifest: The tag is no language.
    """
    return language_code(row.get(LANGUAGE.name, languages.ENGLISH), LANGUAGE.name)


def language_code(tag: Any, column: str) -> str:
    """The canonical code of a language tag.

    Args:
        tag: Value of the column: ISO 639 or BCP 47 (en, en-US, yue).
        column: Name of the column, for the message.

    Returns:
        Canonical code (`model_lab.languages`).

    Raises:
        BadManifest: ``tag`` is no language.
    """
    try:
        return languages.canonical(tag)
    except ValueError as error:
        raise BadManifest(f"column {column!r}: {error}") from None


@dataclass(frozen=True)
class Example:
    """Synthetic inputs with an exactly known reference, for the common checks.

    Attributes:
        inputs: Positional inputs of the call.
        reference: Reference for these inputs, of the type that ``Capability.reference`` returns.
        surprise: ``surprise(answer) -> str`` says what a *good* model would not have answered, as a clause; "" if nothing. It tests
            only what the inputs settle: where synthetic sound cannot test a capability, it always returns "".
    """

    inputs: tuple[Any, ...]
    reference: Any
    surprise: Callable[[Any], str] = lambda answer: ""


@dataclass(frozen=True)
class Perturbable:
    """How the sound of a capability's inputs may be perturbed, and how its reference changes with it.

    Attributes:
        speech: Whether the sound is speech, so that other recordings of a dataset can be mixed to babble.
        at_speed: ``at_speed(reference, factor) -> reference`` for the same sound played ``factor`` times as fast (above 0), pitch
            included; composed of the functions in `capabilities._at_speed`. None if it is unknown: the capability is then skipped
            under changes of speed.
        never: Why the sound may not be perturbed at all, as the end of a sentence ("its reference is ..."); empty if it may.
    """

    speech: bool = False
    at_speed: Callable[[Any, float], Any] | None = None
    never: str = ""


@dataclass(frozen=True)
class Agreement:
    """How two answers to one sample are compared: a metric of the capability, with one of the answers as its reference.

    Attributes:
        as_reference: ``as_reference(answer, reference) -> reference`` is the answer in the form of the reference, which gives what else a
            reference holds (language, classes); None for an answer that can be no reference, such as an empty one.
        agree: Worst value of the metric, in its unit, at which two answers say the same.
        differ: Best value, in the same unit, at which an answer says something else than the reference.
        metric: Name of the metric, which must have a value on a single sample and needs no judge; empty for the primary one.
    """

    as_reference: Callable[[Any, Any], Any]
    agree: float
    differ: float
    metric: str = ""


@dataclass(frozen=True)
class Capability:
    """A task for models: one call, and everything that belongs to it.

    A file ``capabilities/NAME.py`` defines one as ``CAPABILITY``. Three functions are the baseline models: ``null`` (an empty answer),
    ``chance`` (a random one) and ``ideal`` (the reference itself, which must reach the best value of the primary metric).

    Attributes:
        name: Identifier, equal to the name of its file: ``asr``.
        title: Name in tables and pages: ``Speech recognition``.
        call: Python signature of the call, for the documentation: ``transcribe(audio: Audio) -> Transcript``.
        answer: Type of the answer, for the documentation, with units and ranges.
        inputs: ``(kind, column)`` of each positional input of the call. The kind is ``"audio"`` (the column holds the path of a
            sound file, or names with paths, which become a dict of `Audio`), ``"text"`` or ``"number"``.
        columns: Columns of a manifest, those of the inputs and of the reference.
        metrics: Metrics, the primary one first: it ranks models and is graded.
        scorers: Scorer routes: other computations of its error, which `model-lab rescore` computes from stored answers on demand. They need
            no judge, and their names are none of those of ``metrics``.
        reference: ``reference(row, resolve)`` reads the reference from a manifest row. It raises `KeyError` for a missing column and
            `BadManifest` for a value that cannot be one.
        problems: ``problems(answer, *inputs) -> list[str]`` lists what is wrong with the type, shape or range of an answer; empty if
            nothing. It checks every answer before it is stored.
        example: Returns the synthetic `Example`.
        null: ``null(*inputs)`` returns the empty answer.
        chance: ``chance(rng, *inputs)`` returns a random answer, drawn from a `numpy.random.Generator`.
        ideal: ``ideal(reference, *inputs)`` returns the perfect answer.
        ask: ``ask(call, *inputs)`` runs a loaded model's call; needed where that is more than calling it, as for sessions.
        settled: ``settled(answer)`` returns the part of an answer that a deterministic model must repeat for the same inputs.
        latest: ``latest(reference)`` returns when the last event of the reference ends, in seconds; 0 if it has no times. It must lie
            within the recording in column ``audio``.
        language: Column with the language of a row, by which results are broken down; empty if none has it, as where the language is
            what models predict.
        untouched: Name of the unprocessed input where ``null`` returns it ("noisy input"): a baseline that every model is compared
            with. Empty for other capabilities.
        grading: What of the primary metric is graded, its thresholds, their reason and source. None: answers are scored and ranked, but
            not graded.
        in_words: Clause about the value of the primary metric, for readers who do not know the metric, with one field: ``{in_100}`` of a
            ratio ("about 3 in 100"), or ``{value}`` with its unit ("about 9 dB"). Empty: the metric's title stands in its place.
        view: How inputs, references and answers are described, drawn and compared (`model_lab.views`). The default shows types of
            `model_lab.types` by their kind and others as JSON.
        answer_types: The capability's own types that its answers consist of: frozen dataclasses whose fields hold numbers, texts,
            tuples, dicts with text keys, arrays, and such types. Those of `model_lab.types` need not be listed.
        perturbable: How the sound of its inputs may be perturbed.
        names_every_class: Whether every answer names all classes that the model knows.
        exports: File format (a name of `model_lab.formats`) -> ``convert(answer, duration)``, which returns the answer in the format's
            neutral form; ``capabilities._exports`` has conversions to share. ``duration`` is in seconds.
        agreement: How two answers are compared, which finds references that good models contradict with one voice. None where no metric
            can compare two answers.
        hub_task: Name of the task on the Hugging Face hub (huggingface.co/tasks); empty if it has none, then ``name`` is written.

    Raises:
        ContractBroken: A field has a value that it cannot have.
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
    scorers: tuple[Metric, ...] = ()
    settled: Callable[[Any], Any] = lambda answer: answer
    latest: Callable[[Any], float] = lambda reference: 0.0
    language: str = "language"
    untouched: str = ""
    grading: Grading | None = None
    in_words: str = ""
    view: View = FALLBACK

    answer_types: tuple[type, ...] = ()
    perturbable: Perturbable = Perturbable()
    names_every_class: bool = False

    exports: Mapping[str, Callable[[Any, float], Any]] = field(default_factory=dict, hash=False)
    agreement: Agreement | None = None
    hub_task: str = ""

    grade_thresholds: InitVar[tuple[float, float, float, float] | None] = None
    """Deprecated: ``grading=Grading(thresholds)``."""

    def __post_init__(self, grade_thresholds: tuple[float, float, float, float] | None) -> None:
        if grade_thresholds is not None:
            warnings.warn(_RENAMED.format(grade_thresholds), DeprecationWarning, 3)
            object.__setattr__(self, "grading", self.grading or Grading(grade_thresholds))
        if problem := next(self._faults(), ""):
            raise ContractBroken(f"capability {self.name!r}: {problem}")

    def _faults(self) -> Iterator[str]:
        if not self.metrics or not all(isinstance(metric, Metric) for metric in self.metrics):
            yield f"metrics is {self.metrics!r}; expected at least one Metric, the primary one first"
        yield from self._scorer_faults()
        if not all(isinstance(column, Column) for column in self.columns):
            yield f"columns is {self.columns!r}; expected a tuple of Column"
        columns = {column.name for column in self.columns}
        for kind, column in self.inputs:
            if kind not in INPUTS or column not in columns:
                yield f"an input is {(kind, column)!r}; expected one of {', '.join(INPUTS)}, and the name of one of its columns"
        if self.agreement and self.agreement.metric and self.agreement.metric not in {metric.name for metric in self.metrics}:
            yield f"agreement names the metric {self.agreement.metric!r}; expected one of its metrics, or none for the primary one"
        for name in ("reference", "problems", "example", "null", "chance", "ideal", "ask", "settled"):
            if not callable(getattr(self, name)):
                yield f"{name} is {getattr(self, name)!r}; expected a function"
        if not isinstance(self.view, View):
            yield f"view is {self.view!r}; expected a View of model_lab.views"
        yield from self._export_faults()
        if not isinstance(self.grading, Grading | None):
            yield f"grading is {self.grading!r}; expected a Grading, or None"
        elif self.grading:
            metric = self.metrics[0]
            for fault in self.grading.faults(metric.higher_is_better, metric.best, self.untouched):
                yield f"grading.{fault}"
        if self.in_words and (problem := in_words_problem(self.in_words, self.primary)):
            yield f"in_words is {self.in_words!r}; {problem}"
        yield from self._data_faults()

    def _scorer_faults(self) -> Iterator[str]:
        if not isinstance(self.scorers, tuple) or not all(isinstance(scorer, Metric) for scorer in self.scorers):
            yield f"scorers is {self.scorers!r}; expected a tuple of Metric"
            return
        names = [metric.name for metric in (*self.metrics, *self.scorers)]
        if twice := next((scorer.name for scorer in self.scorers if names.count(scorer.name) > 1), ""):
            yield f"there are two metrics or scorers called {twice!r}; expected a name of its own for each"
        if judged := next((scorer.name for scorer in self.scorers if scorer.judge), ""):
            yield f"scorer {judged!r} has a judge; expected a computation from answers alone: make it one of metrics"

    def _data_faults(self) -> Iterator[str]:
        """Faults in the fields that describe its data."""
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
        """Look a column up.

        Args:
            name: Name of the column.

        Returns:
            The column; `KeyError` if this capability has none of that name.
        """
        return {column.name: column for column in self.columns}[name]

    @property
    def hears(self) -> bool:
        """Whether a model is given sound.

        Returns:
            True if one of the inputs is audio.
        """
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
        """The metric that ranks models.

        Returns:
            The first of ``metrics``.
        """
        return self.metrics[0]

    def ranked_by(self, name: str) -> Capability:
        """The capability on data that its primary metric cannot rank on.

        Args:
            name: Name of the metric that ranks; "": the primary one.

        Returns:
            The capability with that metric first, and without thresholds of grades, which are those of another metric; itself if that
                metric is the first already. `KeyError` if it has no metric of that name.
        """
        if name in ("", self.primary.name):
            return self
        others = tuple(metric for metric in self.metrics if metric.name != name)
        return replace(self, metrics=(self.metric(name), *others), grading=None, in_words="")

    def metric(self, name: str) -> Metric:
        """Look a metric up.

        Args:
            name: Name of the metric.

        Returns:
            The metric; `KeyError` if this capability has none of that name.
        """
        return {metric.name: metric for metric in self.metrics}[name]


def audio_problems(answer: Any, what: str = "answer") -> list[str]:
    """Check that an answer is usable sound.

    Args:
        answer: Answer, or part of one.
        what: Its name in messages.

    Returns:
        At most one problem: another type than `Audio`, no frames, NaN or infinite samples.
    """
    if not isinstance(answer, Audio):
        return [f"{what} is a {type(answer).__name__}; expected Audio"]
    if answer.frames == 0:
        return [f"{what} holds 0 samples"]
    if not np.isfinite(answer.samples).all():
        return [f"{what} holds NaN or infinite samples"]
    return []


def span_problems(spans: Any, kind: type, limit: float) -> list[str]:
    """Check that an answer is a list of segments inside the sound.

    Args:
        spans: Answer.
        kind: Type of the items, which have ``start`` and ``end`` in seconds: `Segment`, `Turn`, `Detection`.
        limit: Duration of the sound in seconds; 0.1 s beyond either end are tolerated.

    Returns:
        At most three problems: another type, times outside the sound, an end that does not follow its start.
    """
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
    """Check that an answer is a list of classes with scores.

    Args:
        answer: Answer.
        *inputs: Inputs of the call, which this does not need.

    Returns:
        At most one problem: another type than a list of `Label`, scores outside 0 to 1 or not descending, a class listed twice.
    """
    if not isinstance(answer, (list, tuple)):
        return [f"answer is a {type(answer).__name__}; expected a list of Label"]
    if wrong := [label for label in answer if not isinstance(label, Label)]:
        return [f"answer holds a {type(wrong[0]).__name__}; expected Label"]
    if outside := [label for label in answer if not 0.0 <= label.score <= 1.0]:
        return [f"{outside[0].name!r} has the score {outside[0].score}; expected 0 to 1"]
    if any(later.score > earlier.score for earlier, later in pairwise(answer)):
        return ["scores are not in descending order; expected the most likely class first"]
    names = {label.name for label in answer}
    return [f"{len(answer) - len(names)} names are listed twice; expected each class once"] if len(names) < len(answer) else []
