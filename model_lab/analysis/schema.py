"""The content of a report as plain data: ``index.json`` is a serialised `Report`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from model_lab.analysis.audit import DatasetAudit
from model_lab.analysis.disagreement import SampleDifference
from model_lab.analysis.slices import Sliced
from model_lab.datasets.manifest import Clusters
from model_lab.results.schema import RunSpec, Score, Speed
from model_lab.schemas import Strict

REPORT_VERSION = 1

Status = Literal["complete", "partial", "failed", "not_run", "not_scored"]
STATUS_WORDS: dict[Status, str] = {
    "complete": "complete",
    "partial": "partial",
    "failed": "failed",
    "not_run": "not evaluated",
    "not_scored": "not scored",
}
STATUS_SIGNS: dict[Status, str] = {"complete": "✓", "partial": "◐", "failed": "✗", "not_run": "○", "not_scored": "?"}


class MetricColumn(Strict):
    """A metric as a column of a table."""

    name: str
    title: str
    unit: str = ""
    higher_is_better: bool | None = None
    version: int | None = None
    scorer: str = Field(default="", description="the computation, with its version or parameters, as Metric.scorer")
    source: str = ""
    judge: str = Field(
        default="",
        description="the model that predicts the value, and its capability; empty for metrics computed without a model",
    )


class DatasetInfo(Strict):
    """The dataset of a table."""

    name: str
    title: str
    truth: str = Field(
        description="``human``, ``construction``, ``synthetic``, ``weak``, or ``unknown`` if the card is no longer registered"
    )
    annotation: str = Field(description="how the reference was made")
    limits: str = Field(description="what its numbers do not cover")
    licence: str
    commercial: bool | None
    group: str
    clusters: Clusters = Field(
        default="given", description="where the clusters come from; ``unknown``: every sample counts as a cluster of its own"
    )
    n_samples: int | None
    n_groups: int | None


class ExampleAnswers(Strict):
    """One sample, its reference and the answers of the models, shortened."""

    sample: str
    reference: str
    answers: dict[str, str]


class PairwiseDifference(Strict):
    """Two models on the samples both were scored on: does the primary metric differ?"""

    better: str
    worse: str
    difference: float = Field(description="of the metric, better minus worse")
    low: float | None
    high: float | None
    p: float | None = Field(description="corrected for the number of pairs in the table (Holm); None where no test is possible")
    n_common: int
    significant: bool
    note: str = ""
    detectable: float | None = Field(
        default=None, description="the smallest true difference that this number of clusters detects with 80 % power"
    )
    wins: int = Field(default=0, description="samples on which ``better`` is better; ``ties``, ``losses``: equal, worse")
    ties: int = 0
    losses: int = 0
    furthest: tuple[SampleDifference, ...] = Field(
        default=(), description="the samples on which they differ most; ``first`` is ``better``"
    )


class Robustness(Strict):
    """The primary metric of a model with and without a perturbation, on the samples scored both ways. None, with a note, where unknown."""

    model: str
    perturbation: str = Field(description="the condition, as --perturb takes it")
    metric: str
    clean: float | None = None
    perturbed: float | None = None
    change: float | None = Field(default=None, description="perturbed - clean, in the metric's unit, with its 95 % interval")
    low: float | None = None
    high: float | None = None
    p: float | None = Field(default=None, description="of the change, corrected for all rows of the table (Holm)")
    significant: bool = False
    retention: float | None = Field(
        default=None, description="perturbed / clean, of the score or of 1 - error; None for metrics on other scales"
    )
    retention_low: float | None = None
    retention_high: float | None = None
    n_common: int = 0
    n_groups: int = 0
    note: str = ""


class ResultRow(Strict):
    """One model on one dataset. Models that could not run are rows too, with their reason."""

    model: str
    title: str
    kind: str = Field(
        description="the card's kind; ``unknown`` if the model is no longer registered; ``untouched`` for the unprocessed input"
    )
    licence: str
    marks: tuple[str, ...] = ()
    status: Status
    reason: str = ""
    rank: int | None = Field(
        default=None,
        description="1 + the number of models in better groups; models that do not differ significantly from the first of a group "
        "share it. None for oracles and for rows without a score",
    )
    unranked: str = Field(default="", description="why a row with a score has no rank")
    tier: str = ""
    clusters: Clusters = "given"
    n_samples: int | None = None
    n_ok: int | None = None
    n_failed: int | None = None
    failures: dict[str, int] = Field(default={}, description="error text -> number of samples")
    scores: dict[str, Score] = Field(default={}, description="by metric")
    speed: Speed = Speed()
    spec: RunSpec | None = None

    @property
    def is_model(self) -> bool:
        """Whether the row is a model, rather than the unprocessed input."""
        return self.kind != "untouched"

    @property
    def is_reference(self) -> bool:
        """Whether the row is a reference system (baseline, oracle or unprocessed input) rather than a usable model."""
        return self.kind in ("baseline", "oracle", "untouched")


class DatasetTable(Strict):
    """All models on one dataset: ranked rows first, then oracles, then those without a score."""

    data: DatasetInfo
    columns: tuple[MetricColumn, ...] = Field(description="metrics, the primary one first")
    rows: tuple[ResultRow, ...]
    differences: tuple[PairwiseDifference, ...] = ()
    caveats: tuple[str, ...] = ()
    examples: tuple[ExampleAnswers, ...] = ()
    robustness: tuple[Robustness, ...] = Field(default=(), description="by model and perturbation; oracles are left out")
    audit: DatasetAudit | None = Field(default=None, description="suspect references; None where answers cannot be compared")
    slices: dict[str, tuple[Sliced, ...]] = Field(
        default={}, description="model -> its primary metric by columns of the data; baselines and oracles are left out"
    )

    @property
    def primary(self) -> MetricColumn:
        """The metric that ranks."""
        return self.columns[0]

    def score(self, row: ResultRow) -> Score | None:
        """The row's primary score, if it has a value."""
        score = row.scores.get(self.primary.name)
        return score if score is not None and score.value is not None else None


