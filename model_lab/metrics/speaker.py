"""Same speaker or not: equal error rate, detection cost and error at a frozen threshold, over trials that carry a score
(higher = same); and how alike two voices are to a speaker verifier."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.errors import ContractBroken
from model_lab.metrics._base import Components, Judge, Metric, mean_of, ratio
from model_lab.types import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

P_TARGET = 0.05
"""Prior probability of a same-speaker trial in the detection cost; both errors cost 1 (NIST SRE, VoxCeleb)."""

Array: TypeAlias = "npt.NDArray[np.float64]"
Trials: TypeAlias = "tuple[npt.NDArray[np.bool_], Array]"


@dataclass(frozen=True)
class VoiceTruth:
    """Whose voice it is, and which recording: a recording is never compared with itself."""

    speaker: str
    recording: str


@dataclass(frozen=True)
class Trial:
    """Whether two recordings are of one speaker, and the group (speaker, recording) that the trial belongs to."""

    same: bool
    group: str = ""


def trial_components(reference: Trial, hypothesis: float) -> Components:
    """One trial.

    >>> trial_components(Trial(True, "ann"), 0.8)
    {'same': [True], 'scores': [0.8], 'groups': ['ann']}
    """
    return {"same": [reference.same], "scores": [float(hypothesis)], "groups": [reference.group]}


def voice_components(reference: VoiceTruth, hypothesis: FloatArray) -> Components:
    """One recording's embedding, speaker and identity; trials are made of the whole pool.

    >>> voice_components(VoiceTruth("ann", "a1"), np.array([1, 0], np.float32))
    {'vectors': [[1.0, 0.0]], 'speakers': ['ann'], 'recordings': ['a1']}
    """
    return {"vectors": [hypothesis.tolist()], "speakers": [reference.speaker], "recordings": [reference.recording]}


def given_trials(pooled: Mapping[str, Any]) -> Trials:
    """Of each trial, whether it is the same speaker, and the score."""
    return np.asarray(pooled["same"], bool), np.asarray(pooled["scores"], np.float64)


def all_pairs(pooled: Mapping[str, Any]) -> Trials:
    """Every pair of different recordings, scored by cosine; a recording drawn twice (bootstrap) is not paired with itself.

    >>> pooled = {"vectors": [[1, 0], [1, 0], [0, 1]], "speakers": ["ann", "ann", "bob"], "recordings": ["1", "1", "2"]}
    >>> same, scores = all_pairs(pooled)
    >>> same.tolist(), scores.tolist()
    ([False, False], [0.0, 0.0])
    """
    if len({len(vector) for vector in pooled["vectors"]}) > 1:
        raise ContractBroken("embeddings of one model differ in length; expected the same number of values for every recording")
    _, drawn, recordings = np.unique(pooled["recordings"], return_index=True, return_inverse=True)
    vectors = np.asarray([pooled["vectors"][index] for index in drawn], np.float64)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    cosines = unit @ unit.T
    speakers = np.unique(pooled["speakers"], return_inverse=True)[1]
    first, second = np.triu_indices(len(recordings), 1)
    different = recordings[first] != recordings[second]
    first, second = first[different], second[different]
    return speakers[first] == speakers[second], cosines[recordings[first], recordings[second]]


def equal_error_rate(same: npt.NDArray[np.bool_], scores: Array) -> float:
    """Where false rejects equal false accepts, linear between points of the ROC curve; NaN unless both kinds of trial are there.

    >>> equal_error_rate(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))
    0.5
    """
    curve = _error_curve(same, scores)
    if curve is None:
        return float("nan")
    false_accepts, false_rejects = curve
    gap = false_rejects - false_accepts  # falls from 1 to -1
    after = int(np.argmax(gap <= 0))
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(false_accepts[after - 1] + share * (false_accepts[after] - false_accepts[after - 1]))


def minimum_cost(same: npt.NDArray[np.bool_], scores: Array) -> float:
    """The least detection cost over all thresholds, divided by that of the better constant answer (so 1 at most).

    >>> minimum_cost(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))  # accept 0.9 alone: half are missed
    0.5
    """
    curve = _error_curve(same, scores)
    if curve is None:
        return float("nan")
    false_accepts, false_rejects = curve
    cost = P_TARGET * false_rejects + (1 - P_TARGET) * false_accepts
    return float(cost.min() / min(P_TARGET, 1 - P_TARGET))


def half_total_error_rate(pooled: Mapping[str, Any]) -> float:
    """(false accepts + false rejects) / 2 where no trial is judged by a threshold that it helped to set.

    The groups are dealt into two halves, those with the same kinds of trial in the order of their names' hashes; the threshold
    for each half is the one at which the error rates of the other half are nearest to equal, midway between two of its scores;
    both halves' errors are counted together. NaN where a half lacks a kind of trial.

    >>> trials = {"same": [True, False, True, False], "scores": [0.9, 0.1, 0.4, 0.3], "groups": ["ann", "ann", "bob", "bob"]}
    >>> half_total_error_rate(trials)  # ann's threshold of 0.5 misses bob's 0.4; bob's of 0.35 is right about ann
    0.25
    """
    same, scores = given_trials(pooled)
    halves = _second_half(pooled["groups"], same)
    accepted = np.zeros(len(same), bool)
    for half in (halves, ~halves):
        threshold = balanced_threshold(same[~half], scores[~half])
        if math.isnan(threshold):
            return math.nan
        accepted[half] = scores[half] >= threshold
    return (
        ratio(float((accepted & ~same).sum()), float((~same).sum())) + ratio(float((same & ~accepted).sum()), float(same.sum()))
    ) / 2


def balanced_threshold(same: npt.NDArray[np.bool_], scores: Array) -> float:
    """The threshold at which false accepts and false rejects are nearest to equal: midway between neighbouring scores.

    Scores at or above it are accepted. Of several the lowest; infinite where accepting all or none comes nearest; NaN without
    both kinds of trial.

    >>> balanced_threshold(np.array([True, True, False, False]), np.array([1.0, 0.75, 0.25, 0.0]))
    0.5
    """
    if same.all() or not same.any():
        return math.nan
    levels, places = np.unique(scores, return_inverse=True)
    below = {kind: np.append(0, np.bincount(places[same == kind], minlength=len(levels)).cumsum()) for kind in (True, False)}
    n_same, n_different = below[True][-1], below[False][-1]
    gap = np.abs(
        below[True] * n_different - (n_different - below[False]) * n_same
    )  # of the two rates, times n_same * n_different
    cuts = np.concatenate([[-math.inf], (levels[1:] + levels[:-1]) / 2, [math.inf]])
    return float(cuts[np.argmin(gap)])


def _second_half(groups: Sequence[str], same: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of each trial, whether its group is in the second half; one group is always whole."""
    kinds: dict[str, set[bool]] = {}
    for group, kind in zip(groups, same.tolist(), strict=True):
        kinds.setdefault(group, set()).add(kind)
    names = sorted(kinds, key=lambda group: (sorted(kinds[group]), hashlib.sha256(group.encode()).hexdigest()))
    second = set(names[1::2])
    return np.array([group in second for group in groups], bool)


