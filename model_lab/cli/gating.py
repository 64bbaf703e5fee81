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
    """The options of the command as `gates.GateLimits`; raises `BadConfig` for a word that is not of their form."""
    times = dict(_ratio(word) for word in latency)
    return gates.GateLimits(dict(_drop(word) for word in drops), failures, fewer, times, memory)


def _drop(word: str) -> tuple[str, float]:
    name, _, number = word.partition("=")
    found = _number(number)
    if found is None:
        raise BadConfig(f"--max-drop {word!r} is not METRIC=LOSS; for example --max-drop wer=0.01")
    return name, found


def _ratio(word: str) -> tuple[str, float]:
    name, _, number = word.rpartition("=")
    name, found = name or "p50", _number(number)
    if found is None or name not in LATENCIES:
        raise BadConfig(
            f"--max-latency {word!r} is not [PERCENTILE=]RATIO{nearest(name, LATENCIES)}; for example --max-latency p95=1.2 ({', '.join(LATENCIES)})"
        )
    return name, found


def _number(word: str) -> float | None:
    """A finite number of at least 0, else None."""
    try:
        found = float(word)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def gate(runs: Path, run: str, name: str, allowed: gates.GateLimits, report: Path | None, store: Path | None) -> bool:
    """Print every check, write the JUnit report if asked to, and the new baseline if all passed; whether they did.

    Raises `BadConfig` if there is neither a baseline to hold it against nor a file to store it in.
    """
    if not name and store is None:
        raise BadConfig("nothing to hold it against; add --baseline RUN, or --store baseline.json to keep this run as one")
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
