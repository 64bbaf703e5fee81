"""Speaker verification: are two recordings of the same speaker? And how similar are two voices to a speaker verification model?

Conventions
-----------
- A trial is a pair of recordings with a score; higher means more likely the same speaker. Scores need no common scale.
- A false accept is a different-speaker trial at or above the threshold, a false reject a same-speaker trial below it.
- From embeddings, every pair of different recordings of the pool is a trial, scored by the cosine.
- Metrics over trials are NaN unless the pool holds both same-speaker and different-speaker trials.

Metrics
-------
FA(t) and FR(t) are the rates of false accepts and false rejects at a threshold t. Lower is better.

- `TRIAL_EER`, `PAIR_EER` (``eer``): the rate at which FA = FR, linear between points of the ROC curve; ratio in 0 to 1. ISO/IEC 19795-1,
  on scikit-learn's ROC curve.
- `TRIAL_MIN_DCF`, `PAIR_MIN_DCF` (``min_dcf``): min over t of (P FR(t) + (1 - P) FA(t)) / min(P, 1 - P) with the prior P = `P_TARGET`;
  ratio in 0 to 1. NIST SRE 2018 evaluation plan.
- `TRIAL_MIN_DCF_VOXCELEB`, `PAIR_MIN_DCF_VOXCELEB` (``min_dcf_voxceleb``): the same with the prior `P_TARGET_VOXCELEB`. Nagrani et al. 2017.
- `TRIAL_HTER` (``hter``): (FA + FR) / 2 at thresholds set on the other half of the groups; ratio in 0 to 1. Bengio and Mariéthoz 2004.
- `SIMILARITY` (``similarity``): mean cosine of the answer's and the reference voice's GE2E embeddings, by ``resemblyzer``; -1 to 1,
  higher is better. Wan et al. 2018.
- `SECOND_SIMILARITY` (``second_similarity``): the same with d-vectors, by ``voicefilter_embedder``. Wang et al. 2019.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.errors import ContractBroken
from model_lab.metrics._base import Components, Judge, Metric, mean_of, ratio
from model_lab.types import FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

P_TARGET = 0.05
"""Prior probability of a same-speaker trial in `TRIAL_MIN_DCF`; both errors cost 1 (NIST SRE 2018, VoxSRC)."""
P_TARGET_VOXCELEB = 0.01
"""The prior in papers on VoxCeleb (Nagrani et al. 2017, SpeechBrain, WeSpeaker); both errors cost 1."""

Array: TypeAlias = "npt.NDArray[np.float64]"
Trials: TypeAlias = "tuple[npt.NDArray[np.bool_], Array]"


@dataclass(frozen=True)
class VoiceTruth:
    """Reference of a speaker embedding.

    Attributes:
        speaker: Whose voice it is.
        recording: Identifier of the recording, which is never compared with itself.
    """

    speaker: str
    recording: str


@dataclass(frozen=True)
class Trial:
    """Reference of a verification trial.

    Attributes:
        same: Whether both recordings are of one speaker.
        group: Speaker or recording that the trial belongs to; a group is never split when a threshold is cross-validated.
    """

    same: bool
    group: str = ""


def trial_components(reference: Trial, hypothesis: float) -> Components:
    """Collect one trial.

    Args:
        reference: Whether the speakers are the same.
        hypothesis: Score of the pair, higher means the same.

    Returns:
        ``same``: one bool; ``scores``: one score; ``groups``: one group.

    Examples:
        >>> trial_components(Trial(True, "ann"), 0.8)
        {'same': [True], 'scores': [0.8], 'groups': ['ann']}
    """
    return {"same": [reference.same], "scores": [float(hypothesis)], "groups": [reference.group]}


def voice_components(reference: VoiceTruth, hypothesis: FloatArray) -> Components:
    """Collect one embedding; trials are made from the whole pool.

    Args:
        reference: Speaker and recording.
        hypothesis: Embedding, float32, shape ``(dimensions,)``.

    Returns:
        ``vectors``: one list of floats; ``speakers``: one speaker; ``recordings``: one identifier.

    Examples:
        >>> voice_components(VoiceTruth("ann", "a1"), np.array([1, 0], np.float32))
        {'vectors': [[1.0, 0.0]], 'speakers': ['ann'], 'recordings': ['a1']}
    """
    return {"vectors": [hypothesis.tolist()], "speakers": [reference.speaker], "recordings": [reference.recording]}


def given_trials(pooled: Mapping[str, Any]) -> Trials:
    """Read the trials of a pool of scored pairs.

    Args:
        pooled: Pooled `trial_components`.

    Returns:
        same: Whether each trial is of one speaker, bool, shape ``(trials,)``.
        scores: Score of each trial, float64, shape ``(trials,)``.
    """
    return np.asarray(pooled["same"], bool), np.asarray(pooled["scores"], np.float64)


def all_pairs(pooled: Mapping[str, Any]) -> Trials:
    """Make a trial of every pair of different recordings of a pool, scored by the cosine.

    A recording that a bootstrap draw holds twice forms trials twice, but none with itself.

    Args:
        pooled: Pooled `voice_components`.

    Returns:
        same: Whether each trial is of one speaker, bool, shape ``(trials,)``.
        scores: Cosine of each trial in -1 to 1, float64, shape ``(trials,)``; 0 where an embedding is all zeros.

    Raises:
        ContractBroken: If the embeddings differ in length.

    Examples:
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
    """Compute the equal error rate.

    Args:
        same: Whether each trial is of one speaker, shape ``(trials,)``.
        scores: Score of each trial, higher means the same, shape ``(trials,)``.

    Returns:
        The rate at which false accepts equal false rejects, linear between points of the ROC curve; 0 to 1, lower is better. NaN unless
            there are trials of both kinds.

    Examples:
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


def minimum_cost(same: npt.NDArray[np.bool_], scores: Array, p_target: float = P_TARGET) -> float:
    """Compute the minimum detection cost (minDCF), both errors costing 1.

    Args:
        same: Whether each trial is of one speaker, shape ``(trials,)``.
        scores: Score of each trial, higher means the same, shape ``(trials,)``.
        p_target: Prior probability of a same-speaker trial, above 0 and below 1.

    Returns:
        Least cost over all thresholds divided by the cost of the better constant decision; 0 to 1, lower is better. NaN unless there are
            trials of both kinds.

    Examples:
        >>> minimum_cost(np.array([True, True, False, False]), np.array([0.9, 0.4, 0.6, 0.1]))  # accept 0.9 alone: half are missed
        0.5
    """
    curve = _error_curve(same, scores)
    if curve is None:
        return float("nan")
    false_accepts, false_rejects = curve
    cost = p_target * false_rejects + (1 - p_target) * false_accepts
    return float(cost.min() / min(p_target, 1 - p_target))


def half_total_error_rate(pooled: Mapping[str, Any]) -> float:
    """Compute (false accepts + false rejects) / 2 with a cross-validated threshold.

    The groups are split into two halves, balanced by the kinds of trial they hold, in the order of their names' hashes. Each half is
    decided by the threshold at which the other half's error rates are nearest to equal (see `balanced_threshold`), so that no trial helps
    to set its own threshold. The errors of both halves are counted together.

    Args:
        pooled: Pooled `trial_components`.

    Returns:
        Half total error rate in 0 to 1, lower is better, 0.5 is chance; NaN if a half lacks a kind of trial.

    Examples:
        >>> trials = {"same": [True, False, True, False], "scores": [0.9, 0.1, 0.4, 0.3], "groups": ["ann", "ann", "bob", "bob"]}
        >>> half_total_error_rate(trials)  # ann's threshold of 0.5 misses bob's 0.4; bob's of 0.35 is right about ann
        0.25
    """
    same, scores = given_trials(pooled)
    halves = second_half(pooled["groups"], same)
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
    """Find the threshold at which false accepts and false rejects are nearest to equal.

    Args:
        same: Whether each trial is of one speaker, shape ``(trials,)``.
        scores: Score of each trial, higher means the same, shape ``(trials,)``.

    Returns:
        Threshold midway between two neighbouring scores, the lowest if several are equally good; scores at or above it are accepted.
            Infinite if accepting all (-inf) or none (inf) comes nearest; NaN unless there are trials of both kinds.

    Examples:
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


