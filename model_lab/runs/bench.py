"""The bench: from a sprint, or one model and one dataset, to scored results in a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_lab import capabilities, datasets
from model_lab.capabilities import Capability, capability
from model_lab.contract import ModelCard
from model_lab.datasets import build, manifest, perturbations, perturbed
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig, ModelLabError, StoreError
from model_lab.provision import gpus
from model_lab.registry import model_cards
from model_lab.results.schema import Run, RunSpec
from model_lab.results.scoring import is_current, score_cell
from model_lab.results.store import RunFolder
from model_lab.runs import folders, judges, language_filter, runner, untouched
from model_lab.runs import sprint as sprints
from model_lab.runs.folders import RunOptions
from model_lab.workers import direct


def sprint(
    config: sprints.SprintConfig, choice: sprints.SprintSelection = sprints.SprintSelection(), how: RunOptions = RunOptions()
) -> RunFolder:
    """Run what is chosen of a sprint at ``how.tier`` into ``runs/<id>-<tier>``, reusing the answers that are there.

    What cannot be asked under a condition (`sprint.refusals`) is asked without it alone. Raises `BadConfig` if nothing is chosen that
    can be asked.
    """
    how = replace(how, device=how.device or config.defaults.device)
    specs = sprints.perturbed(sprints.plan(config, choice, how.device), how.conditions)
    if not specs:
        raise BadConfig(
            f"sprint {config.id} has nothing to ask the models chosen ({', '.join(card.name for card in sprints.models(config, choice)) or 'none'}): "
            f"its data are of {', '.join(config.datasets) or 'no capability'}; choose others, or add data that they can be asked about"
        )
    arguments = {
        "sprint": config.id,
        "title": config.title,
        "agents": list(choice.agents),
        "models": list(choice.models),
        "only": choice.only,
        "licence": choice.permitted,
        "seed": config.defaults.seed,
    }
    run = folders.RunLocation(how, f"{config.id}-{how.tier}", arguments)
    for sentence in sprints.staying(sprints.models(config, choice), how.device or "cpu"):
        how.watcher.say(sentence)
    _write_and_ask(run, specs, {}, config.defaults.timeout_s)
    return run.folder


def evaluate(
    model: str | Sequence[str],
    dataset: str | Path,
    options: dict[str, Any] | None = None,
    asks: str = "",
    how: RunOptions = RunOptions(),
) -> list[Run]:
    """Models, or variants of them, on one registered dataset (a name) or on the user's own data (the path of a manifest).

    ``options`` are set for each. ``asks`` names the capability where they have several and ``dataset`` is a path. Returns the scored
    runs: of each model one without a condition and one for each of ``how.conditions``. Raises `BadConfig` for a condition that
    cannot be put to the capability.
    """
    names = [model] if isinstance(model, str) else model
    cards = list(
        {card.name: card for name in names if (card := model_cards.variant(model_cards.card(name), options or {}))}.values()
    )
    samples: list[Sample] | None = None
    device = how.device or "cpu"
    arguments: dict[str, Any] = {"model": [card.name for card in cards], "dataset": str(dataset), "options": options or {}}
    if isinstance(dataset, Path):
        asked = capability(model_cards.common(cards, asks))
        samples, how = _own_data(dataset, asked, cards, how), replace(how, tier="full")
        revision = manifest.fingerprint(samples)
        clean = [
            sprints.question(card, model_cards.revision(card), dataset.stem, revision, asked.name, gpus.kind(device))
            for card in cards
        ]
        arguments["manifest"] = str(dataset.resolve())
    else:
        clean = [sprints.spec(card, dataset, device) for card in cards]
        for card in cards:
            language_filter.require_any(card, datasets.card(dataset).languages, f"dataset {dataset}")
    for reason in sprints.refusals(clean, how.conditions):
        raise BadConfig(reason)
    specs = sprints.perturbed(clean, how.conditions)
    name = f"{folders.joined(card.base for card in cards)}-{clean[0].dataset}-{how.tier}"
    run = folders.RunLocation(
        how, folders.own(how.runs, name, dataset, samples) if isinstance(dataset, Path) and samples else name, arguments
    )
    _write_and_ask(run, specs, {clean[0].dataset: samples} if samples is not None else {})
    return [found for asked in specs if (found := run.folder.cell(asked.model, asked.place).outcome()) is not None]


def _own_data(path: Path, asked: Capability, cards: Iterable[ModelCard], how: RunOptions) -> list[Sample]:
    """The samples of a manifest, checked before a model is loaded; what the user should know of them is said.

    Raises `BadManifest` for what is wrong with them, `BadConfig` if one of the models knows none of their languages.
    """
    samples = manifest.read(path, asked)
    if without := manifest.check(samples):
        how.watcher.say(f"{path}: {without} of {len(samples)} rows have no truth: they are asked, and not scored")
    for card in cards:
        language_filter.require(card, samples, str(path))
    if strange := manifest.unused(samples):
        how.watcher.say(f"{path}: columns not used: {', '.join(strange)}")
    return samples


def score(folder: RunFolder, again: bool = True) -> list[Run]:
    """Score the answers of a run without asking any model: all of them, or with ``again=False`` what has changed since.

    Answers to what no capability here asks any more, or under a perturbation that is gone, are left as they are: the report says so.
    """
    cells = [cell for cell in folder.cells() if _scorable(cell.spec())]
    return [score_cell(cell, folder.name) for cell in cells if again or not is_current(cell)]


def _scorable(spec: RunSpec) -> bool:
    return capabilities.usable(spec.capability) is not None and not perturbations.problem(spec.perturbation)


def fetch_datasets(names: Iterable[str], how: RunOptions) -> dict[str, str]:
    """Bring and build datasets, as many at once as there are workers; returns what could not be had, with the reason."""

    def bring(name: str) -> str:
        try:
            build.materialise(datasets.card(name), how.progress, how.offline)
        except StoreError:
            raise
        except ModelLabError as error:
            return str(error)
        return ""

    wanted = tuple(dict.fromkeys(names))
    with ThreadPoolExecutor(how.jobs) as pool:
        return {name: reason for name, reason in zip(wanted, pool.map(bring, wanted), strict=True) if reason}


def _write_and_ask(
    run: folders.RunLocation, specs: list[RunSpec], own: Mapping[str, list[Sample]], timeout_s: float = direct.TIMEOUT_S
) -> None:
    """Ask ``specs`` within the run's lock; ``own``: data of the user, by name, that has no card."""
    folder, how, executor = run.folder, run.how, run.how.executor()
    with folder.locked():
        run.write_manifest(specs)
        assignments = _assignments(folder, specs, how, own, timeout_s)
        runner.predict(folder, assignments, executor, how.watcher, how.policy, how.trusted)
        cells = [folder.cell(assignment.spec.model, assignment.spec.place) for assignment in assignments]
        cells += untouched.answer(folder, assignments, how.policy, how.watcher)
        judges.judge(folder, cells, executor, how.watcher)
        score(folder, again=False)


