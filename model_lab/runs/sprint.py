"""A sprint: one YAML file that says which models (in lanes) are evaluated on which datasets. Planning it loads no model."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from model_lab import capabilities, datasets
from model_lab.contract import Device, ModelCard, Permitted
from model_lab.datasets import DatasetCard, build, perturbations
from model_lab.errors import BadConfig, ModelLabError, UnknownName, nearest
from model_lab.provision import gpus
from model_lab.registry import model_cards
from model_lab.results.schema import RunSpec
from model_lab.schemas import Strict, parse, read_yaml
from model_lab.workers import direct

PACKAGED = Path(str(files("model_lab.config")))
"""The files of data that come with the package."""

SPRINTS = PACKAGED / "sprints"
"""The sprints among them."""


_FEW = 12
"""More names than this are not listed in an error."""


class Dates(Strict):
    """First and last day."""

    start: date
    end: date


class Defaults(Strict):
    """What holds for every run of the sprint."""

    unassigned_agent: str = Field(default="all", description="the lane of models that no lane names")
    device: Device = "cpu"
    seed: int = 0
    timeout_s: float = Field(
        default=direct.TIMEOUT_S, gt=0, description="seconds a model has for one sample, plus ten times the sample's duration"
    )


class Agent(Strict):
    """A lane: a group of models looked at together."""

    focus: str
    include_models: tuple[str, ...] = Field(
        min_length=1, description="models, and variants of them: MODEL@OPTION=VALUE,OPTION=VALUE"
    )


class LeaderboardConfig(Strict):
    """A table of models by the datasets of one capability, with a mean over them, as benchmarks publish it."""

    metric: str = Field(description="of the capability whose datasets are its columns; its direction decides the order")
    average: Literal["macro"] = Field(default="macro", description="macro: every dataset counts the same")


class SprintConfig(Strict):
    """The schema of a sprint file. Without ``agents``, all models are in one lane."""

    id: str = Field(pattern=r"^[\w.-]+$")
    title: str
    dates: Dates | None = Field(default=None, description="none for a benchmark, which holds at any time")
    objective: str
    defaults: Defaults = Defaults()
    datasets: dict[str, tuple[str, ...]] = Field(description="capability -> dataset names")
    leaderboard: LeaderboardConfig | None = None
    agents: dict[str, Agent] = {}


def packaged() -> tuple[str, ...]:
    """The names of the sprints that come with the package."""
    return tuple(sorted(path.stem for path in SPRINTS.glob("*.yaml")))


def packaged_sprints() -> list[SprintConfig]:
    """Their contents; names in them are not looked up."""
    return [parse(SprintConfig, read_yaml(SPRINTS / f"{name}.yaml"), name) for name in packaged()]


def packaged_path(name_or_path: str) -> Path:
    """The file of that path; if there is none, the packaged sprint of that name (the folder does not matter)."""
    path = Path(name_or_path)
    return path if path.is_file() or path.stem not in packaged() else SPRINTS / f"{path.stem}.yaml"


def config(name_or_path: str) -> SprintConfig:
    """The sprint in a YAML file, or the packaged one with that name. Raises `BadConfig` for anything unknown in it."""
    path = packaged_path(name_or_path)
    parsed = parse(SprintConfig, read_yaml(path), path)
    if parsed.agents:
        _known(path, "agent", [parsed.defaults.unassigned_agent], parsed.agents)
    _known(path, "capability", parsed.datasets, capabilities.names())
    for capability, names in parsed.datasets.items():
        _known(path, "dataset", (name for name in names if not datasets.known(name)), datasets.names())
        for name in names:
            if (card := datasets.usable(name)) and card.capability != capability:
                raise BadConfig(f"{path}: dataset {name!r} is for {card.capability!r}, not {capability!r}; move it there")
    for agent in parsed.agents.values():
        _known(path, "model", (name for name in agent.include_models if not model_cards.known(name)), model_cards.names())
        for name in agent.include_models:
            _variant(path, name)
    if parsed.leaderboard:
        metrics = [metric.name for name in parsed.datasets for metric in capabilities.capability(name).metrics]
        _known(path, "metric", [parsed.leaderboard.metric], metrics)
    return parsed


def leaderboard(sprint: SprintConfig) -> dict[str, Any]:
    """The leaderboard of a sprint as its run's manifest keeps it, with the capability and datasets it is about; empty without one."""
    if sprint.leaderboard is None:
        return {}
    metric = sprint.leaderboard.metric
    capability = next(
        name for name in sprint.datasets if any(metric == own.name for own in capabilities.capability(name).metrics)
    )
    return {"capability": capability, "datasets": list(sprint.datasets[capability]), **sprint.leaderboard.model_dump()}


