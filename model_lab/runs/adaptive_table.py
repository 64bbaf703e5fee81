"""One dataset of an adaptive sprint: who competes on it, how far each has come, what the looks decide, and what the next one would cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import combinations

from model_lab.capabilities import Capability, capability
from model_lab.datasets.shuffling import rank
from model_lab.metrics._base import Metric
from model_lab.metrics.looks import Decision, Pair, chance_to_decide, decide, schedule, undecided
from model_lab.metrics.sequential import ALPHA, boundaries
from model_lab.metrics.statistics import MIN_GROUPS_TO_COMPARE
from model_lab.registry import model_cards
from model_lab.results.looks import MeasuredPair, StoredLook, looks_log, looks_of, measure, sentence
from model_lab.results.schema import UNTOUCHED, Score, WorkerSession
from model_lab.results.scoring import judgements
from model_lab.results.speed import needs_rerun_alone
from model_lab.results.store import ResultCell, RunFolder
from model_lab.runs.runner import Assignment


@dataclass(frozen=True)
class Step:
    """The next look of a dataset.

    ``number``: of the look, from 0. ``models``: whom to ask. ``decisions``: how many it is expected to make. ``seconds``: what it takes;
    None if that is not known.
    """

    table: AdaptiveTable
    number: int
    models: tuple[str, ...]
    decisions: float
    seconds: float | None

    @property
    def assignments(self) -> list[Assignment]:
        """The models with their samples up to the look."""
        return [self.table.prefix(model, self.number) for model in self.models]


@dataclass
class AdaptiveTable:
    """A dataset and its models. ``stuck``: models that did not get as far as they were asked to, and are not asked again."""

    folder: RunFolder
    dataset: str
    work: Mapping[str, Assignment]
    stuck: set[str] = field(default_factory=set)

    @cached_property
    def capability(self) -> Capability:
        """What its models are asked."""
        return capability(next(iter(self.work.values())).spec.capability)

    @property
    def metric(self) -> Metric:
        """What decides."""
        return self.capability.primary

    @cached_property
    def clusters(self) -> dict[str, int]:
        """The place of each cluster in an order by chance, which is the same on every machine."""
        groups = {sample.group for each in self.work.values() for sample in each.samples}
        return {group: place for place, group in enumerate(sorted(groups, key=rank))}

    @cached_property
    def schedule(self) -> list[int]:
        """The number of clusters of each look."""
        return schedule(len(self.clusters))

    @property
    def testable(self) -> bool:
        """Whether there are enough clusters to show any difference."""
        return len(self.clusters) >= MIN_GROUPS_TO_COMPARE

    def cell(self, model: str) -> ResultCell:
        """The folder of a model, or of the untouched input."""
        return self.folder.cell(model, self.dataset)

    def prefix(self, model: str, number: int) -> Assignment:
        """A model's samples up to a look, cluster by cluster."""
        each, end = self.work[model], self.schedule[number]
        kept = [sample for sample in each.samples if self.clusters[sample.group] < end]
        return replace(each, samples=sorted(kept, key=lambda sample: self.clusters[sample.group]))

    def reached(self, model: str) -> int:
        """The number of looks for which it has answered, or failed to answer, every sample."""
        cell = self.cell(model)
        each = self.work.get(model) or next(iter(self.work.values()))
        header = cell.header()
        if header is None or (model in self.work and header["key"] != each.spec.key):
            return 0
        settled = {sample for sample, result in cell.latest().items() if not needs_rerun_alone(result)}
        left_out = each.left_out if model in self.work else {}
        missing = [self.clusters[s.group] for s in each.samples if s.id not in settled and s.id not in left_out]
        return sum(end <= min(missing, default=math.inf) for end in self.schedule)

    def scores(self) -> dict[str, Score]:
        """The primary score of every competitor, the untouched input included and oracles not, best first."""
        names = [name for name in self.work if not self._is_oracle(name)] + [UNTOUCHED]
        found = {}
        for name in names:
            outcome = self.cell(name).outcome()
            score = next((each for each in outcome.scores if each.metric == self.metric.name), None) if outcome else None
            if score is not None and score.value is not None and math.isfinite(score.value):
                found[name] = score
        sign = -1 if self.metric.higher_is_better else 1
        return dict(sorted(found.items(), key=lambda item: (sign * (item[1].value or 0.0), item[0])))

    def looks(self) -> dict[Pair, list[StoredLook]]:
        """The looks so far."""
        return looks_of(self.folder, self.dataset, self.metric, {name: self.cell(name) for name in (*self.work, UNTOUCHED)})

    def decisions(self, looks: Mapping[Pair, Sequence[StoredLook]]) -> dict[Pair, Decision]:
        """What looks decide."""
        measured = {pair: [stored.measured() for stored in of_pair] for pair, of_pair in looks.items()}
        return decide(measured, self.metric.higher_is_better, self.metric.margin)

    def take_looks(self) -> list[str]:
        """Record the looks that the scored answers allow and that are not recorded. Returns a sentence for each pair that they decide."""
        reached = {name: self.reached(name) for name in sorted(self.scores())} if self.testable else {}
        looks = self.looks()
        before, new = self.decisions(looks), list[StoredLook]()
        for number, clusters in enumerate(self.schedule):
            there = [name for name, looked in reached.items() if looked > number]
            due = {pair for pair in combinations(there, 2) if pair not in looks or looks[pair][-1].clusters < clusters}
            names = {name for pair in due for name in pair}
            seen = measure(
                {name: self.cell(name) for name in there if name in names},
                self.metric,
                {group for group, place in self.clusters.items() if place < clusters},
                clusters / self.schedule[-1],
            )
            for pair in due & set(seen):
                new.append(self._stored(pair, seen[pair], clusters, looks.get(pair, ())))
                looks.setdefault(pair, []).append(new[-1])
        after = self.decisions(looks)
        for stored in new:
            looks_log(self.folder).append(stored.model_copy(update={"verdict": after[stored.first, stored.second].verdict}))
        return [
            f"{self.dataset}: {sentence(pair, looks[pair], made, self.metric)}"
            for pair, made in after.items()
            if made.verdict != "open" and (pair not in before or before[pair].verdict == "open")
        ]

    def _stored(self, pair: Pair, seen: MeasuredPair, clusters: int, earlier: Sequence[StoredLook]) -> StoredLook:
        planned = self.schedule[-1]
        bound = float(boundaries([*(look.time for look in earlier), clusters / planned])[-1])
        headers = [self.cell(name).header() or {} for name in pair]
        return StoredLook(
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            dataset=self.dataset,
            metric=self.metric.name,
            version=self.metric.version,
            first=pair[0],
            second=pair[1],
            keys=(headers[0]["key"], headers[1]["key"]),
            clusters=clusters,
            planned=planned,
            n_samples=seen.n_samples,
            n_groups=seen.look.n_groups,
            n_differing=seen.look.n_differing,
            difference=seen.look.difference,
            error=seen.look.error,
            boundary=bound if math.isfinite(bound) else None,
            verdict="open",
        )

    def next_step(self) -> Step | None:
        """What to ask next: the models that are open and least far; None if nothing is open or all samples have been asked."""
        asked = {name: self.reached(name) for name in self.work if name not in self.stuck}
        new = [name for name, looks in asked.items() if not looks]
        if new:
            return Step(self, 0, tuple(new), math.inf if self.testable else 0.0, None)
        looks, scores = self.looks(), self.scores()
        open_pairs = [
            pair for pair in self._open_pairs(looks, scores) if all(name in asked or name == UNTOUCHED for name in pair)
        ]
        grades = self._open_grades(scores)
        wanted = {name for pair in open_pairs for name in pair} | grades
        room = {name: asked[name] for name in wanted if name in asked and asked[name] < len(self.schedule)}
        if not room:
            return None
        number = min(room.values())
        models = [name for name, looks in room.items() if looks == number]
        ends = [name for name, looks in asked.items() if self._is_oracle(name) and looks <= number]
        decisions = self._expected_ranks(open_pairs, looks, models, number) + self._expected_grades(grades & set(models), number)
        seconds = sum(self._seconds(name, number) for name in models)
        return Step(self, number, (*models, *ends), decisions, seconds)

    def longest(self) -> Assignment | None:
        """The assignment up to the look that the furthest model has reached; None before the first."""
        reached = {name: self.reached(name) for name in self.work}
        furthest = max(reached, key=reached.__getitem__)
        return self.prefix(furthest, reached[furthest] - 1) if reached[furthest] else None

    def _open_pairs(self, looks: Mapping[Pair, Sequence[StoredLook]], scores: Mapping[str, Score]) -> list[Pair]:
        """The open pairs on which ranks depend."""
        return undecided(list(scores), self.decisions(looks)) if self.testable else []

    def _open_grades(self, scores: Mapping[str, Score]) -> set[str]:
        """The models with a threshold of a grade within their interval."""
        models = [name for name in scores if name != UNTOUCHED and self._kind(name) != "baseline"]
        thresholds = self._grade_thresholds(scores)
        return {name for name in models if any(_within(threshold, scores[name]) for threshold in thresholds)}

    def _grade_thresholds(self, scores: Mapping[str, Score]) -> tuple[float, ...]:
        """The thresholds of its grades in the unit of the metric; none while the baseline that they refer to has no value."""
        grading, metric = self.capability.grading, self.capability.primary
        if grading is None:
            return ()
        baseline = scores.get(
            {"null": "baseline_null", "chance": "baseline_random", "untouched": UNTOUCHED}.get(grading.over, "")
        )
        return grading.values(baseline.value if baseline else None, metric.best, metric.higher_is_better)

    def _expected_ranks(
        self, pairs: Sequence[Pair], looks: Mapping[Pair, Sequence[StoredLook]], models: Sequence[str], number: int
    ) -> float:
        """How many of the pairs that would have another look it is expected to decide."""
        alpha = ALPHA / max(1, len(looks))
        time = self.schedule[number] / self.schedule[-1]
        return sum(
            chance_to_decide([stored.measured() for stored in looks.get(_sorted(pair), ())], time, self.metric.margin, alpha)
            for pair in pairs
            if set(pair) & set(models)
        )

    def _expected_grades(self, models: set[str], number: int) -> float:
        """The same of grades: an interval shrinks by 1 - sqrt(n / n'), and a threshold may be anywhere within it."""
        return len(models) * (1 - math.sqrt(self.schedule[number - 1] / self.schedule[number])) if number else 0.0

    def _seconds(self, name: str, number: int) -> float:
        """Loading the model, and its new samples at the mean time of its answers and their judgements so far."""
        cell = self.cell(name)
        latest, sessions = cell.latest(), cell.sessions.read(WorkerSession)
        new = sum(sample.id not in latest for sample in self.prefix(name, number).included)
        loads = [session.load_s for session in sessions if session.worker_pid]
        answers = [result.latency_s or 0.0 for result in latest.values()]
        judges = {metric.judge.model: metric.judge for metric in self.capability.metrics if metric.judge}
        judged = [[each.latency_s or 0.0 for each in judgements(cell, judge).values()] for judge in judges.values()]
        per_sample = _mean(answers) + sum(map(_mean, judged))
        return _mean(loads) + new * per_sample

    def _is_oracle(self, name: str) -> bool:
        return self._kind(name) == "oracle"

    def _kind(self, name: str) -> str:
        return model_cards.configured(name, self.work[name].spec.options).kind


def _within(threshold: float, score: Score) -> bool:
    return score.low is not None and score.high is not None and score.low < threshold < score.high


def _sorted(pair: Pair) -> Pair:
    return (min(pair), max(pair))


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
