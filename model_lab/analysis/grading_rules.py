"""``grades.yaml``: the thresholds, letters, levels of evidence and weights of datasets, each with its reason and source."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from model_lab import capabilities
from model_lab.capabilities._grading import OVER_TITLES, Grading, Measure, Over, threshold_problem
from model_lab.datasets.card import Author, Tier
from model_lab.datasets.manifest import Clusters
from model_lab.errors import nearest
from model_lab.runs.sprint import PACKAGED
from model_lab.schemas import Strict, parse, read_yaml

Letter = Literal["A", "B", "C", "D", "F"]
LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D", "F")
Level = Literal["strong", "moderate", "thin"]
LEVELS: tuple[Level, ...] = ("strong", "moderate", "thin")
Origin = Literal["third-party", "publisher", "unknown", "project", "own"]
"""Who wrote a test, as a model sees it: its dataset's author, or ``own`` if the model's makers made or used the data."""
Thresholds = tuple[float, float, float, float]

_NUMBERS = ("real_time_factor", "latency_s", "memory_gb", "failure_rate")
_EVIDENCE_NOW = ("clusters", "clusters_known", "tier", "truth")
"""Keys of 0.2 that capped the letter, and are levels of evidence now."""


class Founded(Strict):
    """A rule with its reason and source."""

    reason: str = ""
    source: str = ""


class Steps(Founded):
    """A rule on a number."""

    thresholds: Thresholds


class Letters(Founded):
    """A rule on a kind: the best letter that each can earn."""

    letters: dict[str, Letter]


class Bounds(Founded):
    """Evidence by a number."""

    strong: float
    moderate: float


class Levels(Founded):
    """Evidence by a kind."""

    levels: dict[str, Level]


class EvidenceRules(Strict):
    """The levels of evidence."""

    clusters: Bounds
    half_width: Bounds
    tier: Levels
    truth: Levels
    author: Levels
    clusters_known: Levels
    doing_nothing: Levels

    @model_validator(mode="after")
    def _complete(self) -> EvidenceRules:
        kinds: dict[str, tuple[Levels, Any]] = {
            "tier": (self.tier, Tier),
            "author": (self.author, Origin),
            "clusters_known": (self.clusters_known, Clusters),
        }
        for name, (rule, literal) in kinds.items():
            if missing := [kind for kind in literal.__args__ if kind not in rule.levels]:
                raise ValueError(f"evidence.{name} has no level for {', '.join(missing)}")
        return self


class Weights(Founded):
    """How much a dataset counts: the product of both."""

    author: dict[Origin, float]
    truth: dict[str, float]

    def of(self, origin: Origin, truth: str) -> float:
        """The weight of a dataset, 0 or more."""
        return self.author.get(origin, 0.0) * self.truth.get(truth, 0.0)


class Quality(Founded):
    """The thresholds of a capability, instead of its own."""

    thresholds: Thresholds
    measure: Measure = "value"
    over: Over = ""

    @property
    def grading(self) -> Grading:
        """As a capability has it."""
        return Grading(self.thresholds, self.measure, self.over, self.reason, self.source)


class Rules(Strict):
    """The schema of ``grades.yaml``."""

    quality: dict[str, Quality] = Field(default={}, description="capability -> its grading, instead of the capability's own")
    real_time_factor: Steps
    latency_s: Steps
    memory_gb: Steps
    failure_rate: Steps
    independence: Letters
    licence: Letters
    deterministic: Letters
    evidence: EvidenceRules
    weights: Weights

    @model_validator(mode="before")
    @classmethod
    def _accept_old(cls, content: Any) -> Any:
        """Rules of 0.2: plain lists and mappings, and evidence that capped the letter."""
        return _renewed(content) if isinstance(content, dict) and _is_old(content) else content

    @field_validator("quality", mode="before")
    @classmethod
    def _accept_lists(cls, quality: Any) -> Any:
        """Four numbers are thresholds of the value."""
        if not isinstance(quality, dict):
            return quality
        return {name: {"thresholds": given} if isinstance(given, (list, tuple)) else given for name, given in quality.items()}

    @field_validator("deterministic", mode="before")
    @classmethod
    def _name_truth_values(cls, rule: Any) -> Any:
        """YAML reads true and false as truth values."""
        if isinstance(rule, dict) and isinstance(rule.get("letters"), dict):
            return {**rule, "letters": {str(kind).lower(): given for kind, given in rule["letters"].items()}}
        return rule

    @field_validator("quality")
    @classmethod
    def _check_names(cls, quality: dict[str, Quality]) -> dict[str, Quality]:
        """Reject a name that looks misspelt; others may belong to a plug-in that is not installed here."""
        for name, given in quality.items():
            if name not in capabilities.names() and (meant := nearest(name, capabilities.names())):
                raise ValueError(f"there is no capability {name!r}{meant}")
            if problem := threshold_problem(given.thresholds):
                raise ValueError(f"the thresholds of {name} are {list(given.thresholds)}; {problem}")
            definition = capabilities.usable(name)
            metric = definition.primary if definition else None
            if definition and metric:
                for fault in given.grading.faults(metric.higher_is_better, metric.best, definition.untouched):
                    raise ValueError(f"quality of {name}: {fault}")
        return quality

    @model_validator(mode="after")
    def _ordered(self) -> Rules:
        for name in _NUMBERS:
            thresholds = getattr(self, name).thresholds
            if problem := threshold_problem(thresholds):
                raise ValueError(f"the thresholds of {name} are {list(thresholds)}; {problem}")
        for name, rule, kinds in (
            ("independence", self.independence, ("independent", "project", "own")),
            ("licence", self.licence, ("permissive", "commercial", "any")),
            ("deterministic", self.deterministic, ("true", "false")),
        ):
            if missing := [kind for kind in kinds if kind not in rule.letters]:
                raise ValueError(f"{name} has no letter for {', '.join(missing)}")
        return self

    @property
    def unused(self) -> tuple[str, ...]:
        """The capabilities under quality that are not installed here."""
        return tuple(name for name in self.quality if name not in capabilities.names())

    def of(self, capability: str) -> Grading | None:
        """The grading of a capability's primary metric: that of this file, else its own; None if it has none."""
        if capability in self.quality:
            return self.quality[capability].grading
        definition = capabilities.usable(capability)
        return definition.grading if definition else None

    def explained(self) -> Iterator[dict[str, str]]:
        """Every rule as a table row: its values, reason and source; the capabilities' quality first."""
        for name in capabilities.names():
            if grading := self.of(name):
                yield _row(f"quality of {name}", graded(name, grading), grading.reason, grading.source)
        for name in _NUMBERS:
            steps: Steps = getattr(self, name)
            yield _row(name, _steps(steps.thresholds), steps.reason, steps.source)
        for name, letters in (
            ("independence", self.independence),
            ("licence", self.licence),
            ("deterministic", self.deterministic),
        ):
            yield _row(name, _pairs(letters.letters), letters.reason, letters.source)
        for name, levels in self.evidence:
            shown = (
                _pairs(levels.levels) if isinstance(levels, Levels) else f"strong {levels.strong:g}, moderate {levels.moderate:g}"
            )
            yield _row(f"evidence ({name.replace('_', ' ')})", shown, levels.reason, levels.source)
        yield _row(
            "weights of datasets",
            f"author: {_pairs(self.weights.author)}; truth: {_pairs(self.weights.truth)}",
            self.weights.reason,
            self.weights.source,
        )


