"""The common checks: the contract, executed. Every model, capability and dataset must pass them.

A model is checked at four levels, each including those before: ``card`` (config.yaml keeps its schema), ``imports`` (its
environment stands and its loader imports), ``weights`` (it loads), ``behaviour`` (it answers each capability's synthetic
example rightly, the same twice, and refuses or survives odd sound).
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
    """One check of one thing. ``expected``: it fails, and the card says why."""

    subject: str
    check: str
    status: Status
    detail: str = ""


def check(names: Iterable[str] = (), level: str = "behaviour", starting: Starting = lambda *_: None) -> Iterator[Result]:
    """Check what is named, or everything. Raises `UnknownName` for a name nothing has, `BadConfig` for an unknown level.

    ``starting`` is told what is looked at next: its name, how many were before it, and how many there are.
    """
    chosen = tuple(names)
    require_known(chosen, level)
    wanted = [(kind, name) for kind, registered in _registered().items() for name in registered if not chosen or name in chosen]
    return _check(wanted, level, starting, everything=not chosen)


def require_known(names: Iterable[str], level: str) -> None:
    """Raises `UnknownName` for a name that nothing has, with the nearest one, and `BadConfig` for an unknown level."""
    if level not in LEVELS:
        raise BadConfig(f"--level is {level!r}{nearest(level, LEVELS)}; expected one of: {', '.join(LEVELS)}")
    for name in names:
        if not kinds_of(name):
            every = [name for registered in _registered().values() for name in registered]
            raise UnknownName(f"there is nothing to check called {name!r}{nearest(name, every)}; see: model-lab list models")


def kinds_of(name: str) -> list[str]:
    """Of what kind a name is: "capability", "dataset", "model", or several of them."""
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


def _check(wanted: Sequence[tuple[str, str]], level: str, starting: Starting, everything: bool) -> Iterator[Result]:
    if everything:
        yield from (_listed(problem) for problem in unusable.problems() if (problem.kind, problem.name) not in wanted)
    imported: list[ModelCard] = []
    for number, (kind, name) in enumerate(wanted):
        starting(name, number, len(wanted))
        if kind == "model" and level == "imports":
            card = yield from _ready(name)
            imported += [card] if card else []
        else:
            yield from check_one(kind, name, level)
    yield from _imports(imported)


def _listed(problem: Problem) -> Result:
    """A part that no name leads to: a folder, or one whose name is taken."""
    return Result(problem.name, problem.kind, "failed", problem.reason)


def check_model(name: str, level: str = "behaviour", options: Mapping[str, Any] | None = None) -> Iterator[Result]:
    """The checks of one model, up to ``level``. What needs something that is not here is skipped, with the reason.

    A model on random weights must keep the contract; what it says is not looked at.
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
    """The check of a card; its card, if more can be checked."""
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


def _behaviour(card: ModelCard, worker: Worker, asked: Capability) -> Iterator[tuple[str, str]]:
    """(check, what is wrong or "") for one capability."""
    example = asked.example()
    try:
        first = worker.ask(asked.name, example.inputs, direct.EXAMPLE_TIMEOUT_S).value
    except AnswerFailed as error:
        refused = card.kind in ("oracle", "judge", "baseline") and error.clean
        yield ANSWERS, "" if refused else str(error)
        return
    surprise = example.surprise(first) if card.kind not in ("baseline", "oracle") and not weight_paths.is_random(card) else ""
    yield ANSWERS, surprise
    if card.deterministic:
        again = worker.ask(asked.name, example.inputs, direct.EXAMPLE_TIMEOUT_S).value
        yield (
            SAME_ANSWER,
            "" if _written(asked.settled(first)) == _written(asked.settled(again)) else "two answers to one question differ",
        )
    for what, sound in _odd_sounds():
        inputs = tuple(sound if isinstance(value, Audio) else value for value in example.inputs)
        if any(isinstance(value, Audio) for value in inputs):
            yield f"survives {what}", _odd_problem(worker, asked, inputs)


def _odd_problem(worker: Worker, asked: Capability, inputs: tuple[Any, ...]) -> str:
    try:
        worker.ask(asked.name, inputs, direct.EXAMPLE_TIMEOUT_S)
    except AnswerFailed as error:
        return "" if error.clean else f"ends in {error}; raise a ModelLabError that says what it cannot do"
    except WorkerFailed as error:
        worker.close()
        worker.start()
        return str(error)
    return ""


def _odd_sounds() -> Iterator[tuple[str, Audio]]:
    """Sound that people really have: too short, silent, other rates, more channels, offset, clipped."""
    seconds = 1.2  # above the second that models ask for at least; of 1.0 s DNSMOS would make seven windows, of this it makes one
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
    """What the odd sounds are called."""
    return [name for name, _ in _odd_sounds()]


def _written(answer: Any) -> str:
    """As text, in which NaN is the same as NaN."""
    return repr(encode(answer, lambda array: array.tolist()))


