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
from model_lab.datasets.imports import ImportedData
from model_lab.datasets.manifest import Sample
from model_lab.datasets.shuffling import rank
from model_lab.errors import BadConfig
from model_lab.provision import gpus
from model_lab.registry import model_cards
from model_lab.results.schema import Run, RunSpec
from model_lab.results.scoring import score_run
from model_lab.results.store import RunFolder
from model_lab.runs import adaptive, assignments, folders, judges, language_filter, runner, untouched
from model_lab.runs import sprint as sprints
from model_lab.runs.assignments import OwnData
from model_lab.runs.folders import RunOptions
from model_lab.workers import direct


def sprint(
    config: sprints.SprintConfig,
    choice: sprints.SprintSelection = sprints.SprintSelection(),
    run_options: RunOptions = RunOptions(),
) -> RunFolder:
    """Run the selected part of a sprint at ``run_options.tier`` into ``runs/<id>-<tier>``, reusing stored answers.

    A capability that a condition does not apply to (`sprint.refusals`) is evaluated without it. Raises `BadConfig` if the selection
    has nothing to evaluate.
    """
    run_options = replace(run_options, device=run_options.device or config.defaults.device)
    planned = sprints.perturbed(sprints.plan(config, choice, run_options.device), run_options.conditions)
    specs = sprints.repeated(planned, run_options.repeats)
    if not specs:
        raise BadConfig(
            f"sprint {config.id} has no data for the selected models ({', '.join(card.name for card in sprints.models(config, choice)) or 'none'}): "
            f"its datasets are for {', '.join(config.datasets) or 'no capability'}; choose other models, or add datasets for theirs"
        )
    arguments = {
        "sprint": config.id,
        "title": config.title,
        "agents": list(choice.agents),
        "models": list(choice.models),
        "only": choice.only,
        "licence": choice.permitted,
        "seed": config.defaults.seed,
        **({"leaderboard": board} if (board := sprints.leaderboard(config)) else {}),
    }
    run = folders.RunLocation(run_options, f"{config.id}-{run_options.tier}", arguments)
    staying = sprints.staying(sprints.models(config, choice), run_options.device or "cpu")
    for sentence in [*staying, *sprints.left_out(config), *sprints.told_repeats(planned, run_options.repeats)]:
        run_options.observer.say(sentence)
    _carry_out(run, specs, {}, config.defaults.timeout_s)
    return run.folder


def evaluate(
    model: str | Sequence[str],
    dataset: str | Path | ImportedData,
    options: dict[str, Any] | None = None,
    asks: str = "",
    run_options: RunOptions = RunOptions(),
) -> list[Run]:
    """Models, or variants of them, on one registered dataset (a name) or on the user's own data (the path of a manifest, or imported).

    Runs on imported data are told apart by its source.

    ``options`` are set for each. ``asks`` names the capability where they have several and ``dataset`` is a path. Returns the scored
    runs: for each model one without a condition and one for each of ``run_options.conditions``, without repeats. Raises `BadConfig` for a condition that
    does not apply to the capability.
    """
    names = [model] if isinstance(model, str) else model
    cards = list(
        {card.name: card for name in names if (card := model_cards.variant(model_cards.card(name), options or {}))}.values()
    )
    samples: list[Sample] | None = None
    own = ImportedData(dataset, dataset) if isinstance(dataset, Path) else dataset
    device = run_options.device or "cpu"
    arguments: dict[str, Any] = {
        "model": [card.name for card in cards],
        "dataset": str(own.source if isinstance(own, ImportedData) else own),
        "options": options or {},
    }
    if isinstance(own, ImportedData):
        capability_used = capability(model_cards.common(cards, asks))
        samples, run_options = _own_data(own, capability_used, cards, run_options), replace(run_options, tier="full")
        revision = manifest.fingerprint(samples)
        clean = [
            sprints.question(
                card, model_cards.revision(card), own.manifest.stem, revision, capability_used.name, gpus.kind(device)
            )
            for card in cards
        ]
        arguments["manifest"] = str(own.source.resolve())
    else:
        clean = [sprints.spec(card, own, device) for card in cards]
        for card in cards:
            language_filter.require_any(card, datasets.card(own).languages, f"dataset {own}")
    for reason in sprints.refusals(clean, run_options.conditions):
        raise BadConfig(reason)
    once = sprints.perturbed(clean, run_options.conditions)
    for sentence in sprints.told_repeats(clean, run_options.repeats):
        run_options.observer.say(sentence)
    size = f"{run_options.tier}-{run_options.limit}" if run_options.limit else run_options.tier
    name = f"{folders.joined(card.base for card in cards)}-{clean[0].dataset}-{size}".replace(":", "-")
    run = folders.RunLocation(
        run_options,
        folders.own(run_options.runs, name, own.source, samples) if isinstance(own, ImportedData) and samples else name,
        arguments,
    )
    own_data = {clean[0].dataset: samples} if samples is not None else {}
    _carry_out(run, sprints.repeated(once, run_options.repeats), own_data)
    return [outcome for spec in once if (outcome := run.folder.cell(spec.model, spec.place).outcome()) is not None]


def _own_data(own: ImportedData, capability: Capability, cards: Iterable[ModelCard], run_options: RunOptions) -> list[Sample]:
    """The samples of a manifest, checked before a model is loaded; warnings about them are reported.

    Raises `BadManifest` if they are invalid, `BadConfig` if one of the models supports none of their languages.
    """
    path = own.source
    samples = _at_most(run_options.limit, manifest.read(own.manifest, capability, anywhere=True))
    if n_without_reference := manifest.check(samples):
        run_options.observer.say(
            f"{path}: {n_without_reference} of {len(samples)} rows have no reference: the model runs on them, and they are not scored"
        )
    for card in cards:
        language_filter.require(card, samples, str(path))
    if own.description:
        run_options.observer.say(f"{path}: {own.description}")
    if unused_columns := manifest.unused(samples):
        run_options.observer.say(f"{path}: columns not used: {', '.join(unused_columns)}")
    return samples


def _at_most(limit: int, samples: list[Sample]) -> list[Sample]:
    """Samples drawn from all of them, the same on every machine, in their order; all if ``limit`` is 0."""
    drawn = {sample.id for sample in sorted(samples, key=lambda sample: rank(sample.id))[: limit or None]}
    return [sample for sample in samples if sample.id in drawn]


def _carry_out(run: folders.RunLocation, specs: list[RunSpec], own: OwnData, timeout_s: float = direct.TIMEOUT_S) -> None:
    """Under the run's lock: prepare the data, run models and judges, and score what has changed."""
    folder, executor = run.folder, run.options.executor()
    with folder.locked(), run.options.cancel.scope() as cancel:
        run_options = replace(run.options, cancel=cancel, progress=cancel.checked(run.options.progress))
        run.write_manifest(specs)
        work = assignments.prepare(folder, specs, run_options, own, timeout_s)
        if run_options.budget_s is not None:
            adaptive.answer(folder, work, run_options, executor, cancel)
            return
        runner.predict(folder, work, executor, run_options.observer, run_options.policy, run_options.trusted, cancel)
        cells = [folder.cell(assignment.spec.model, assignment.spec.place) for assignment in work]
        cells += untouched.answer(folder, work, run_options.policy, run_options.observer)
        judges.judge(folder, cells, executor, run_options.observer, cancel)
        score_run(folder, again=False)