def second_half(groups: Sequence[str], same: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Split the groups of trials into two halves, balanced by the kinds of trial they hold, in the order of their names' hashes.

    Args:
        groups: Group of each trial.
        same: Whether each trial is of one speaker, shape ``(trials,)``.

    Returns:
        Whether the group of each trial is in the second half, shape ``(trials,)``; one group is always whole.
    """
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


def _metrics(
    components: Callable[..., Components], trials: Callable[[Mapping[str, Any]], Trials]
) -> tuple[Metric, Metric, Metric]:
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
        title="minimum detection cost at 5 % same-speaker trials",
        unit="ratio",
        higher_is_better=False,
        best=0.0,
        worst=1.0,
        version=1,
        source="NIST SRE 2018 evaluation plan",
        components=components,
        value=lambda pooled: minimum_cost(*trials(pooled)),
        scorer=f"nist-min_dcf-{P_TARGET:g}",
    )
    voxceleb = replace(
        cost,
        name="min_dcf_voxceleb",
        title="minimum detection cost at 1 % same-speaker trials, as in papers on VoxCeleb",
        source="NIST's cost with the prior of Nagrani et al. 2017",
        value=lambda pooled: minimum_cost(*trials(pooled), p_target=P_TARGET_VOXCELEB),
        scorer=f"nist-min_dcf-{P_TARGET_VOXCELEB:g}",
    )
    return eer, cost, voxceleb


TRIAL_EER, TRIAL_MIN_DCF, TRIAL_MIN_DCF_VOXCELEB = _metrics(trial_components, given_trials)
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
PAIR_EER, PAIR_MIN_DCF, PAIR_MIN_DCF_VOXCELEB = _metrics(voice_components, all_pairs)


def _similarity(name: str, model: str, source: str) -> Metric:
    """Mean cosine of the embeddings by ``model`` of the reference's ``voice`` and of the answer."""
    components, value = mean_of(lambda reference, hypothesis, cosine: cosine)
    return Metric(
        name=name,
        title=f"similarity to the reference voice, by embeddings of {model}",
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
