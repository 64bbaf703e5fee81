"""The bench: from a sprint, or one model and one dataset, to scored results in a run folder."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model_lab import datasets, downloads
from model_lab.capabilities import capability
from model_lab.contract import ModelCard, Permitted
from model_lab.datasets import build, manifest
from model_lab.datasets.card import Tier
from model_lab.errors import ModelLabError, StoreError
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
    ``trusted``: models whose downloads may run code.
    """

    runs: Path = Path("runs")
    tier: Tier = "smoke"
    jobs: int = 1
    device: str | None = None
    permitted: Permitted = "any"
    trusted: tuple[str, ...] = ()
    policy: runner.Policy = field(default_factory=runner.Policy)
    offline: bool = False
    command: tuple[str, ...] = ()
    watcher: runner.Watcher = field(default_factory=runner.Silent)
    progress: downloads.Progress = downloads.quiet

    def executor(self) -> Executor:
        """The executor for ``jobs`` workers."""
        return LocalExecutor(self.jobs)


def sprint(config: sprints.SprintConfig, agents: Iterable[str] = (), how: How = How()) -> RunFolder:
    """Run a sprint at ``how.tier`` into ``runs/<id>-<tier>``, reusing the answers that are there."""
    chosen = tuple(agents)
    specs = sprints.plan(config, chosen, how.device, how.permitted)
    folder = RunFolder(how.runs / f"{config.id}-{how.tier}")
    arguments = {
        "sprint": config.id,
        "title": config.title,
        "agents": list(chosen),
        "licence": how.permitted,
        "tier": how.tier,
        "jobs": how.jobs,
        "seed": config.defaults.seed,
    }
    executor = how.executor()
    with folder.locked():
        _write_manifest(folder, how, arguments, {spec.model for spec in specs})
        assignments = _assignments(folder, specs, how, config.defaults.timeout_s)
        _through(folder, assignments, executor, how)
    return folder


def evaluate(
    model: str, dataset: str | Path, options: dict[str, Any] | None = None, asks: str = "", how: How = How()
) -> list[Run]:
    """One model on one registered dataset (a name) or on the user's own data (the path of a manifest).

    ``asks`` names the capability where the model has several and ``dataset`` is a path. Returns the scored runs.
    """
    card = registry.card(model)
    if isinstance(dataset, Path):
        spec, samples = _own_data(card, dataset, registry.which(card, asks), how, options)
        assignments = [runner.Assignment(spec, "full", samples)]
        manifest.check(samples)
        tier: Tier = "full"
    else:
        spec = sprints.spec(model, dataset, how.device or "cpu", options)
        assignments, tier = [], how.tier
    folder = RunFolder(how.runs / f"{model}-{spec.dataset}-{tier}")
    executor = how.executor()
    with folder.locked():
        _write_manifest(
            folder,
            how,
            {"model": model, "dataset": str(dataset), "options": options or {}, "tier": tier, "jobs": how.jobs},
            {card.name},
        )
        _through(folder, assignments or _assignments(folder, [spec], how), executor, how)
    return [run for cell in folder.cells() if (run := cell.outcome()) is not None]


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
    cells = [folder.cell(assignment.spec.model, assignment.spec.dataset) for assignment in assignments]
    judging.judge(folder, cells, executor, how.watcher)
    score(folder, again=False)


def _assignments(folder: RunFolder, specs: list[RunSpec], how: How, timeout_s: float = 120.0) -> list[runner.Assignment]:
    """The specs with their samples; a spec whose dataset cannot be had leaves the reason in its cell."""
    failed = fetch_datasets((spec.dataset for spec in specs), how)
    had = dict.fromkeys(spec.dataset for spec in specs if spec.dataset not in failed)
    samples = {name: build.samples(datasets.card(name), how.tier) for name in had}
    found = []
    for spec in specs:
        if spec.dataset in failed:
            cell = folder.cell(spec.model, spec.dataset)
            cell.begin(spec, how.tier, cell.questions() if cell.header() else [])
            cell.sessions.append(runner.not_run(f"dataset {spec.dataset} cannot be had: {failed[spec.dataset]}", spec.device))
        else:
            found.append(runner.Assignment(spec, how.tier, samples[spec.dataset], timeout_s))
    return found


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
