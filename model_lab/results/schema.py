"""The records of a run, as they are in its files. Every file carries ``schema_version``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from model_lab.capabilities import Capability
from model_lab.datasets import perturbations
from model_lab.datasets.card import Tier
from model_lab.datasets.manifest import Clusters, Sample
from model_lab.datasets.perturbed import PerturbedSample
from model_lab.schemas import Strict

SCHEMA_VERSION = 1

UNTOUCHED = "untouched_input"
"""The name under which the unprocessed inputs are scored: shown beside every model that should improve on them, and never run."""

Status = Literal["complete", "partial", "failed", "not_run"]


class RunSpec(Strict):
    """One model on one dataset: everything that can change the answers. Its `key` is the resume key."""

    model: str
    model_revision: str = Field(description="hash of the model's folder and requirements")
    dataset: str
    dataset_revision: str
    capability: str
    device: str
    options: dict[str, Any] = {}
    seed: int = 0
    repeat: int = Field(
        default=0, description="0: the first run; n: the n-th further run of a model that varies, whose seed is n higher"
    )
    perturbation: str = Field(default="", description="the condition applied to its audio, as perturbations.written; empty: none")
    perturbation_revision: str = Field(default="", description="hash of the code that perturbs; empty without a perturbation")

    @property
    def key(self) -> str:
        """First 16 hex digits of the SHA-256 of the spec as canonical JSON; a perturbation and a repeat are left out where there is none."""
        decisive = {
            name: value
            for name, value in self.model_dump(mode="json").items()
            if value or name not in ("perturbation", "perturbation_revision", "repeat")
        }
        text = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def place(self) -> str:
        """The name of its folder within the model's: the dataset, the perturbation after a tilde, and the seed of a repeat.

        >>> spec = RunSpec(model="m", model_revision="1", dataset="d", dataset_revision="1", capability="asr", device="cpu")
        >>> spec.place, spec.under("noise:10").place, spec.again(2).place
        ('d', 'd~noise-10', 'd@seed-2')
        """
        condition = f"~{perturbations.folder_name(self.perturbation)}" if self.perturbation else ""
        return f"{self.dataset}{condition}{f'@seed-{self.seed}' if self.repeat else ''}"

    def under(self, condition: str) -> RunSpec:
        """The same spec, with perturbed audio."""
        return self.model_copy(update={"perturbation": condition, "perturbation_revision": perturbations.revision(condition)})

    def again(self, number: int) -> RunSpec:
        """The same spec as its ``number``-th further run, with a seed of its own."""
        return self.model_copy(update={"seed": self.seed + number, "repeat": number})


class StoredSample(Strict):
    """A sample as it was evaluated: its manifest row, the folder its paths are relative to, and its bootstrap cluster."""

    id: str
    group: str
    clusters: Clusters = Field(default="given", description="where the cluster comes from: the data, the speaker, or not known")
    duration: float = Field(description="seconds of sound; 0 for text")
    folder: str
    row: dict[str, Any]
    perturbed: dict[str, str] = Field(default={}, description="the files used instead of the row's own, by column")
    condition: str = Field(default="", description="the perturbation of those files")
    left_out: str = Field(default="", description="why the sample is skipped; empty if it is not")
    anywhere: bool = Field(default=False, description="whether paths of the row may lead out of the folder: a user's own data")

    @classmethod
    def of(cls, sample: Sample, left_out: str = "") -> StoredSample:
        """The record of a sample; ``left_out``: why it is skipped."""
        perturbed = sample if isinstance(sample, PerturbedSample) else None
        return cls(
            id=sample.id,
            group=sample.group,
            clusters=sample.clusters,
            duration=sample.duration,
            folder=str(sample.folder),
            row=sample.row,
            perturbed={column: str(path) for column, path in perturbed.sounds.items()} if perturbed else {},
            condition=perturbed.condition if perturbed else "",
            left_out=left_out,
            anywhere=sample.anywhere,
        )

    def reference(self, capability: Capability) -> Any:
        """The reference, under its condition; None if the row has none. Raises `BadManifest` if it is malformed."""
        return perturbations.reference(capability, self.sample(capability).reference(), self.condition)

    def sample(self, capability: Capability) -> Sample:
        """The sample again, as it is without a condition."""
        folder = Path(self.folder).resolve()
        return Sample(
            self.id, self.row, folder, self.group, capability, f"{folder}, sample {self.id}", self.clusters, self.anywhere
        )


class SampleResult(Strict):
    """The result of one sample."""

    sample_id: str
    status: Literal["ok", "failed"]
    hypothesis: Any = Field(default=None, description="the answer as types.encode writes it; sound is in artifacts/")
    latency_s: float | None = Field(default=None, description="wall time of the call")
    cpu_s: float | None = Field(default=None, description="CPU time of the call, child processes included")
    waited_s: float | None = Field(
        default=None, description="time its threads were ready to run and had no core; None: not known"
    )
    others_s: float | None = Field(
        default=None,
        description="CPU time that other processes used of its cores meanwhile, counted in ticks of 10 ms; None: not known",
    )
    cold: bool = Field(default=False, description="the first answer of a worker: excluded from the latency statistics")
    timed_out: bool = Field(default=False, description="it was stopped at its time limit; ``latency_s`` is the time it had")
    alone: bool = Field(
        default=False, description="retried with no other worker running, after its time limit was hit on a busy machine"
    )
    error: str = ""


class Timing(SampleResult):
    """The time of a sample that was run again, with no other worker (`model-lab time`); its answer is not kept."""

    round: str = Field(description="when this timing round began; the same for all its samples, however many workers it takes")
    asked: int = Field(description="number of samples in the round; it is over when all of them were run")
    threads: int = Field(default=0, description="threads that its worker could use")
    load_s: float | None = Field(default=None, description="seconds its worker took to load, on the worker's first sample")


class WorkerSession(Strict):
    """One worker process: the cost of loading, and the resources it used."""

    worker_pid: int = Field(default=0, description="0: no process was started")
    environment: str = Field(default="", description="key of the environment it ran in")
    device: str
    gpu: int | None = Field(
        default=None, description="the number of the GPU it ran on, as in cuda:1; None on a CPU, or if not known"
    )
    threads: int = 0
    load_s: float = 0.0
    load_cpu_s: float = 0.0
    peak_memory_mb: float = 0.0
    peak_gpu_memory_mb: float | None = None
    load_average: float | None = Field(
        default=None, description="load average of the whole machine over the last minute, this worker included"
    )
    random_weights: bool = Field(default=False, description="its weights were a random checkpoint: its answers are not scored")
    answered: int = 0
    ended: str = Field(description="'closed', or what went wrong")


class Score(Strict):
    """A metric over the samples that could be scored, with its 95 % cluster-bootstrap interval."""

    metric: str
    version: int
    scorer: str = Field(default="", description="the computation, as Metric.scorer; empty in runs of version 0.2 and older")
    value: float | None = Field(description="None where the metric is undefined on these samples")
    low: float | None
    high: float | None
    n_scored: int
    n_unscored: int = Field(description="failed answers, missing references and missing judgements")
    n_inapplicable: int = Field(
        default=0,
        description="answered samples on which the metric has nothing to count (Metric.counts): in neither of the two above",
    )
    n_groups: int
    note: str = Field(default="", description="why the value or the interval is missing")
    run_values: tuple[float, ...] = Field(
        default=(),
        description="in reports: the value of every run, where it was repeated with other seeds; ``value`` is their mean",
    )


class Speed(Strict):
    """Time and memory, measured by the worker; latencies exclude each worker's first answer.

    A ``contended`` speed was affected by other load on the machine: it is shown, and not used for rankings or grades.
    """

    latency_p50_s: float | None = None
    latency_p95_s: float | None = None
    latency_p99_s: float | None = None
    real_time_factor: float | None = Field(default=None, description="processing time / sound time; None for text")
    cpu_s: float | None = Field(default=None, description="CPU seconds over all answers")
    load_s: float | None = None
    cold_start_s: float | None = Field(default=None, description="load + first answer")
    peak_memory_mb: float | None = None
    peak_gpu_memory_mb: float | None = None
    threads: int | None = None
    n_timed: int = 0
    contended: bool | None = Field(
        default=None, description="whether other processes delayed its timed answers by more than a tenth; None: not known"
    )
    waited_share: float | None = Field(
        default=None, description="time spent waiting for cores that others used / time of the timed answers; None: not known"
    )
    cpu_share: float | None = Field(
        default=None, description="CPU time / wall time of the timed answers; above 1 with several threads"
    )
    load_average: float | None = Field(default=None, description="the highest of its sessions")
    timed_alone: bool = Field(
        default=False, description="times are from model-lab time, with one worker running, not from the run"
    )


class Run(Strict):
    """The outcome of one `RunSpec`: ``scores.json`` in its folder."""

    schema_version: int = SCHEMA_VERSION
    run: str
    spec: RunSpec
    key: str
    tier: Tier
    status: Status
    reason: str = Field(default="", description="why it is not complete")
    clusters: Clusters = Field(default="given", description="where the groups come from: unknown if that holds for any sample")
    n_samples: int
    n_ok: int
    n_failed: int
    failures: dict[str, int] = Field(default={}, description="error text -> number of samples")
    scores: tuple[Score, ...] = ()
    speed: Speed = Speed()
    scored_from: dict[str, str] = Field(
        default={}, description="every JSONL file that the scores depend on -> its SHA-256; empty in runs of version 0.1"
    )
