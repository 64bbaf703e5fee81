"""Scorecards of speech recognition made by hand: rows, tables, and the comparisons that a run would have made."""

from __future__ import annotations

from typing import Any

from model_lab.analysis.schema import (
    DatasetInfo,
    DatasetTable,
    Improvement,
    MetricColumn,
    PairwiseDifference,
    ResultRow,
    Scorecard,
)
from model_lab.results.schema import Score, Speed


def row(model: str, wer: float | None, spread: float = 0.0, clusters: int = 40, tier: str = "full", **changes: Any) -> ResultRow:
    """A row of speech recognition; ``spread`` is half the interval."""
    score = Score(
        metric="wer",
        version=1,
        value=wer,
        low=None if wer is None else wer - spread,
        high=None if wer is None else wer + spread,
        n_scored=40,
        n_unscored=0,
        n_groups=clusters,
    )
    fields: dict[str, Any] = {
        "model": model,
        "title": model,
        "kind": "neural",
        "licence": "MIT",
        "status": "complete",
        "tier": tier,
        "n_samples": 40,
        "n_ok": 40,
        "n_failed": 0,
        "scores": {"wer": score},
        "speed": Speed(real_time_factor=0.05, latency_p50_s=0.1, peak_memory_mb=300.0),
    }
    return ResultRow(**(fields | changes))


def table(*rows: ResultRow, name: str = "calls", truth: str = "human", clusters: int = 40, **changes: Any) -> DatasetTable:
    """A table by an independent author; its models are compared with an empty answer (WER 1), and are better by 1 - WER."""
    data = DatasetInfo(
        name=name,
        title=name,
        truth=truth,
        author=changes.pop("author", "publisher"),
        annotation="",
        limits="",
        licence="CC0-1.0",
        commercial=True,
        group="speaker",
        n_samples=40,
        n_groups=clusters,
    )
    column = MetricColumn(name="wer", title="WER", unit="ratio", higher_is_better=False)
    scored = [(one.model, one.scores["wer"]) for one in rows if one.scores and one.scores["wer"].value is not None]
    improvements = tuple(
        Improvement(
            model=model,
            over="baseline_null",
            nothing=1.0,
            difference=1 - score.value,
            low=1 - (score.high or 0),
            high=1 - (score.low or 0),
            p=changes.get("p", 0.0001) if score.n_groups >= 6 else None,
            n_groups=score.n_groups,
        )
        for model, score in scored
        if score.value is not None
    )
    changes.pop("p", None)
    fields: dict[str, Any] = {"data": data, "columns": (column,), "rows": rows, "improvements": improvements}
    return DatasetTable(**(fields | changes))


def difference(better: str, worse: str, gap: float, spread: float = 0.005, p: float = 0.001) -> PairwiseDifference:
    """A comparison of word error rates; ``gap``: by how much ``better`` is better, above 0."""
    return PairwiseDifference(
        better=better, worse=worse, difference=-gap, low=-gap - spread, high=-gap + spread, p=p, n_common=40, significant=p < 0.05
    )


def card(*tables: DatasetTable, capability: str = "asr") -> Scorecard:
    return Scorecard(capability=capability, title=capability, question="", tables=tables)