class Scorecard(Strict):
    """One capability."""

    capability: str
    title: str
    question: str = Field(description="the call signature")
    tables: tuple[DatasetTable, ...]


class LeaderboardCell(Strict):
    """A model on one dataset of a leaderboard, in the unit of its metric."""

    value: float
    low: float | None
    high: float | None
    n: int
    published: float | None = Field(default=None, description="of the same weights on the same data with the same scorer")


class LeaderboardRow(Strict):
    """A model on a leaderboard. A mean, and a rank, only where it has a value on every dataset."""

    model: str
    kind: str
    cells: dict[str, LeaderboardCell] = Field(description="by dataset; those without a value are missing")
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = Field(default="", description="why the mean has no interval, or what weakens it")
    rank: int | None = Field(default=None, description="models that do not differ significantly share it, as in DatasetTable")
    published_as: str = Field(default="", description="the model's name in the publication")
    published_mean: float | None = Field(default=None, description="computed from the published values on the same datasets")
    verdict: str = Field(default="", description="whether the published values lie in our intervals")


class Leaderboard(Strict):
    """Models by the datasets of a benchmark, with the mean over the datasets: models with all datasets first, better means first."""

    capability: str
    metric: MetricColumn
    average: Literal["macro"]
    datasets: tuple[str, ...]
    rows: tuple[LeaderboardRow, ...]
    notes: tuple[str, ...]


class Report(Strict):
    """A whole run."""

    schema_version: int = REPORT_VERSION
    run: str
    scorecards: tuple[Scorecard, ...]
    leaderboard: Leaderboard | None = Field(default=None, description="if the sprint has one")
    problems: tuple[str, ...] = Field(description="what is in the run folder but could not be shown, one sentence each")
    commands: tuple[str, ...] = Field(description="the commands that reproduce this run; empty if the manifest does not say")
    environment: dict[str, Any] = Field(description="the content of ``manifest.json``")
    scores_digest: str = Field(default="", description="`RunFolder.scores_digest` of the scores of the report")
