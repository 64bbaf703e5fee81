"""From specs to assignments: the data of every spec, downloaded, built and perturbed before any model is started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from model_lab import datasets
from model_lab.datasets import build, perturbed
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError, StoreError
from model_lab.registry import model_cards
from model_lab.results.schema import RunSpec
from model_lab.results.store import RunFolder
from model_lab.runs import language_filter, public_data, runner
from model_lab.runs.folders import RunOptions

OwnData = Mapping[str, Sequence[Sample]]
"""The user's own data, which has no card: name -> samples."""


def prepare(
    folder: RunFolder, specs: Sequence[RunSpec], run_options: RunOptions, own: OwnData, timeout_s: float
) -> list[runner.Assignment]:
    """The specs with their samples; a spec whose data are unavailable leaves the reason in its cell.

    The caller holds the folder's lock. Raises `StoreError` if the folder cannot be written, `Cancelled` once ``run_options.cancel`` is set.
    """
    unavailable = _fetched((spec.dataset for spec in specs if spec.dataset not in own), run_options)
    samples: dict[tuple[str, str], Sequence[Sample] | str] = {}
    assignments = []
    for spec in specs:
        data = (spec.dataset, spec.perturbation)
        if data not in samples:
            reason = unavailable.get(spec.dataset)
            samples[data] = f"dataset {spec.dataset} is unavailable: {reason}" if reason else samples_of(spec, run_options, own)
        rows = samples[data]
        if isinstance(rows, str):
            _leave_reason(folder, spec, rows, run_options)
        else:
            left_out = language_filter.unknown(model_cards.configured(spec.model, spec.options), rows)
            assignments.append(runner.Assignment(spec, run_options.tier, rows, timeout_s, left_out))
    return assignments


def _fetched(names: Iterable[str], run_options: RunOptions) -> dict[str, str]:
    """Download and build datasets, as many at once as there are workers; returns those that are unavailable, with the reason."""

    def fetch(name: str) -> str:
        run_options.cancel.raise_if_cancelled()
        try:
            card = datasets.card(name)
            build.materialise(card, run_options.progress, run_options.offline, run_options.tier)
            for sentence in build.notes(card, run_options.tier):
                run_options.observer.say(sentence)
        except StoreError:
            raise
        except ModelLabError as error:
            return str(error)
        return ""

    distinct = tuple(dict.fromkeys(names))
    to_fetch = public_data.Fetch.of(distinct, run_options.tier, run_options.offline)
    to_fetch.announce(run_options.observer.say)
    with ThreadPoolExecutor(run_options.jobs) as pool:
        unavailable = {name: reason for name, reason in zip(distinct, pool.map(fetch, distinct), strict=True) if reason}
    to_fetch.summarize(run_options.observer.say)
    return unavailable


def samples_of(spec: RunSpec, run_options: RunOptions, own: OwnData) -> Sequence[Sample] | str:
    """The samples of a spec, under its condition if it has one, or why they are unavailable."""

    def samples_at(tier: Tier) -> Sequence[Sample]:
        return own[spec.dataset] if spec.dataset in own else build.samples(datasets.card(spec.dataset), tier)

    def everyone() -> Sequence[Sample]:
        own_data = spec.dataset in own
        return samples_at("full" if own_data else build.largest_ready(datasets.card(spec.dataset), run_options.tier))

    try:
        clean = samples_at(run_options.tier)[: run_options.limit or None]
        if not spec.perturbation:
            return clean
        return [*perturbed.perturbed(clean, spec.perturbation, spec.seed, everyone, run_options.progress)]
    except StoreError:
        raise
    except ModelLabError as error:
        return str(error)


def _leave_reason(folder: RunFolder, spec: RunSpec, reason: str, run_options: RunOptions) -> None:
    """Record in the cell of ``spec`` why it was not run; answers that are there are kept if the spec has not changed."""
    cell = folder.cell(spec.model, spec.place)
    header = cell.header()
    if header and header["key"] != spec.key:
        runner.set_aside(folder, cell, spec, run_options.observer)
    cell.begin(spec, run_options.tier, cell.questions() if cell.header() else [])
    cell.sessions.append(runner.not_run(reason, spec.device))
