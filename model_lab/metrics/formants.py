"""Formants of steady vowels: the error of F1, F2 and F3, as the median over vowels.

Conventions
-----------
- Frequencies are in Hz. The reference of a vowel is an array of F1, F2 and, where available, F3.
- The answer is a track over time; its estimate of a formant is the median over frames, leaving out NaN frames.
- A formant that is in no frame counts as 0 Hz, so that its error is the whole frequency: omitting hard vowels does not pay.
- Errors are summarised by their median, not their mean: a missed formant turns F2 into F3, which is off by a thousand Hz.

Metrics
-------
Absolute errors as in Deng et al. 2006 (VTR formant database), with the median in place of the mean; lower is better.

- `F1_ERROR` (``f1_error``), `F2_ERROR` (``f2_error``), `F3_ERROR` (``f3_error``): median over vowels of |estimate - reference|; Hz.
- `F1_F2_ERROR` (``f1_f2_error``): median over the errors of F1 and F2 together; Hz.
- `RELATIVE_ERROR` (``relative_error``): median of |estimate - reference| / reference over F1, F2 and F3; ratio, not bounded above.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.metrics._base import Components, Metric
from model_lab.types import FloatArray, Formants

if TYPE_CHECKING:
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float64]"


def median_formants(track: Formants, count: int) -> Array:
    """Estimate the formants of a steady vowel from a track.

    Args:
        track: Formant track, ``formants_hz`` of shape ``(frames, formants)`` in Hz, NaN where there is none.
        count: Number of formants to return, F1 first.

    Returns:
        Medians over time in Hz, float64, shape ``(count,)``; 0 for a formant that is in no frame.

    Examples:
        >>> track = Formants(np.zeros(3, np.float32), np.array([[500, 1500], [510, np.nan], [700, np.nan]], np.float32))
        >>> median_formants(track, 3).tolist()
        [510.0, 1500.0, 0.0]
    """
    values = np.full((max(1, len(track.formants_hz)), count), np.nan)
    available = min(count, track.formants_hz.shape[1])
    values[: len(track.formants_hz), :available] = track.formants_hz[:, :available]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a formant in no frame
        return np.asarray(np.nan_to_num(np.nanmedian(values, axis=0)))


def error_components(reference: FloatArray, hypothesis: Formants) -> Components:
    """List one vowel's true formants and the absolute errors of the answer.

    Args:
        reference: Reference F1, F2 and, where available, F3 in Hz, shape ``(2,)`` or ``(3,)``.
        hypothesis: Formant track of the vowel.

    Returns:
        ``truth_1``, ``error_1`` to ``truth_3``, ``error_3``: lists of one frequency and one error in Hz, empty where the reference
            lacks that formant.

    Examples:
        >>> truth = np.array([500, 1500], np.float32)
        >>> error_components(truth, Formants(np.zeros(1, np.float32), np.array([[520, 1400, 2500]], np.float32)))
        {'truth_1': [500.0], 'error_1': [20.0], 'truth_2': [1500.0], 'error_2': [100.0], 'truth_3': [], 'error_3': []}
    """
    estimates = median_formants(hypothesis, len(reference))
    counted: Components = {}
    for number in (1, 2, 3):
        truth = reference[number - 1 : number].astype(np.float64)
        counted[f"truth_{number}"] = truth.tolist()
        counted[f"error_{number}"] = np.abs(estimates[number - 1 : number] - truth).tolist()
    return counted


def median_error(pooled: Mapping[str, Any], numbers: tuple[int, ...], *, relative: bool = False) -> float:
    """Compute the median error over vowels and over some formants.

    Args:
        pooled: Pooled `error_components`.
        numbers: Which formants count: 1 for F1, 2 for F2, 3 for F3.
        relative: Divide each error by the true frequency.

    Returns:
        Median error in Hz, or as a ratio if ``relative``; lower is better. NaN if the pool has none of these formants.

    Examples:
        >>> pooled = {"truth_1": [500.0, 400.0], "error_1": [20.0, 40.0], "truth_2": [1500.0, 2000.0], "error_2": [150.0, 60.0]}
        >>> median_error(pooled, (1,)), median_error(pooled, (1, 2)), median_error(pooled, (1, 2), relative=True)
        (30.0, 50.0, 0.07)
    """
    errors, truths = (np.concatenate([pooled[f"{kind}_{number}"] for number in numbers]) for kind in ("error", "truth"))
    if not errors.size:
        return float("nan")
    return float(np.median(errors / truths if relative else errors))


def _metric(name: str, title: str, *numbers: int, relative: bool = False) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit="ratio" if relative else "Hz",
        higher_is_better=False,
        best=0.0,
        worst=float("inf"),
        version=2,
        source="absolute error as in Deng et al. 2006 (VTR formant database), its median in place of the mean",
        components=error_components,
        value=lambda pooled: median_error(pooled, numbers, relative=relative),
        evidence=tuple(f"truth_{number}" for number in numbers),
        lacking=f"no {' or '.join(f'F{number}' for number in numbers)} in the reference",
    )


F1_F2_ERROR = _metric("f1_f2_error", "error of F1 and F2, median over vowels", 1, 2)
F1_ERROR = _metric("f1_error", "error of F1, median over vowels", 1)
F2_ERROR = _metric("f2_error", "error of F2, median over vowels", 2)
F3_ERROR = _metric("f3_error", "error of F3, median over vowels", 3)
RELATIVE_ERROR = _metric("relative_error", "error of F1, F2 and F3 as a share of their frequency, median", 1, 2, 3, relative=True)
