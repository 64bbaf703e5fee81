"""Code shared by keyword spotters: detections from scores over time, and template matching of keyword recordings.

`match_template` matches a template (feature vectors of a recording of the keyword) to any segment of the audio by dynamic time warping
(Sakoe and Chiba 1978) with free ends on the side of the audio (Müller 2007, section 4.4). Steps are (1, 1), (1, 2) and (2, 1), so
that a segment is between half and twice as long as its template; every frame of the template counts once, and frames of
the audio that share one count as their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from model_lab.deprecation import renamed
from model_lab.errors import ModelLabError
from model_lab.types import Audio, Detection, FloatArray

if TYPE_CHECKING:
    import numpy.typing as npt

Spotter = TypeVar("Spotter")

RATE = 16000
APART_S = 1.0
"""Minimum distance of two detections of one keyword, in seconds."""

_FRAME_S = 0.01
_SPEECH_DB = 30.0
_SILENCE_DB = -90.0


def peaks(scores: Sequence[float] | npt.NDArray[np.float64], apart: int, floor: float) -> list[int]:
    """Indices of the highest scores, ascending, each at least ``apart`` frames from any other and not below ``floor``.

    A peak is higher than the ``apart // 2`` frames before it and no lower than those after it, so that the shoulder of a long
    peak is not a peak of its own.

    >>> peaks([0.1, 0.9, 0.8, 0.8, 0.8, 0.7, 0.1, 0.7], apart=3, floor=0.5)
    [1, 7]
    """
    values, near = np.asarray(scores, np.float64), apart // 2
    if not len(values):
        return []
    padded = np.pad(values, near, constant_values=-np.inf)
    neighbourhood = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1)
    before, after = (part.max(axis=1, initial=-np.inf) for part in (neighbourhood[:, :near], neighbourhood[:, near + 1 :]))
    selected: list[int] = []
    summits = np.flatnonzero((values >= floor) & (values > before) & (values >= after))
    for index in summits[np.argsort(-values[summits], kind="stable")]:
        if all(abs(int(index) - other) >= apart for other in selected):
            selected.append(int(index))
    return sorted(selected)


def detections(
    scores: Mapping[str, Sequence[float]],
    ends: Sequence[float],
    length: float,
    floor: float,
    thresholds: Mapping[str, float],
    duration: float,
) -> list[Detection]:
    """The peaks of each keyword's scores down to ``floor``, by time; those that reach the keyword's threshold are accepted.

    ``ends``: the time (s) up to which each score covers the audio, evenly spaced; a keyword is assumed to last ``length`` s.
    """
    apart = max(1, round(APART_S / (ends[1] - ends[0]))) if len(ends) > 1 else 1
    candidates = [
        Detection(keyword, max(0.0, ends[frame] - length), min(ends[frame], duration), value, value >= thresholds[keyword])
        for keyword, values in scores.items()
        for frame, value in ((frame, float(values[frame])) for frame in peaks(values, apart, floor))
    ]
    return in_order(detection for detection in candidates if detection.start < detection.end)


def in_order(candidates: Iterable[Detection]) -> list[Detection]:
    """Detections by the time they start."""
    return sorted(candidates, key=lambda detection: (detection.start, detection.keyword))


def spotters_for(model: str, keywords: Iterable[str], spotters: Mapping[str, Spotter]) -> dict[str, Spotter]:
    """Keyword -> its spotter, for the keywords that have one under their name in lower case with underscores.

    Raises `ModelLabError` if none has.
    """
    names = {keyword: keyword.lower().replace(" ", "_") for keyword in keywords}
    selected = {keyword: spotters[name] for keyword, name in names.items() if name in spotters}
    if not selected:
        listing = ", ".join(map(repr, names)) or "no keywords"
        raise ModelLabError(f"{model}: does not support {listing}; expected one of: {', '.join(spotters)}")
    return selected


def trim_silence(recording: Audio) -> Audio:
    """A mono recording from its first to its last loud frame; unchanged if there is none."""
    size = round(_FRAME_S * recording.sample_rate)
    frames = recording.samples[: recording.frames // size * size].reshape(-1, size)
    level = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-12)
    if len(level) == 0 or level.max() < _SILENCE_DB:
        return recording
    loud = np.flatnonzero(level > np.percentile(level, 95) - _SPEECH_DB)
    return Audio(recording.samples[loud[0] * size : (loud[-1] + 1) * size], recording.sample_rate)


def enrolled(model: str, keywords: Mapping[str, Sequence[Audio]]) -> dict[str, list[Audio]]:
    """The trimmed recordings (16 kHz mono) of all keywords that have any. Raises `ModelLabError` if none has."""
    words = {
        keyword: [trim_silence(recording.mono().resample(RATE)) for recording in recordings]
        for keyword, recordings in keywords.items()
        if recordings
    }
    if not words:
        raise ModelLabError(
            f"{model}: no keyword of {', '.join(map(repr, keywords)) or 'none'} has an enrolment recording; give at least one"
        )
    return words


@dataclass(frozen=True)
class TemplateSpotter:
    """Spots keywords by `match_template`, independently of each other, so that one segment may match two of them.

    ``features`` turns 16 kHz mono samples into ``(frames, features)``, a frame every ``hop`` s that stands for ``window`` s.
    ``threshold`` is the score from which a detection is accepted, or None: the mean similarity of the recordings of
    the keyword to each other. Detections below ``floor`` are left out.
    """

    model: str
    features: Callable[[FloatArray], FloatArray]
    hop: float
    window: float
    threshold: float | None
    floor: float

    def spot(self, audio: Audio, keywords: Mapping[str, Sequence[Audio]]) -> list[Detection]:
        """All detections of the keywords with recordings in ``audio``. Raises `ModelLabError` if none has recordings."""
        words = enrolled(self.model, keywords)
        templates = {keyword: [self.features(word.samples) for word in own] for keyword, own in words.items()}
        sound = self.features(audio.mono().resample(RATE).samples)
        return in_order(
            detection for keyword, own in templates.items() for detection in self._detections(keyword, own, sound, audio.duration)
        )

    def _detections(self, keyword: str, templates: list[FloatArray], sound: FloatArray, duration: float) -> list[Detection]:
        threshold = self.threshold if self.threshold is not None else self._agreement(keyword, templates)
        matches = [match_template(template, sound) for template in templates]
        scores = np.stack([match.scores for match in matches])
        winner, best = np.argmax(scores, axis=0), np.max(scores, axis=0)
        spans = [
            (frame, matches[winner[frame]].starts[frame] * self.hop, min(frame * self.hop + self.window, duration))
            for frame in peaks(best, round(APART_S / self.hop), self.floor)
        ]
        return [
            Detection(keyword, float(start), float(end), float(best[frame]), bool(best[frame] >= threshold))
            for frame, start, end in spans
            if start < end
        ]

    def _agreement(self, keyword: str, templates: list[FloatArray]) -> float:
        if len(templates) < 2:
            raise ModelLabError(
                f"{self.model}: {keyword!r} has one recording, but the threshold is estimated from at least two; "
                "add another or set the option threshold"
            )
        pairs = [(one, other) for one in templates for other in templates if other is not one]
        return float(np.mean([match_template(one, other).scores.max() for one, other in pairs]))


@dataclass(frozen=True)
class Matches:
    """For every frame at which a template may end: the similarity of the best segment (1 = identical), and its first frame."""

    scores: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]


def match_template(template: FloatArray, sound: FloatArray) -> Matches:
    """Match ``template`` (frames, features) in ``sound`` (frames, features): 1 - mean cosine distance along the path.

    A zero frame has distance 1 to all others. Frames at which no path can end have the score -1.
    """
    cost = 1.0 - _unit(template) @ _unit(sound).T
    columns = np.arange(cost.shape[1])
    totals, starts = [np.full(len(columns), np.inf), cost[0]], [columns, columns]
    for row in range(1, len(cost)):
        ways = (
            (_later(totals[1], 1) + cost[row], _later(starts[1], 1)),
            (_later(totals[1], 2) + (cost[row] + _later(cost[row], 1)) / 2, _later(starts[1], 2)),
            (_later(totals[0], 1) + cost[row - 1] + cost[row], _later(starts[0], 1)),
        )
        best = np.argmin([total for total, _ in ways], axis=0)
        totals = [totals[1], np.choose(best, [total for total, _ in ways])]
        starts = [starts[1], np.choose(best, [start for _, start in ways])]
    possible = np.isfinite(totals[1])
    return Matches(np.where(possible, 1.0 - np.where(possible, totals[1], 0.0) / len(cost), -1.0), starts[1])


def _later(row: npt.NDArray[Any], frames: int) -> npt.NDArray[Any]:
    """``row`` shifted right by ``frames``, filled with infinity, or with 0 for integers."""
    into = np.inf if row.dtype.kind == "f" else 0
    return np.concatenate([np.full(frames, into, row.dtype), row])[: len(row)]


def _unit(features: FloatArray) -> npt.NDArray[np.float64]:
    rows = features.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 1e-9, lengths, 1.0))


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"found": "match_template", "known": "spotters_for", "word_of": "trim_silence"})
