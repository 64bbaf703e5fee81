"""The common checks: the contract, executed. Every model, capability and dataset must pass them.

A model is checked at four levels, each including those before: ``card`` (config.yaml is valid), ``imports`` (its
environment is built and its loader imports), ``weights`` (it loads), ``behaviour`` (it answers each capability's synthetic
example correctly, twice the same, and refuses or survives unusual audio).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from model_lab import capabilities, datasets
from model_lab.authoring import class_names
from model_lab.capabilities import Capability, Example, capability
from model_lab.contract import ModelCard
from model_lab.datasets import build
from model_lab.datasets.card import DatasetCard
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig, ModelLabError, NotRunnable, UnknownName, WorkerFailed, nearest
from model_lab.extensions import Problem, translate_errors
from model_lab.metrics._base import Metric
from model_lab.metrics.labels import ClassTruth
from model_lab.provision import import_check, preflight
from model_lab.registry import model_cards, unusable, weight_paths
from model_lab.types import Audio, encode
from model_lab.workers import direct
from model_lab.workers.client import AnswerFailed, Worker

LEVELS = ("card", "imports", "weights", "behaviour")
ANSWERS, SAME_ANSWER = "answers its synthetic example", "same question, same answer"
KEEPS_CONTRACT = "null and chance answers keep the contract"

Starting = Callable[[str, int, int], object]

Status = Literal["passed", "failed", "skipped", "expected"]


@dataclass(frozen=True)
class Result:
    """The result of one check of one subject. ``expected``: it fails, and the card says why."""

    subject: str
    check: str
    status: Status
    detail: str = ""


def check(names: Iterable[str] = (), level: str = "behaviour", starting: Starting = lambda *_: None) -> Iterator[Result]:
    """Check the named models, capabilities and datasets, or all. Raises `UnknownName` or `BadConfig` for an unknown level.

    ``starting`` is called before each: with its name, its index, and the total.
    """
    chosen = tuple(names)
    require_known(chosen, level)
    subjects = [(kind, name) for kind, registered in _registered().items() for name in registered if not chosen or name in chosen]
    return _check(subjects, level, starting, everything=not chosen)


def require_known(names: Iterable[str], level: str) -> None:
    """Raises `UnknownName` with the nearest name for an unknown name, and `BadConfig` for an unknown level."""
    if level not in LEVELS:
        raise BadConfig(f"--level is {level!r}{nearest(level, LEVELS)}; expected one of: {', '.join(LEVELS)}")
    for name in names:
        if not kinds_of(name):
            every = [name for registered in _registered().values() for name in registered]
            raise UnknownName(f"there is nothing to check called {name!r}{nearest(name, every)}; see: model-lab list models")


def kinds_of(name: str) -> list[str]:
    """The kinds with that name: "capability", "dataset", "model", or several of them."""
    return [kind for kind, registered in _registered().items() if name in registered]


def _registered() -> dict[str, tuple[str, ...]]:
    return {"capability": capabilities.names(), "dataset": datasets.names(), "model": model_cards.names()}


def check_one(kind: str, name: str, level: str = "behaviour") -> Iterator[Result]:
    """All checks of one capability, dataset or model."""
    if kind == "capability":
        yield from check_capability(name)
    elif kind == "dataset":
        yield from check_dataset(name, level)
    else:
        yield from check_model(name, level)


def _check(subjects: Sequence[tuple[str, str]], level: str, starting: Starting, everything: bool) -> Iterator[Result]:
    if everything:
        yield from (_listed(problem) for problem in unusable.problems() if (problem.kind, problem.name) not in subjects)
    imported: list[ModelCard] = []
    for number, (kind, name) in enumerate(subjects):
        starting(name, number, len(subjects))
        if kind == "model" and level == "imports":
            card = yield from _ready(name)
            imported += [card] if card else []
        else:
            yield from check_one(kind, name, level)
    yield from _imports(imported)


def _listed(problem: Problem) -> Result:
    """A problem without a name of its own: a folder, or a part whose name is taken."""
    return Result(problem.name, problem.kind, "failed", problem.reason)


def check_model(name: str, level: str = "behaviour", options: Mapping[str, Any] | None = None) -> Iterator[Result]:
    """The checks of one model, up to ``level``. Checks that need something that is missing here are skipped, with the reason.

    A model with random weights must keep the contract; its answers are not compared.
    """
    card = yield from _ready(name, level, options)
    if card is None:
        return
    bad = False
    for result in _imports([card]):
        bad = bad or result.status != "passed"
        yield result
    if bad or level == "imports":
        return
    worker = Worker(card, "cpu", card.options)
    try:
        yield from _started(card, worker, level)
    finally:
        worker.close()


def _ready(
    name: str, level: str = "imports", options: Mapping[str, Any] | None = None
) -> Generator[Result, None, ModelCard | None]:
    """The check of a card; returns the card if further checks are possible."""
    try:
        card = model_cards.with_options(model_cards.card(name), dict(options or {}))
    except ModelLabError as error:
        yield Result(name, "card", "failed", str(error))
        return None
    yield _verdict(card, "card", problem := _card_problem(card))
    if level == "card" or problem:
        return None
    verdict = preflight.verdict(card, preflight.PreflightOptions(trusted=[name] if weight_paths.is_random(card) else []))
    if not verdict.runnable:
        yield Result(name, "imports", "skipped", str(verdict))
        return None
    return card


def _imports(cards: Sequence[ModelCard]) -> Iterator[Result]:
    return (_verdict(card, "imports", problem) for card, problem in import_check.problems(cards))


def _started(card: ModelCard, worker: Worker, level: str) -> Iterator[Result]:
    try:
        worker.start()
    except ModelLabError as error:
        yield _verdict(card, "weights", str(error))
        return
    yield _verdict(card, "weights", "")
    if level == "weights":
        return
    for name in card.capabilities:
        try:
            for what, problem in _behaviour(card, worker, capability(name)):
                yield _verdict(card, f"{name}: {what}", problem)
        except ModelLabError as error:
            yield _verdict(card, f"{name}: {ANSWERS}", str(error))
            return


def _behaviour(card: ModelCard, worker: Worker, capability: Capability) -> Iterator[tuple[str, str]]:
    """(check, problem or "") for one capability."""
    example = capability.example()
    try:
        first = worker.ask(capability.name, example.inputs, direct.EXAMPLE_TIMEOUT_S).value
    except AnswerFailed as error:
        refused = card.kind in ("oracle", "judge", "baseline") and error.clean
        yield ANSWERS, "" if refused else str(error)
        return
    surprise = example.surprise(first) if card.kind not in ("baseline", "oracle") and not weight_paths.is_random(card) else ""
    yield ANSWERS, surprise
    if card.deterministic:
        again = worker.ask(capability.name, example.inputs, direct.EXAMPLE_TIMEOUT_S).value
        yield (
            SAME_ANSWER,
            ""
            if _written(capability.settled(first)) == _written(capability.settled(again))
            else "two answers to the same input differ",
        )
    for what, sound in _odd_sounds():
        inputs = tuple(sound if isinstance(value, Audio) else value for value in example.inputs)
        if any(isinstance(value, Audio) for value in inputs):
            yield f"survives {what}", _odd_problem(worker, capability, inputs)


def _odd_problem(worker: Worker, capability: Capability, inputs: tuple[Any, ...]) -> str:
    try:
        worker.ask(capability.name, inputs, direct.EXAMPLE_TIMEOUT_S)
    except AnswerFailed as error:
        return "" if error.clean else f"ends in {error}; raise a ModelLabError that says what the model does not support"
    except WorkerFailed as error:
        worker.close()
        worker.start()
        return str(error)
    return ""


def _odd_sounds() -> Iterator[tuple[str, Audio]]:
    """Unusual audio as users have it: too short, silent, other sample rates, more channels, constant offset, clipped."""
    seconds = 1.2  # above the minimum of one second that some models need; DNSMOS makes seven windows of 1.0 s and one of this
    rng = np.random.default_rng(0)

    def noise(rate: int, *channels: int) -> Audio:
        return Audio((0.1 * rng.standard_normal((*channels, round(seconds * rate)))).astype(np.float32), rate)

    usual = noise(16000)
    yield "10 ms", Audio(usual.samples[:160], 16000)
    yield "one sample", Audio(usual.samples[:1], 16000)
    yield "digital silence", Audio(np.zeros_like(usual.samples), 16000)
    yield "8 kHz", noise(8000)
    yield "44.1 kHz", noise(44100)
    yield "192 kHz", noise(192000)
    yield "stereo", noise(48000, 2)
    yield "5.1", noise(48000, 6)
    yield "a constant offset", Audio(np.full_like(usual.samples, 0.5), 16000)
    yield "clipping", Audio(np.clip(40 * usual.samples, -1, 1), 16000)


def odd_sound_names() -> list[str]:
    """The names of the unusual sounds."""
    return [name for name, _ in _odd_sounds()]


def _written(answer: Any) -> str:
    """An answer as text, in which NaN equals NaN."""
    return repr(encode(answer, lambda array: array.tolist()))


def _card_problem(card: ModelCard) -> str:
    if not card.unsupported_reason and not (card.folder / "loader.py").is_file():
        return f"{card.folder} has no loader.py"
    if card.kind == "neural" and not card.parameters and not card.unsupported_reason:
        return "a neural model must state its number of parameters"
    if card.weights.kind == "wheel" and not card.weights.files:
        return "weights of kind wheel must list their files"
    return ""


def _verdict(card: ModelCard, what: str, problem: str) -> Result:
    if not problem:
        return Result(card.name, what, "passed")
    if what in card.expected_failures:
        return Result(card.name, what, "expected", f"{card.expected_failures[what]} ({problem})")
    return Result(card.name, what, "failed", problem)


def check_capability(name: str) -> Iterator[Result]:
    """The checks of one capability: its parts work together on its own example."""
    try:
        with translate_errors(f"capability {name}"):
            yield from _capability(name)
    except ModelLabError as error:
        yield Result(name, "capability", "failed", str(error))


def _capability(name: str) -> Iterator[Result]:
    capability_checked = capability(name)
    example = capability_checked.example()
    rng = np.random.default_rng(0)
    null = capability_checked.ask(capability_checked.null, *example.inputs)
    chance = capability_checked.ask(partial(capability_checked.chance, rng), *example.inputs)
    problems = [*capability_checked.problems(null, *example.inputs), *capability_checked.problems(chance, *example.inputs)]
    yield Result(name, KEEPS_CONTRACT, "failed" if problems else "passed", "; ".join(problems))
    for metric in (*capability_checked.metrics, *capability_checked.scorers):
        if metric.judge is None:
            yield Result(name, of_reference(metric), *_of_reference(capability_checked, metric, example, (null, chance)))


def of_reference(metric: Metric) -> str:
    """The name of the check of a metric on the reference itself."""
    return f"{metric.name} of the reference itself"


def _of_reference(capability: Capability, metric: Metric, example: Example, others: Iterable[Any]) -> tuple[Status, str]:
    """The reference as the answer must score no worse than the null and chance answers (or the metric be undefined here)."""
    try:
        ideal = capability.ask(partial(capability.ideal, example.reference), *example.inputs)
    except NotRunnable as error:
        return "skipped", str(error)
    sign = 1 if metric.higher_is_better else -1
    best = metric.score(example.reference, ideal)
    for other in others:
        value = metric.score(example.reference, other)
        if sign * value > sign * best + 1e-6:
            return "failed", f"it is {best:.4g}, and another answer gets {value:.4g}"
    return "passed", ""


def check_dataset(name: str, level: str = "card") -> Iterator[Result]:
    """The checks of one dataset card: its schema and, if it is built, its samples, references and clusters.

    At the level ``behaviour``, the class names that models can predict are compared as well.
    """
    try:
        card = datasets.card(name)
    except ModelLabError as error:
        yield Result(name, "card", "failed", str(error))
        return
    yield Result(name, "card", "passed")
    try:
        if card.source.kind == "manifest":
            build.revision(card)  # raises if something is missing
        tier = build.largest_ready(card, "smoke")
        if not build.ready(card, tier):
            reason = card.unsupported_reason or f"not built; run: model-lab fetch {name}"
            yield Result(name, "samples", "skipped", reason)
            return
        samples = build.samples(card, tier)
        yield Result(name, "samples", "passed")
        yield Result(name, "reference", *_references(samples))
        yield Result(name, "clusters", *_clusters(card, samples))
        yield from _check_classes(card, [sample.reference() for sample in samples], level)
    except ModelLabError as error:
        yield Result(name, "samples", "failed", str(error))


def _references(samples: Sequence[Sample]) -> tuple[Status, str]:
    """Samples without a reference are evaluated and not scored, which may be intended."""
    unscored = [sample for sample in samples if sample.reference() is None]
    if not unscored:
        return "passed", ""
    absent = [column for column in unscored[0].capability.columns if column.name not in unscored[0].row]
    columns_to_fill = [column.name for column in absent if column.required] or [column.name for column in absent]
    shown = ", ".join(sample.id for sample in unscored[:5]) + (", ..." if len(unscored) > 5 else "")
    return "skipped", f"{len(unscored)} of {len(samples)} samples have none: {shown}; fill in: {', '.join(columns_to_fill)}"


def _clusters(card: DatasetCard, samples: Sequence[Sample]) -> tuple[Status, str]:
    others = [
        sample.id for sample in samples if card.group == "speaker" and sample.row.get("speaker", sample.group) != sample.group
    ]
    return ("failed", f"not their speakers: {', '.join(others[:5])}") if others else ("passed", "")


def _check_classes(card: DatasetCard, references: Sequence[Any], level: str) -> Iterator[Result]:
    """For a dataset of classes: whether they are disjoint, and which of them each model that runs here cannot name."""
    class_references = [reference for reference in references if isinstance(reference, ClassTruth)]
    if not class_references:
        return
    problems = list(class_names.problems(class_references))
    yield Result(card.name, "classes", "failed" if problems else "passed", "; ".join(problems[:3]))
    capability_checked = capability(card.capability)
    models = [
        model
        for model in model_cards.cards()
        if capability_checked.name in model.capabilities and model.kind in ("neural", "algorithm")
    ]
    for model in models if level == "behaviour" and capability_checked.names_every_class else ():
        if not preflight.verdict(model).runnable:
            continue
        vocabulary = class_names.vocabulary(model, capability_checked)
        nameless, left_over = (
            class_names.nameless(class_references[0].classes, vocabulary),
            class_names.left_over(class_references[0].classes, vocabulary),
        )
        unnamed = [f"no name for {', '.join(nameless)}"] * bool(nameless)
        unnamed += [f"matches no class: {', '.join(f'{one} ({label}?)' for one, label in left_over.items())}"] * bool(left_over)
        yield Result(card.name, f"names that {model.name} gives", "passed", "; ".join(unnamed))
