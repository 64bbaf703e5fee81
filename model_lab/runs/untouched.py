"""The untouched input as a baseline: the scores of an enhancement or separation model that does nothing.

It is stored as the answers of a model called `UNTOUCHED`, once per dataset and run, without a worker: the null answer of such a
capability is its input. Judges and metrics then treat it as any other answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model_lab import audio
from model_lab.capabilities import capability
from model_lab.datasets.manifest import Sample
from model_lab.errors import ModelLabError, StoreError
from model_lab.results.answers import pack
from model_lab.results.schema import UNTOUCHED, SampleResult
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs import runner
from model_lab.types import mapped


def answer(
    folder: RunFolder, assignments: Iterable[runner.Assignment], policy: runner.Policy, observer: runner.RunObserver
) -> list[ResultCell]:
    """The cells of the untouched input for all datasets of ``assignments`` whose capability has one, answered.

    Only unperturbed audio is used. The caller holds the folder's lock. Raises `StoreError` if the folder cannot be written.
    """
    assignment_of_dataset = {
        each.spec.dataset: each
        for each in assignments
        if not each.spec.perturbation and capability(each.spec.capability).untouched
    }
    cells = []
    for each in assignment_of_dataset.values():
        spec = each.spec.model_copy(
            update={"model": UNTOUCHED, "model_revision": "", "device": "cpu", "options": {}, "seed": 0, "repeat": 0}
        )
        pending = runner.begin(folder, runner.Assignment(spec, each.tier, each.samples), policy, observer)
        for sample in pending.todo:
            pending.cell.answers.append(_result(pending.cell, sample))
        cells.append(pending.cell)
    return cells


def _result(cell: ResultCell, sample: Sample) -> SampleResult:
    try:
        return SampleResult(sample_id=sample.id, status="ok", hypothesis=pack(_nothing_done(sample), cell, sample.id))
    except StoreError:
        raise
    except ModelLabError as error:
        return SampleResult(sample_id=sample.id, status="failed", error=str(error))


def _nothing_done(sample: Sample) -> Any:
    capability_used = sample.capability
    kinds = [kind for kind, _ in capability_used.inputs]
    inputs = [mapped(value, audio.read) if kind == "audio" else value for kind, value in zip(kinds, sample.inputs, strict=True)]
    return capability_used.null(*inputs)
