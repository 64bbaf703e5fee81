"""Speech quality as other models predict it, and how well a quality model orders recordings by known degradation.

Conventions
-----------
- Mean opinion scores (MOS) are on the scale 1 (bad) to 5 (excellent) and higher is better. They are predictions by models (judges),
  not human ratings.
- PESQ compares with the clean recording (intrusive); DNSMOS, PLCMOS and DistillMOS rate the answer alone (non-intrusive).
- A dataset's value is the mean over recordings.

Metrics
-------
- `PESQ` (``pesq``): wide-band PESQ at 16 kHz against the clean recording, 1.0 to 4.644. ITU-T P.862.2.
- `DNSMOS` (``dnsmos``): overall quality (OVRL) of DNSMOS P.835, 1 to 5. Reddy et al. 2022.
- `PLCMOS` (``plcmos``): quality with lost packets, 1 to 5; sensitive to gaps in speech. Diener et al. 2023.
- `MOS` (``mos``): DistillMOS, 1 to 5. Stahl and Gamper 2025.
- `CONCORDANCE` (``concordance``): pairs of recordings with different damage that the predicted quality orders correctly, ties counting
  half, over such pairs; (1 + Kendall's tau) / 2 without ties. Ratio in 0 to 1, 0.5 is chance, higher is better. Kendall 1938.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from model_lab.metrics._base import Components, Judge, Metric, mean_of, ratio, share


def concordance_components(reference: float, hypothesis: Mapping[str, float]) -> Components:
    """Collect one recording's known degradation and predicted quality.

    Args:
        reference: True signal-to-noise ratio in dB; higher means less damage.
        hypothesis: Scale names with values, the main scale first; only that one is used.

    Returns:
        ``snr_db``: one ratio in dB; ``quality``: one predicted value.

    Examples:
        >>> concordance_components(5.0, {"mos": 3.2, "noise": 1.0})
        {'snr_db': [5.0], 'quality': [3.2]}
    """
    return {"snr_db": [float(reference)], "quality": [float(next(iter(hypothesis.values())))]}


def concordance(pooled: Mapping[str, Any]) -> float:
    """Compute the share of pairs that predicted quality puts in the order of their damage.

    Args:
        pooled: Pooled `concordance_components`.

    Returns:
        1 if all pairs are in order, 0.5 at chance, 0 if all are reversed; a tie in quality counts half. NaN without two recordings
            of different damage.

    Examples:
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
    scorer: str = "",
) -> Metric:
    """Mean of the judge's ``scale``; ``bounds`` are its best and its worst value."""
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
        scorer=scorer,
    )


PESQ = _judged(
    "pesq",
    "wide-band PESQ against the clean recording, 16 kHz",
    model="pesq",
    scale="pesq",
    bounds=(4.644, 1.0),
    source="ITU-T P.862.2",
    inputs=_with_clean,
    scorer="pesq-wb",
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
    "quality predicted by PLCMOS, a model of packet loss artefacts",
    model="plcmos",
    scale="plcmos",
    bounds=(5.0, 1.0),
    source="Diener et al. 2023",
)
MOS = _judged(
    "mos",
    "quality predicted by DistillMOS",
    model="distillmos",
    scale="mos",
    bounds=(5.0, 1.0),
    source="Stahl and Gamper 2025",
)