def _variant(path: Path, name: str) -> None:
    try:
        model_cards.canonical(name)
    except BadConfig as error:
        raise BadConfig(f"{path}: {error}") from None


@dataclass(frozen=True)
class SprintSelection:
    """Which part of a sprint to run: the lanes ``agents`` (all if none), the models with these licences, of these the ``models``
    (all if none; variants are models of their own), and with ``only`` those that the lanes name.
    """

    agents: tuple[str, ...] = ()
    permitted: Permitted = "any"
    models: tuple[str, ...] = ()
    only: bool = False


def lanes(sprint: SprintConfig, only: bool = False, asked: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Models per lane; models that no lane names are in the unassigned lane, or with ``only`` in none.

    Of those, models that are opt-in must be ``asked`` for by name.
    """
    models_of_lane = {name: tuple(map(model_cards.canonical, agent.include_models)) for name, agent in sprint.agents.items()}
    named = {model for models in models_of_lane.values() for model in models}
    if not only:
        unassigned = tuple(name for name in model_cards.names() if name not in named and (name in asked or not _opt_in(name)))
        models_of_lane[sprint.defaults.unassigned_agent] = models_of_lane.get(sprint.defaults.unassigned_agent, ()) + unassigned
    return models_of_lane


def _opt_in(name: str) -> bool:
    card = model_cards.usable(name)
    return card is not None and card.opt_in


def models(sprint: SprintConfig, choice: SprintSelection = SprintSelection()) -> list[ModelCard]:
    """The cards of the selected models, each once, lane by lane; unusable ones (see `model_cards.problems`) are left out.

    Raises `UnknownName` for a lane or a model that is not there.
    """
    per_lane = lanes(sprint, choice.only, {model_cards.card(name).base for name in choice.models})
    for agent in choice.agents:
        if agent not in per_lane:
            raise UnknownName(
                f"sprint {sprint.id} has no agent {agent!r}{nearest(agent, per_lane)}; it has: {', '.join(per_lane)}"
            )
    in_lanes = dict.fromkeys(model for lane in (choice.agents or per_lane) for model in per_lane[lane])
    chosen = [_of_lanes(name, in_lanes, sprint, choice) for name in choice.models] or list(in_lanes)
    return [
        card for model in dict.fromkeys(chosen) if (card := model_cards.usable(model)) and card.licence.allows(choice.permitted)
    ]


def _of_lanes(name: str, in_lanes: Collection[str], sprint: SprintConfig, choice: SprintSelection) -> str:
    """The model, or a variant of one, that the chosen lanes hold."""
    card = model_cards.card(name)
    if not {card.name, card.base} & set(in_lanes):
        lanes_meant = f"lane {', '.join(choice.agents)}" if choice.agents else "lanes"
        raise UnknownName(
            f"{name} is not in the {lanes_meant} of sprint {sprint.id}; leave out --agent and --only, or name another"
        )
    return card.name


def staying(cards: Iterable[ModelCard], device: str) -> list[str]:
    """A sentence about the models that run on the CPU although ``device`` is a GPU; empty if there are none."""
    if gpus.kind(device) == "cpu":
        return []
    names = [card.name for card in cards if gpus.kind(device) not in card.devices]
    many = (
        "1 model runs on the CPU, as it supports" if len(names) == 1 else f"{len(names)} models run on the CPU, as they support"
    )
    return [f"{many} no GPU: {', '.join(names)}"] if names else []


def plan(sprint: SprintConfig, choice: SprintSelection = SprintSelection(), device: str | None = None) -> list[RunSpec]:
    """Every selected (model, dataset), each once.

    With a GPU, models that support it run there, the others on the CPU: see `staying`. A dataset in none of a model's languages is
    skipped, unless one of the cards names no language. Unusable datasets are left out. Raises `UnknownName` for a lane or a model
    that is not there, and `BadConfig` for a device. A dataset that cannot be had is left out, too: see `left_out`.
    """
    kind = gpus.kind(device or sprint.defaults.device)
    cards = models(sprint, choice)
    data = [usable for names in sprint.datasets.values() for name in names for usable in _usable(name)]
    return [
        question(
            card,
            revision,
            dataset.name,
            dataset_revision,
            capability,
            kind if kind in card.devices else "cpu",
            sprint.defaults.seed,
        )
        for card, revision in ((card, model_cards.revision(card)) for card in cards)
        for capability in card.capabilities
        for dataset, dataset_revision in data
        if dataset.capability == capability and card.understands(dataset.languages)
    ]


def _usable(dataset: str) -> Iterator[tuple[DatasetCard, str]]:
    """The dataset's card with its revision, if both are available and it can be had."""
    try:
        card = datasets.card(dataset)
        if not card.unsupported_reason:
            yield card, build.revision(card)
    except ModelLabError:
        return


def left_out(sprint: SprintConfig) -> list[str]:
    """A sentence for each dataset of the sprint that cannot be had at all."""
    cards = (datasets.usable(name) for names in sprint.datasets.values() for name in names)
    return [f"dataset {card.name} is left out: {card.unsupported_reason}" for card in cards if card and card.unsupported_reason]


def spec(card: ModelCard, dataset: str, device: str) -> RunSpec:
    """The spec of one model, with the options of its card, on one registered dataset."""
    data = datasets.card(dataset)
    if data.capability not in card.capabilities:
        raise BadConfig(
            f"{card.name} cannot {data.capability!r}, which dataset {dataset!r} is for; it can: {', '.join(card.capabilities)}"
        )
    return question(card, model_cards.revision(card), dataset, build.revision(data), data.capability, gpus.kind(device))


def perturbed(specs: Iterable[RunSpec], conditions: Iterable[str]) -> list[RunSpec]:
    """``specs`` and, after each, the same under every condition that applies to it; see `refusals` for the others.

    Raises `UnknownName` or `BadConfig` for an invalid condition.
    """
    conditions = perturbations.canonical(conditions)
    return [
        variant
        for spec in specs
        for variant in (spec, *(spec.under(each) for each in conditions if not _refusal(each, spec.capability)))
    ]


def repeated(specs: Iterable[RunSpec], repeats: int) -> list[RunSpec]:
    """``specs`` and, after each of a model that varies on unperturbed audio, ``repeats`` - 1 further runs with the next seeds."""
    return [
        run
        for spec in specs
        for run in (spec, *(spec.again(number) for number in range(1, repeats if _varies(spec) and not spec.perturbation else 1)))
    ]


def told_repeats(specs: Iterable[RunSpec], repeats: int) -> list[str]:
    """A sentence about which models are repeated and which are not; empty without repeats."""
    if repeats < 2:
        return []
    by_model = {spec.model: spec for spec in specs}
    varying = [name for name, spec in by_model.items() if _varies(spec)]
    once = len(by_model) - len(varying)
    same = f"{once} {'model gives' if once == 1 else 'models give'} the same answers every time and {'is' if once == 1 else 'are'} run once"
    seed = min((spec.seed for spec in by_model.values()), default=0)
    many = f"run {repeats} times on unperturbed data, with seeds {seed} to {seed + repeats - 1}: {', '.join(varying)}"
    return [*([many] if varying else []), *([same] if once else [])]


def _varies(spec: RunSpec) -> bool:
    return model_cards.configured(spec.model, spec.options).varies


def refusals(specs: Iterable[RunSpec], conditions: Iterable[str]) -> list[str]:
    """Why conditions do not apply to some of the capabilities, one sentence each."""
    requested = sorted({spec.capability for spec in specs})
    return [reason for condition in conditions for capability in requested if (reason := _refusal(condition, capability))]


def _refusal(condition: str, capability: str) -> str:
    return perturbations.refusal(condition, capabilities.capability(capability))


def question(
    card: ModelCard, revision: str, dataset: str, dataset_revision: str, capability: str, device: str, seed: int = 0
) -> RunSpec:
    """The spec of one model, with the options of ``card``, on data of any origin."""
    return RunSpec(
        model=card.name,
        model_revision=revision,
        dataset=dataset,
        dataset_revision=dataset_revision,
        capability=capability,
        device=device,
        options=dict(card.options),
        seed=seed,
    )


def _known(path: Path, what: str, names: Iterable[str], known: Collection[str]) -> None:
    expected = f"it must be one of: {', '.join(known)}" if len(known) <= _FEW else f"see: model-lab list {what}s"
    for name in names:
        if name not in known:
            raise BadConfig(f"{path}: there is no {what} {name!r}{nearest(name, known)}; {expected}")