def _assignments(
    folder: RunFolder,
    specs: list[RunSpec],
    how: RunOptions,
    own: Mapping[str, list[Sample]],
    timeout_s: float,
) -> list[runner.Assignment]:
    """The specs with their samples; a spec whose sound cannot be had leaves the reason in its cell.

    ``own``: data of the user, by name, that has no card.
    """
    failed = fetch_datasets((spec.dataset for spec in specs if spec.dataset not in own), how)
    samples: dict[tuple[str, str], list[Sample] | str] = {}
    found = []
    for spec in specs:
        wanted = (spec.dataset, spec.perturbation)
        if wanted not in samples:
            reason = failed.get(spec.dataset)
            samples[wanted] = f"dataset {spec.dataset} cannot be had: {reason}" if reason else _samples(spec, how, own)
        given = samples[wanted]
        if isinstance(given, str):
            cell = folder.cell(spec.model, spec.place)
            header = cell.header()
            if header and header["key"] != spec.key:
                runner.set_aside(folder, cell, spec, how.watcher)
            cell.begin(spec, how.tier, cell.questions() if cell.header() else [])
            cell.sessions.append(runner.not_run(given, spec.device))
        else:
            left_out = language_filter.unknown(model_cards.asked(spec.model, spec.options), given)
            found.append(runner.Assignment(spec, how.tier, given, timeout_s, left_out))
    return found


def _samples(spec: RunSpec, how: RunOptions, own: Mapping[str, list[Sample]]) -> list[Sample] | str:
    """The samples of a spec, under its condition if it has one, or why they cannot be had."""

    def at(tier: Tier) -> list[Sample]:
        return own[spec.dataset] if spec.dataset in own else build.samples(datasets.card(spec.dataset), tier)

    try:
        clean = at(how.tier)
        if not spec.perturbation:
            return clean
        return [*perturbed.perturbed(clean, spec.perturbation, spec.seed, lambda: at("full"), how.progress)]
    except StoreError:
        raise
    except ModelLabError as error:
        return str(error)
