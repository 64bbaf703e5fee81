"""The bench: from a sprint, or one model and one dataset, to scored results in a run folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from model_lab import datasets, downloads
from model_lab.capabilities import capability
from model_lab.contract import ModelCard, Permitted
from model_lab.datasets import build, manifest, perturbed
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Sample
from model_lab.errors import BadConfig, ModelLabError, StoreError
from model_lab.files import write_json
from model_lab.harness import judging, provenance, registry, runner
from model_lab.harness import sprint as sprints
from model_lab.harness.executors import Executor, LocalExecutor
from model_lab.results.schema import Run, RunSpec
from model_lab.results.scoring import is_current, score_cell
from model_lab.results.store import RunFolder


@dataclass(frozen=True)
class How:
    """How to run: where to, how many workers, what to do with what is there; ``command`` is kept for whoever repeats it.

    ``permitted``: a sprint asks only models whose licence that covers (those that merely judge answers still do).
    ``trusted``: models whose downloads may run code. ``conditions``: perturbations under which everything is asked besides.
    """

    runs: Path = Path("runs")
    tier: Tier = "smoke"
    jobs: int = 1
    device: str | None = None
    permitted: Permitted = "any"
    trusted: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    policy: runner.Policy = field(default_factory=runner.Policy)
    offline: bool = False
    command: tuple[str, ...] = ()
    watcher: runner.Watcher = field(default_factory=runner.Silent)
    progress: downloads.Progress = downloads.quiet

    def executor(self) -> Executor:
        """The executor for ``jobs`` workers."""
        return LocalExecutor(self.jobs)


def sprint(config: sprints.SprintConfig, agents: Iterable[str] = (), how: How = How()) -> RunFolder:
    """Run a sprint at ``how.tier`` into ``runs/<id>-<tier>``, reusing the answers that are there.

    What cannot be asked under a condition (`sprint.refusals`) is asked without it alone.
    """
    chosen = tuple(agents)
    specs = sprints.perturbed(sprints.plan(config, chosen, how.device, how.permitted), how.conditions)
    folder = RunFolder(how.runs / f"{config.id}-{how.tier}")
    arguments = {
        "sprint": config.id,
        "title": config.title,
        "agents": list(chosen),
        "licence": how.permitted,
        "tier": how.tier,
        "perturb": list(how.conditions),
        "jobs": how.jobs,
        "seed": config.defaults.seed,
    }
    executor = how.executor()
    with folder.locked():
        _write_manifest(folder, how, arguments, {spec.model for spec in specs})
        assignments = _assignments(folder, specs, how, {}, config.defaults.timeout_s)
        _through(folder, assignments, executor, how)
    return folder


def evaluate(
    model: str, dataset: str | Path, options: dict[str, Any] | None = None, asks: str = "", how: How = How()
) -> list[Run]:
    """One model on one registered dataset (a name) or on the user's own data (the path of a manifest).

    ``asks`` names the capability where the model has several and ``dataset`` is a path. Returns the scored runs, one without a
    condition and one for each of ``how.conditions``. Raises `BadConfig` for a condition that cannot be put to the capability.
    """
    card = registry.card(model)
    samples: list[Sample] | None = None
    if isinstance(dataset, Path):
        spec, samples = _own_data(card, dataset, registry.which(card, asks), how, options)
        manifest.check(samples)
        tier: Tier = "full"
    else:
        spec, tier = sprints.spec(model, dataset, how.device or "cpu", options), how.tier
    for reason in sprints.refusals([spec], how.conditions):
        raise BadConfig(reason)
    specs = sprints.perturbed([spec], how.conditions)
    folder = RunFolder(how.runs / f"{model}-{spec.dataset}-{tier}")
    executor = how.executor()
    with folder.locked():
        _write_manifest(
            folder,
            how,
            {
                "model": model,
                "dataset": str(dataset),
                "options": options or {},
                "tier": tier,
                "perturb": list(how.conditions),
                "jobs": how.jobs,
            },
            {card.name},
        )
        own = {spec.dataset: samples} if samples is not None else {}
        _through(folder, _assignments(folder, specs, replace(how, tier=tier), own), executor, how)
    return [run for asked in specs if (run := folder.cell(asked.model, asked.place).outcome()) is not None]


def score(folder: RunFolder, again: bool = True) -> list[Run]:
    """Score the answers of a run without asking any model: all of them, or with ``again=False`` what has changed since."""
    return [score_cell(cell, folder.name) for cell in folder.cells() if again or not is_current(cell)]


def fetch_datasets(names: Iterable[str], how: How) -> dict[str, str]:
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


def _through(folder: RunFolder, assignments: list[runner.Assignment], executor: Executor, how: How) -> None:
    runner.predict(folder, assignments, executor, how.watcher, how.policy, how.trusted)
    cells = [folder.cell(assignment.spec.model, assignment.spec.place) for assignment in assignments]
    judging.judge(folder, cells, executor, how.watcher)
    score(folder, again=False)


def _assignments(
    folder: RunFolder,
    specs: list[RunSpec],
    how: How,
    own: Mapping[str, list[Sample]],
    timeout_s: float = 120.0,
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
                folder.supersede(cell)
            cell.begin(spec, how.tier, cell.questions() if cell.header() else [])
            cell.sessions.append(runner.not_run(given, spec.device))
        else:
            found.append(runner.Assignment(spec, how.tier, given, timeout_s))
    return found


def _samples(spec: RunSpec, how: How, own: Mapping[str, list[Sample]]) -> list[Sample] | str:
    """The samples of a spec, under its condition if it has one, or why they cannot be had."""

    def at(tier: Tier) -> list[Sample]:
        return own[spec.dataset] if spec.dataset in own else build.samples(datasets.card(spec.dataset), tier)

    clean = at(how.tier)
    if not spec.perturbation:
        return clean
    try:
        return [*perturbed.perturbed(clean, spec.perturbation, spec.seed, lambda: at("full"), how.progress)]
    except StoreError:
        raise
    except ModelLabError as error:
        return str(error)


def _own_data(
    card: ModelCard, path: Path, asks: str, how: How, options: dict[str, Any] | None
) -> tuple[RunSpec, list[manifest.Sample]]:
    samples = manifest.read(path, capability(asks))
    chosen = registry.with_options(card, options or {})
    spec = sprints.question(chosen, registry.revision(card), path.stem, manifest.fingerprint(samples), asks, how.device or "cpu")
    return spec, samples


def _write_manifest(folder: RunFolder, how: How, arguments: dict[str, Any], models: set[str]) -> None:
    cards = map(registry.card, sorted(models))
    write_json(folder.path / "manifest.json", provenance.manifest(folder.name, how.command, arguments, cards))
