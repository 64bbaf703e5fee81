"""Read the scores of runs into a table, from Python.

    python read_scores.py RUNS

prints the primary scores of all runs in a folder, best first. ``model_lab.results.query`` describes the tables.
"""

from __future__ import annotations

import sys
from pathlib import Path

from model_lab.capabilities import capabilities
from model_lab.results.query import connect


def main(runs: Path) -> None:
    """Print model, dataset, metric and value with its interval."""
    tables = connect(runs)
    for capability in capabilities():
        metric = capability.primary
        rows = tables.execute(
            "SELECT model, dataset, value, low, high, n FROM results WHERE capability = ? AND metric = ? AND perturbation = '' "
            f"ORDER BY value {'DESC' if metric.higher_is_better else 'ASC'}",
            [capability.name, metric.name],
        ).fetchall()
        for model, dataset, value, low, high, n in rows:
            print(f"{model} on {dataset}: {metric.name} {value:.3f} ({low:.3f} to {high:.3f}, n = {n})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
