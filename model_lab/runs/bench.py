"""The bench: from a sprint, or one model and one dataset, to scored results in a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_lab import datasets
from model_lab.capabilities import Capability, capability
from model_lab.contract import ModelCard
from model_lab.datasets import manifest
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig
from model_lab.provision import gpus
from model_lab.registry import model_cards
from model_lab.results.schema import Run, RunSpec
from model_lab.results.scoring import score_run
from model_lab.results.store import RunFolder
from model_lab.runs import assignments, folders, judges, language_filter, runner, untouched
from model_lab.runs import sprint as sprints
from model_lab.runs.assignments import OwnData
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
    _carry_out(run, specs, {}, config.defaults.timeout_s)
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
    _carry_out(run, specs, {clean[0].dataset: samples} if samples is not None else {})
    return [found for asked in specs if (found := run.folder.cell(asked.model, asked.place).outcome()) is not None]


def _own_data(path: Path, asked: Capability, cards: Iterable[ModelCard], how: RunOptions) -> list[Sample]:
    """The samples of a manifest, checked before a model is loaded; what the user should know of them is said.

    Raises `BadManifest` for what is wrong with them, `BadConfig` if one of the models knows none of their languages.
    """
    samples = manifest.read(path, asked)
    if without := manifest.check(samples):
        how.watcher.say(
            f"{path}: {without} of {len(samples)} rows have no reference: the model runs on them, and they are not scored"
        )
    for card in cards:
        language_filter.require(card, samples, str(path))
    if strange := manifest.unused(samples):
        how.watcher.say(f"{path}: columns not used: {', '.join(strange)}")
    return samples


def _carry_out(run: folders.RunLocation, specs: list[RunSpec], own: OwnData, timeout_s: float = direct.TIMEOUT_S) -> None:
    """Within the run's lock: prepare the data, run models and judges, and score what has changed."""
    folder, executor = run.folder, run.how.executor()
    with folder.locked(), run.how.cancel.scope() as cancel:
        how = replace(run.how, cancel=cancel, progress=cancel.checked(run.how.progress))
        run.write_manifest(specs)
        work = assignments.prepare(folder, specs, how, own, timeout_s)
        runner.predict(folder, work, executor, how.watcher, how.policy, how.trusted, cancel)
        cells = [folder.cell(assignment.spec.model, assignment.spec.place) for assignment in work]
        cells += untouched.answer(folder, work, how.policy, how.watcher)
        judges.judge(folder, cells, executor, how.watcher, cancel)
        score_run(folder, again=False)
