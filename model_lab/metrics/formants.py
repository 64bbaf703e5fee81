"""Formants of a steady vowel: how far the median of the track is from the truth, median over vowels.

A frame without a formant (NaN) is left out of that formant's median. A formant that is found in no frame counts as heard at
0 Hz, so that its error is the whole frequency: leaving out hard vowels must not pay. The median over vowels, and not the mean, is
the field's habit: a formant missed makes F2 a F3, which is off by a thousand Hz.
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


def median_formants(found: Formants, count: int) -> Array:
    """The medians over time of F1 to F``count`` in Hz; 0 where a formant is in no frame.

    >>> track = Formants(np.zeros(3, np.float32), np.array([[500, 1500], [510, np.nan], [700, np.nan]], np.float32))
    >>> median_formants(track, 3).tolist()
    [510.0, 1500.0, 0.0]
    """
    values = np.full((max(1, len(found.formants_hz)), count), np.nan)
    known = min(count, found.formants_hz.shape[1])
    values[: len(found.formants_hz), :known] = found.formants_hz[:, :known]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a formant in no frame
        return np.asarray(np.nan_to_num(np.nanmedian(values, axis=0)))


def error_components(reference: FloatArray, hypothesis: Formants) -> Components:
    """Of one vowel, the true frequencies and the errors in Hz of F1, F2 and, where the truth has it, F3; a list each.

    >>> truth = np.array([500, 1500], np.float32)
    >>> error_components(truth, Formants(np.zeros(1, np.float32), np.array([[520, 1400, 2500]], np.float32)))
    {'truth_1': [500.0], 'error_1': [20.0], 'truth_2': [1500.0], 'error_2': [100.0], 'truth_3': [], 'error_3': []}
    """
    heard = median_formants(hypothesis, len(reference))
    counted: Components = {}
    for number in (1, 2, 3):
        asked = reference[number - 1 : number].astype(np.float64)
        counted[f"truth_{number}"] = asked.tolist()
        counted[f"error_{number}"] = np.abs(heard[number - 1 : number] - asked).tolist()
    return counted


def median_error(pooled: Mapping[str, Any], numbers: tuple[int, ...], *, relative: bool = False) -> float:
    """The median error over vowels and over the formants ``numbers``, in Hz or (``relative``) as a share of the truth.

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
        lacking=f"no {' or '.join(f'F{number}' for number in numbers)} in the truth",
    )


F1_F2_ERROR = _metric("f1_f2_error", "error of F1 and F2, median over vowels", 1, 2)
F1_ERROR = _metric("f1_error", "error of F1, median over vowels", 1)
F2_ERROR = _metric("f2_error", "error of F2, median over vowels", 2)
F3_ERROR = _metric("f3_error", "error of F3, median over vowels", 3)
RELATIVE_ERROR = _metric("relative_error", "error of F1, F2 and F3 as a share of their frequency, median", 1, 2, 3, relative=True)
