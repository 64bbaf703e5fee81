"""What ``model-lab gate`` reads and prints."""

from __future__ import annotations

import math
import sys
from pathlib import Path

from model_lab.analysis import gate as gates
from model_lab.analysis import gate_baseline as baselines
from model_lab.analysis.resources import LATENCIES
from model_lab.cli import tables
from model_lab.errors import BadConfig, nearest
from model_lab.files import write_text


def limits(drops: list[str], failures: int, fewer: float, latency: list[str], memory: float | None) -> gates.GateLimits:
    """The options of the command as `gates.GateLimits`. Raises `BadConfig` for an option that cannot be parsed."""
    times = dict(_ratio(word) for word in latency)
    return gates.GateLimits(dict(_drop(word) for word in drops), failures, fewer, times, memory)


def _drop(word: str) -> tuple[str, float]:
    name, _, number = word.partition("=")
    loss = _number(number)
    if loss is None:
        raise BadConfig(f"--max-drop {word!r} is not METRIC=LOSS; for example --max-drop wer=0.01")
    return name, loss


def _ratio(word: str) -> tuple[str, float]:
    name, _, number = word.rpartition("=")
    name, ratio = name or "p50", _number(number)
    if ratio is None or name not in LATENCIES:
        raise BadConfig(
            f"--max-latency {word!r} is not [PERCENTILE=]RATIO{nearest(name, LATENCIES)}; for example --max-latency p95=1.2 ({', '.join(LATENCIES)})"
        )
    return name, ratio


def _number(word: str) -> float | None:
    """The word as a finite number of at least 0, or None."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def gate(runs: Path, run: str, name: str, allowed: gates.GateLimits, report: Path | None, store: Path | None) -> bool:
    """Print every check, write the JUnit report if ``report`` is set, and store the new baseline if all passed; returns whether they did.

    Raises `BadConfig` if there is neither a baseline to compare with nor a file to store one in.
    """
    if not name and store is None:
        raise BadConfig("no baseline to compare with; add --baseline RUN, or --store baseline.json to store this run as one")
    new = baselines.find(runs, run)
    passed = _checked(new, baselines.find(runs, name), allowed, report) if name else True
    if store is not None and passed:
        baselines.store(new, store)
    if store is not None:
        print(f"stored: {store}" if passed else f"not stored in {store}: a check failed", file=sys.stderr)
    return passed


def _checked(new: baselines.Baseline, old: baselines.Baseline, allowed: gates.GateLimits, report: Path | None) -> bool:
    checks = gates.gate(new, old, allowed)
    tables.show(
        [
            {"state": check.state, "model": check.model, "dataset": check.dataset, "check": check.what, "because": check.because}
            for check in checks
        ],
        False,
    )
    if report is not None:
        write_text(report, gates.junit(checks, f"{new.run} against {old.run}"))
    return all(check.state != "failed" for check in checks)
