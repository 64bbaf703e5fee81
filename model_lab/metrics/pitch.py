"""Fundamental frequency (f0): the measures of MIREX melody extraction, through mir_eval.melody.

Conventions
-----------
- A track is times in seconds, frequencies in Hz (0 = none) and voicing in 0 to 1; a frame is voiced if its voicing is at least `VOICED`.
- The answer is interpolated to the reference's times as mir_eval does: frequency linearly in cents, voicing held.
- A frequency is right if it is less than `TOLERANCE_CENTS` (half a semitone) from the reference; raw pitch and chroma ignore the answer's
  voicing decision.
- Frames pool over recordings. Where a recording has no voiced (or no unvoiced) frame, the ratio over those frames is NaN, where
  mir_eval returns 0 or 1.

Metrics
-------
Ratios in 0 to 1 over reference frames. Salamon et al. 2014; Raffel et al. 2014 (mir_eval.melody).

- `RAW_PITCH_ACCURACY` (``rpa``): voiced frames with the right frequency / voiced frames; higher is better.
- `RAW_CHROMA_ACCURACY` (``rca``): the same, octave errors forgiven; higher is better.
- `VOICING_RECALL` (``voicing_recall``): voiced frames answered as voiced / voiced frames; higher is better.
- `VOICING_FALSE_ALARM` (``voicing_false_alarm``): unvoiced frames answered as voiced / unvoiced frames; lower is better.
- `OVERALL_ACCURACY` (``overall_accuracy``): frames right in voicing and, if voiced, in frequency / all frames; higher is better.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from model_lab.metrics._base import Components, Metric, ratio, share
from model_lab.types import PitchTrack

if TYPE_CHECKING:
    import numpy.typing as npt

TOLERANCE_CENTS = 50.0
"""A frequency is right if it deviates by less than this many cents (half a semitone)."""

VOICED = 0.5
"""Least voicing, in 0 to 1, of a frame that counts as voiced."""

Array: TypeAlias = "npt.NDArray[np.float64]"


def frame_components(reference: PitchTrack, hypothesis: PitchTrack) -> Components:
    """Count the reference frames that an answer gets right.

    Args:
        reference: True track; its times are the frames that are counted.
        hypothesis: Answered track, at any times; may be empty.

    Returns:
        ``voiced`` and ``unvoiced``: reference frames of either kind; ``pitch`` and ``chroma``: voiced frames with the right frequency, and
            with the right frequency ignoring octaves, whatever the answer's voicing; ``hits``: voiced frames answered as voiced;
            ``false_alarms``: unvoiced frames answered as voiced; ``right``: frames right in voicing and pitch.

    Examples:
        >>> times = np.array([0, 0.01, 0.02, 0.03], np.float32)
        >>> truth = PitchTrack(times, np.array([200, 200, 200, 0], np.float32), np.array([1, 1, 1, 0], np.float32))
        >>> answer = PitchTrack(times, np.array([200, 400, 200, 90], np.float32), np.array([1, 1, 0, 1], np.float32))
        >>> counts = frame_components(truth, answer)
        >>> {name: int(count) for name, count in counts.items()}
        {'voiced': 3, 'unvoiced': 1, 'pitch': 2, 'chroma': 3, 'hits': 2, 'false_alarms': 1, 'right': 1}
    """
    truth_voiced, truth_cents, voiced, cents = _on_reference_times(reference, hypothesis)
    is_voiced = truth_voiced > 0
    deviation = np.abs(truth_cents - cents)
    comparable = is_voiced & (truth_cents != 0) & (cents != 0)
    pitch = comparable & (deviation < TOLERANCE_CENTS)
    chroma = comparable & (np.abs(deviation - 1200 * np.floor(deviation / 1200 + 0.5)) < TOLERANCE_CENTS)
    return {
        "voiced": float(is_voiced.sum()),
        "unvoiced": float((~is_voiced).sum()),
        "pitch": float(pitch.sum()),
        "chroma": float(chroma.sum()),
        "hits": float(voiced[is_voiced].sum()),
        "false_alarms": float(voiced[~is_voiced].sum()),
        "right": float(voiced[pitch].sum() + (1 - voiced[~is_voiced]).sum()),
    }


def _on_reference_times(reference: PitchTrack, hypothesis: PitchTrack) -> tuple[Array, Array, Array, Array]:
    """Voicing (0 or 1) and cents of the reference, then of the answer, frame by frame."""
    from mir_eval.melody import to_cent_voicing

    times, frequencies = hypothesis.times.astype(np.float64), hypothesis.f0_hz.astype(np.float64)
    voicing = (hypothesis.voiced >= VOICED).astype(np.float64)
    if len(times) == 0:
        times, frequencies, voicing = np.zeros(1), np.zeros(1), np.zeros(1)
    if len(times) == 1:  # a single frame is held for a moment: mir_eval cannot interpolate one point
        times, frequencies, voicing = np.append(times, times + 1e-3), np.repeat(frequencies, 2), np.repeat(voicing, 2)
    truth = np.where(reference.voiced >= VOICED, reference.f0_hz, 0).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # uneven times are harmless here: silence is given as frames, not as gaps
        aligned: tuple[Array, Array, Array, Array] = to_cent_voicing(
            reference.times.astype(np.float64), truth, times, frequencies, est_voicing=voicing
        )
    return aligned


def _metric(name: str, title: str, parts: tuple[str, ...], of: tuple[str, ...], *, rising: bool = True) -> Metric:
    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(sum(pooled[part] for part in parts), sum(pooled[part] for part in of))

    source, lacking = "Salamon et al. 2014 (mir_eval.melody)", f"no {' or '.join(of)} frames"
    return share(
        name,
        title,
        source,
        frame_components,
        value,
        rising=rising,
        version=2,
        evidence=of,
        lacking=lacking,
        scorer="mir_eval-melody-pooled",
    )


RAW_PITCH_ACCURACY = _metric("rpa", "voiced frames with the right pitch, within 50 cents", ("pitch",), ("voiced",))
RAW_CHROMA_ACCURACY = _metric("rca", "voiced frames with the right pitch, ignoring octaves", ("chroma",), ("voiced",))
VOICING_RECALL = _metric("voicing_recall", "voiced frames detected as voiced", ("hits",), ("voiced",))
VOICING_FALSE_ALARM = _metric(
    "voicing_false_alarm", "unvoiced frames detected as voiced", ("false_alarms",), ("unvoiced",), rising=False
)
OVERALL_ACCURACY = _metric("overall_accuracy", "frames with correct voicing and pitch", ("right",), ("voiced", "unvoiced"))