def _card_problem(card: ModelCard) -> str:
    if not card.unsupported_reason and not (card.folder / "loader.py").is_file():
        return f"{card.folder} has no loader.py"
    if card.kind == "neural" and not card.parameters and not card.unsupported_reason:
        return "a neural model must say its number of parameters"
    if card.weights.kind == "wheel" and not card.weights.files:
        return "weights of kind wheel must name their files"
    return ""


def _verdict(card: ModelCard, what: str, problem: str) -> Result:
    if not problem:
        return Result(card.name, what, "passed")
    if what in card.expected_failures:
        return Result(card.name, what, "expected", f"{card.expected_failures[what]} ({problem})")
    return Result(card.name, what, "failed", problem)


def check_capability(name: str) -> Iterator[Result]:
    """The checks of one capability file: its parts fit together on its own example."""
    try:
        with translate_errors(f"capability {name}"):
            yield from _capability(name)
    except ModelLabError as error:
        yield Result(name, "capability", "failed", str(error))


def _capability(name: str) -> Iterator[Result]:
    asked = capability(name)
    example = asked.example()
    rng = np.random.default_rng(0)
    null = asked.ask(asked.null, *example.inputs)
    chance = asked.ask(partial(asked.chance, rng), *example.inputs)
    problems = [*asked.problems(null, *example.inputs), *asked.problems(chance, *example.inputs)]
    yield Result(name, KEEPS_CONTRACT, "failed" if problems else "passed", "; ".join(problems))
    for metric in asked.metrics:
        if metric.judge is None:
            yield Result(name, of_truth(metric), *_of_truth(asked, metric, example, (null, chance)))


def of_truth(metric: Metric) -> str:
    """What the check of a metric on the truth itself is called."""
    return f"{metric.name} of the truth itself"


def _of_truth(asked: Capability, metric: Metric, example: Example, others: Iterable[Any]) -> tuple[Status, str]:
    """The truth, given as the answer, must score no worse than nothing and chance do (or the metric be undefined here)."""
    try:
        ideal = asked.ask(partial(asked.ideal, example.reference), *example.inputs)
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
    """The checks of one dataset card: its schema, and where they have been built its samples, their truth and their clusters.

    At the level ``behaviour`` models that name classes are asked what they can name, too.
    """
    try:
        card = datasets.card(name)
    except ModelLabError as error:
        yield Result(name, "card", "failed", str(error))
        return
    yield Result(name, "card", "passed")
    try:
        if card.source.kind == "manifest":
            build.revision(card)  # says what is missing
        elif not build.ready(card):
            yield Result(name, "samples", "skipped", f"not built; run: model-lab fetch {name}")
            return
        samples = build.samples(card, "full")
        yield Result(name, "samples", "passed")
        yield Result(name, "truth", *_truth(samples))
        yield Result(name, "clusters", *_clusters(card, samples))
        yield from _check_classes(card, [sample.reference() for sample in samples], level)
    except ModelLabError as error:
        yield Result(name, "samples", "failed", str(error))


def _truth(samples: Sequence[Sample]) -> tuple[Status, str]:
    """Samples without truth are answered and not scored: somebody may mean it."""
    unscored = [sample for sample in samples if sample.reference() is None]
    if not unscored:
        return "passed", ""
    absent = [column for column in unscored[0].capability.columns if column.name not in unscored[0].row]
    wanted = [column.name for column in absent if column.required] or [column.name for column in absent]
    shown = ", ".join(sample.id for sample in unscored[:5]) + (", ..." if len(unscored) > 5 else "")
    return "skipped", f"{len(unscored)} of {len(samples)} samples have none: {shown}; fill in: {', '.join(wanted)}"


def _clusters(card: DatasetCard, samples: Sequence[Sample]) -> tuple[Status, str]:
    others = [
        sample.id for sample in samples if card.group == "speaker" and sample.row.get("speaker", sample.group) != sample.group
    ]
    return ("failed", f"not their speakers: {', '.join(others[:5])}") if others else ("passed", "")


def _check_classes(card: DatasetCard, truths: Sequence[Any], level: str) -> Iterator[Result]:
    """Of a dataset of classes: whether they exclude each other, and what each model that runs here has no name for."""
    known = [truth for truth in truths if isinstance(truth, ClassTruth)]
    if not known:
        return
    wrong = list(class_names.problems(known))
    yield Result(card.name, "classes", "failed" if wrong else "passed", "; ".join(wrong[:3]))
    asked = capability(card.capability)
    models = [
        model for model in model_cards.cards() if asked.name in model.capabilities and model.kind in ("neural", "algorithm")
    ]
    for model in models if level == "behaviour" and asked.names_every_class else ():
        if not preflight.verdict(model).runnable:
            continue
        said = class_names.vocabulary(model, asked)
        absent, spare = class_names.nameless(known[0].classes, said), class_names.left_over(known[0].classes, said)
        unnamed = [f"no name for {', '.join(absent)}"] * bool(absent)
        unnamed += [f"of no class: {', '.join(f'{one} ({label}?)' for one, label in spare.items())}"] * bool(spare)
        yield Result(card.name, f"names that {model.name} gives", "passed", "; ".join(unnamed))
