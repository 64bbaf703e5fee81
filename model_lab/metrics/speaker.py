"""Same speaker or not: equal error rate and detection cost, over trials that carry a score (higher = same)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.errors import ContractBroken
from model_lab.metrics._base import Components, Metric
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


def trial_components(reference: bool, hypothesis: float) -> Components:
    """One trial.

    >>> trial_components(True, 0.8)
    {'same': [True], 'scores': [0.8]}
    """
    return {"same": [bool(reference)], "scores": [float(hypothesis)]}


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
PAIR_EER, PAIR_MIN_DCF = _metrics(voice_components, all_pairs)