def graded(capability: str, grading: Grading) -> str:
    """What is graded, and its thresholds, in words."""
    definition = capabilities.usable(capability)
    metric = definition.primary.name if definition else "its primary metric"
    what = {
        "value": metric,
        "gain": f"gain in {metric} over {OVER_TITLES.get(grading.over, '')}",
        "share": f"share of the possible gain in {metric} over {OVER_TITLES.get(grading.over, '')}",
    }[grading.measure]
    return f"{what}: {_steps(grading.thresholds)}"


def _steps(thresholds: Thresholds) -> str:
    return ", ".join(f"{letter} {threshold:g}" for letter, threshold in zip(LETTERS, thresholds, strict=False))


def _pairs(kinds: Mapping[Any, Any]) -> str:
    return ", ".join(f"{kind} {given}" for kind, given in kinds.items())


def _row(rule: str, values: str, reason: str, source: str) -> dict[str, str]:
    return {"rule": rule, "values": values, "reason": reason, "source": source}


def _is_old(content: Mapping[str, Any]) -> bool:
    return any(key in content for key in _EVIDENCE_NOW) or isinstance(content.get("real_time_factor"), list)


def _renewed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A file of 0.2 in today's form; what it does not have is as packaged."""
    warnings.warn(
        "these rules are in the form of 0.2: clusters, clusters_known, tier and truth are levels under evidence now, and a rule is "
        "{thresholds or letters, reason, source}; copy model_lab/config/grades.yaml: the next release reads only that",
        FutureWarning,
        2,
    )
    packaged = read_yaml(PACKAGED / "grades.yaml")
    given = {key: value for key, value in content.items() if key not in _EVIDENCE_NOW}
    for name in _NUMBERS:
        if isinstance(given.get(name), list):
            given[name] = {"thresholds": given[name]}
    for name in ("licence", "deterministic"):
        if isinstance(given.get(name), dict) and "letters" not in given[name]:
            given[name] = {"letters": given[name]}
    return {**packaged, **given}


def rules(path: Path = PACKAGED / "grades.yaml") -> Rules:
    """The rules in a file; raises `BadConfig` with the key that is wrong."""
    return parse(Rules, read_yaml(path), path)


def origin(author: Author, dataset: str, own_datasets: tuple[str, ...]) -> Origin:
    """Who wrote the test, as a model sees it that has ``own_datasets``.

    >>> origin("publisher", "clips", ()), origin("publisher", "clips", ("clips",))
    ('publisher', 'own')
    """
    return "own" if dataset in own_datasets else author