def _error_curve(same: npt.NDArray[np.bool_], scores: Array) -> tuple[Array, Array] | None:
    """False-accept and false-reject rates from "accept none" to "accept all"; `None` if either kind of trial is missing."""
    from sklearn.metrics import roc_curve

    if same.all() or not same.any():
        return None
    false_accepts, accepts, _ = roc_curve(same, scores, drop_intermediate=False)
    return false_accepts, 1 - accepts


def _metrics(components: Callable[..., Components], trials: Callable[[Mapping[str, Any]], Trials]) -> tuple[Metric, Metric]:
    eer = Metric(
        name="eer",
        title="equal error rate",
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=1.0,
        version=1,
        source="ISO/IEC 19795-1, on scikit-learn's ROC curve",
        components=components,
        value=lambda pooled: equal_error_rate(*trials(pooled)),
    )
    cost = Metric(
        name="min_dcf",
        title="least detection cost at 5 % same-speaker trials",
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=1.0,
        version=1,
        source="NIST SRE 2018 evaluation plan",
        components=components,
        value=lambda pooled: minimum_cost(*trials(pooled)),
    )
    return eer, cost


TRIAL_EER, TRIAL_MIN_DCF = _metrics(trial_components, given_trials)
TRIAL_HTER = Metric(
    name="hter",
    title="half total error rate, threshold from the other half of the groups",
    unit="ratio",
    higher_is_better=False,
    best=0.0,
    worst=1.0,
    version=1,
    source="Bengio and Mariéthoz 2004, the threshold cross-validated over two halves",
    components=trial_components,
    value=half_total_error_rate,
)
PAIR_EER, PAIR_MIN_DCF = _metrics(voice_components, all_pairs)


def _similarity(name: str, model: str, source: str) -> Metric:
    """How alike ``model`` finds the reference's ``voice`` and the answer: the mean cosine of their embeddings."""
    components, value = mean_of(lambda reference, hypothesis, cosine: cosine)
    return Metric(
        name=name,
        title=f"similarity to the reference voice, as {model} hears it",
        unit="cosine",
        higher_is_better=True,
        best=1.0,
        worst=-1.0,
        version=1,
        source=source,
        components=components,
        value=value,
        judge=Judge(model, "speaker_verify", lambda reference, hypothesis: (reference.voice, hypothesis)),
    )


SIMILARITY = _similarity("similarity", "resemblyzer", "cosine of GE2E embeddings, Wan et al. 2018")
SECOND_SIMILARITY = _similarity("second_similarity", "voicefilter_embedder", "cosine of d-vectors, Wang et al. 2019")
