"""What ``model-lab compare`` prints: pairs of models, or models by the values of a column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from model_lab.analysis.breakdown import Broken, by_column
from model_lab.analysis.pairwise import compare_models
from model_lab.analysis.slices import MIN_CLUSTERS
from model_lab.cli import tables
from model_lab.errors import BadConfig
from model_lab.registry import model_cards
from model_lab.results.store import RunFolder, chosen, run_folders

Choice = tuple[str, str, str]
"""Capability, dataset and metric; "" for all, and for the primary metric."""


def named(runs: Path, words: Sequence[str], given: Sequence[str]) -> tuple[list[str], list[RunFolder]]:
    """The models and the runs that the words of the command name: a word that is a run and no model is a run."""
    there = {folder.name for folder in run_folders(runs)}
    named_runs = [word for word in words if word in there and not model_cards.known(word)]
    models = [model_cards.canonical(word) for word in words if word not in named_runs]
    folders = [chosen(runs, name) for name in dict.fromkeys([*given, *named_runs] or [""])]
    return list(dict.fromkeys(models)), folders


def show_pairs(folders: Sequence[RunFolder], models: Sequence[str], choice: Choice, as_json: bool) -> None:
    """Print every pair of models. Raises `BadConfig` if there is none."""
    if not models:
        raise BadConfig("no models are named; name two, or give --by COLUMN for the parts of the data")
    tables.show([pair.row() for pair in compare_models(folders, models, *choice)], as_json)


def show(folders: Sequence[RunFolder], column: str, models: Sequence[str], choice: Choice, as_json: bool) -> None:
    """Print models by the values of a column. Raises `BadConfig` for several runs, or if the column makes no slices."""
    if len(folders) > 1:
        raise BadConfig(f"--by reads one run, and {len(folders)} are named: {', '.join(folder.name for folder in folders)}")
    found, sentences = by_column(folders[0], column, models, *choice)
    if as_json:
        print(
            json.dumps(
                {"column": column, "results": list(map(_plain, found)), "left_out": sentences}, indent=1, ensure_ascii=False
            )
        )
        return
    tables.show([row for each in found for row in each.rows()], False)
    print()
    tables.show([each.gap_row() for each in found], False)
    print(
        f"\nA slice needs {MIN_CLUSTERS} clusters for a verdict. The largest gap is between the worst and the best slice that have them; its "
        "interval and p are corrected for all pairs of slices."
    )
    for sentence in sentences:
        print(f"left out: {sentence}")


def _plain(each: Broken) -> dict[str, object]:
    return {
        "capability": each.capability,
        "dataset": each.dataset,
        "model": each.model,
        "metric": each.metric.name,
        "unit": each.metric.unit,
        "slices": [asdict(part) for part in each.slices.slices] if each.slices else [],
        "gap": asdict(each.slices.gap) if each.slices and each.slices.gap else None,
        "worst": each.slices.worst if each.slices else "",
        "note": each.slices.note if each.slices else each.note,
    }
