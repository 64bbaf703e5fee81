"""Quality as other models judge it, and how well a quality model orders recordings by known damage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Judge, Metric, mean_of, ratio, share


def concordance_components(reference: float, hypothesis: Mapping[str, float]) -> Components:
    """One recording's known signal-to-noise ratio in dB and its predicted quality: the first scale of the answer.

    >>> concordance_components(5.0, {"mos": 3.2, "noise": 1.0})
    {'snr_db': [5.0], 'quality': [3.2]}
    """
    return {"snr_db": [float(reference)], "quality": [float(next(iter(hypothesis.values())))]}


def concordance(pooled: Mapping[str, Any]) -> float:
    """The share of pairs of recordings, of different damage, that predicted quality puts in the right order; a tie is half.

    1 = all, 0.5 = chance, 0 = all the wrong way round; (1 + Kendall's tau) / 2 where nothing ties. NaN without such a pair.

    >>> concordance({"snr_db": [0, 10, 20], "quality": [1.0, 3.0, 2.0]})  # 0<10 and 0<20 right, 10<20 wrong
    0.6666666666666666
    """
    damage, quality = np.asarray(pooled["snr_db"]), np.asarray(pooled["quality"])
    first, second = np.triu_indices(len(damage), 1)
    order = np.sign(damage[first] - damage[second])
    agreement = order * np.sign(quality[first] - quality[second])
    return ratio(float(((agreement + 1) / 2)[order != 0].sum()), float(np.count_nonzero(order)))


CONCORDANCE = share(
    "concordance",
    "pairs put in the order of their damage",
    "Kendall 1938, as a share of concordant pairs",
    concordance_components,
    concordance,
)


def _with_clean(reference: Any, hypothesis: Any) -> tuple[Any, ...]:
    return (hypothesis, reference.clean)


def _alone(reference: Any, hypothesis: Any) -> tuple[Any, ...]:
    return (hypothesis, None)


def _judged(
    name: str,
    title: str,
    *,
    model: str,
    scale: str,
    bounds: tuple[float, float],
    source: str,
    inputs: Callable[[Any, Any], tuple[Any, ...]] = _alone,
) -> Metric:
    """The mean of ``scale`` as ``model`` rates it; ``bounds`` are its best and its worst value."""
    components, value = mean_of(lambda reference, hypothesis, rating: rating[scale])
    return Metric(
        name=name,
        title=title,
        unit="MOS",
        higher_is_better=True,
        best=bounds[0],
        worst=bounds[1],
        version=1,
        source=source,
        components=components,
        value=value,
        judge=Judge(model, "quality", inputs),
    )


PESQ = _judged(
    "pesq",
    "wide-band PESQ against the clean recording, 16 kHz",
    model="pesq",
    scale="pesq",
    bounds=(4.644, 1.0),
    source="ITU-T P.862.2",
    inputs=_with_clean,
)
DNSMOS = _judged(
    "dnsmos",
    "overall quality as DNSMOS P.835 predicts it",
    model="dnsmos",
    scale="ovrl",
    bounds=(5.0, 1.0),
    source="Reddy et al. 2022",
)
PLCMOS = _judged(
    "plcmos",
    "quality as PLCMOS predicts it, which hears gaps in speech",
    model="plcmos",
    scale="plcmos",
    bounds=(5.0, 1.0),
    source="Diener et al. 2023",
)
MOS = _judged(
    "mos",
    "quality as DistillMOS predicts it",
    model="distillmos",
    scale="mos",
    bounds=(5.0, 1.0),
    source="Stahl and Gamper 2025",
)
