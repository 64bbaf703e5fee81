"""Voice activity and speaker diarization: detection and diarization error rates, through pyannote.metrics.

Conventions
-----------
- Segments and turns are ``[start, end)`` in seconds. All rates are ratios of pooled seconds (Bredin 2017).
- A recording without reference speech adds its false alarms and no reference speech, so that a rate over reference speech is NaN
  only where the whole pool has none.
- A collar is the stretch around each reference boundary that is not scored. pyannote gives its TOTAL width (0.25 s = 0.125 s each
  side); NIST's md-eval and dscore give its width on EACH side (0.25 s each side = 0.5 s in pyannote's terms). Titles say which.
- Speakers of the answer are mapped one to one to those of the reference, per recording, so that confusion is least. Turns of one
  speaker that overlap or touch are one turn, as in md-eval.

Metrics
-------
Detection (speech or not); M missed, F falsely detected, T reference speech, U reference non-speech, in seconds:

- `DETECTION_ERROR_RATE` (``detection_error_rate``): (M + F) / T, no collar; 0 is best, not bounded above.
- `DETECTION_F1` (``detection_f1``): 2 (T - M) / (2 (T - M) + M + F); 0 to 1, higher is better.
- `MISS_RATE` (``miss_rate``): M / T; 0 to 1, lower is better. NIST OpenSAT evaluation plan 2019.
- `FALSE_ALARM_RATE` (``false_alarm_rate``): F / U; 0 to 1, lower is better. NIST OpenSAT evaluation plan 2019.

Diarization; C speaker confusion, M, F, T now summed over speakers:

- `DER` (``der``): (C + M + F) / T, no collar, overlapped speech scored; 0 is best, not bounded above.
- `DER_SINGLE` (``der_single``): the same, no collar, overlapped speech skipped.
- `DER_COLLAR` (``der_collar``): the same, collar 0.25 s in all, overlapped speech skipped.
- `DER_COLLAR_NIST` (``der_collar_nist``): the same, collar 0.25 s on each side, overlapped speech skipped. NIST RT-09.
- `DER_COLLAR_OVERLAP` (``der_collar_overlap``): the same, collar 0.25 s on each side, overlapped speech scored. VoxSRC 2020.
- `CONFUSION_SHARE`, `MISS_SHARE`, `FALSE_ALARM_SHARE` (``confusion_share``, ``miss_share``, ``false_alarm_share``): C / T, M / T and
  F / T, the parts of `DER`.
- `JER` (``jer``): mean over reference speakers of 1 - intersection / union with the speaker they are mapped to; 0 to 1, lower is
  better. Ryant et al. 2019 (second DIHARD challenge).
- `WORST_SPEAKER` (``worst_speaker``): mean over recordings of the largest of these errors of one speaker; 0 to 1, lower is better.
- `SPEAKER_COUNT_ERROR` (``speaker_count_error``): mean of |speakers answered - speakers|; speakers, 0 is best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from model_lab.metrics._base import Components, Metric, mean_of, ratio
from model_lab.types import Segment, Turn


@dataclass(frozen=True)
class SpeechTruth:
    """Reference of voice activity detection.

    Attributes:
        segments: Stretches with speech, in seconds; empty means no speech.
        duration: Length of the recording in seconds; nothing outside it is scored.
    """

    segments: tuple[Segment, ...]
    duration: float


@dataclass(frozen=True)
class SpeakerTruth:
    """Reference of diarization.

    Attributes:
        turns: Who spoke when, in seconds; turns may overlap.
        uem: Stretches that are scored (un-partitioned evaluation map); empty means from the first to the last turn of either side.
    """

    turns: tuple[Turn, ...]
    uem: tuple[Segment, ...] = ()


def detection_components(reference: SpeechTruth, hypothesis: Sequence[Segment]) -> Components:
    """Compare the detected speech of one recording with the reference, in seconds.

    Args:
        reference: Where there is speech.
        hypothesis: Detected segments, in any order; labels are ignored.

    Returns:
        ``miss``: reference speech not detected; ``false_alarm``: detected where there is none; ``speech`` and ``nonspeech``: the
            reference's. All in seconds within the recording.

    Examples:
        >>> truth = SpeechTruth((Segment(1, 3),), duration=10)
        >>> detection_components(truth, [Segment(2, 3.5)])
        {'miss': 1.0, 'false_alarm': 0.5, 'speech': 2.0, 'nonspeech': 8.0}
    """
    from pyannote.metrics.detection import DetectionErrorRate

    seconds = DetectionErrorRate(collar=0.0).compute_components(
        _annotation((s.start, s.end, "speech") for s in reference.segments),
        _annotation((s.start, s.end, "speech") for s in hypothesis),
        uem=_timeline([(0.0, reference.duration)]),
    )
    return {
        "miss": float(seconds["miss"]),
        "false_alarm": float(seconds["false alarm"]),
        "speech": float(seconds["total"]),
        "nonspeech": reference.duration - float(seconds["total"]),
    }


def diarization_components(
    reference: SpeakerTruth, hypothesis: Sequence[Turn], collar: float = 0.0, skip_overlap: bool = False
) -> Components:
    """Compare the turns of one recording with the reference, in seconds summed over speakers.

    Args:
        reference: Who spoke when, and what is scored.
        hypothesis: Answered turns, in any order; speakers' names need not agree with the reference.
        collar: TOTAL width in seconds of the unscored stretch around each reference boundary, half of it on each side.
        skip_overlap: Leave out stretches where the reference has more than one speaker.

    Returns:
        ``confusion``: speech of the wrong speaker; ``miss``: missed speech; ``false_alarm``: speech where there is none;
            ``speech``: reference speech. In seconds; overlapping speakers count separately.

    Examples:
        >>> truth = SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob")))
        >>> diarization_components(truth, [Turn(0, 5, "1"), Turn(5, 7, "2")])
        {'confusion': 1.0, 'miss': 0.0, 'false_alarm': 1.0, 'speech': 6.0}
        >>> diarization_components(truth, [Turn(0, 3, "1"), Turn(2, 4, "1"), Turn(4, 6, "2")])
        {'confusion': 0.0, 'miss': 0.0, 'false_alarm': 0.0, 'speech': 6.0}
    """
    from pyannote.metrics.diarization import DiarizationErrorRate

    metric = DiarizationErrorRate(collar=collar, skip_overlap=skip_overlap)
    seconds = metric.compute_components(*_turns(reference, hypothesis), uem=_scored(reference, hypothesis))
    return {
        "confusion": float(seconds["confusion"]),
        "miss": float(seconds["missed detection"]),
        "false_alarm": float(seconds["false alarm"]),
        "speech": float(seconds["total"]),
    }


def jaccard_components(reference: SpeakerTruth, hypothesis: Sequence[Turn]) -> Components:
    """Sum the Jaccard errors of a recording's reference speakers.

    Args:
        reference: Who spoke when, and what is scored.
        hypothesis: Answered turns, in any order.

    Returns:
        ``error``: sum over reference speakers of their Jaccard error, each 0 to 1; ``speakers``: number of reference speakers.

    Examples:
        >>> truth = SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob")))
        >>> jaccard_components(truth, [Turn(0, 4, "1")])
        {'error': 1.0, 'speakers': 2.0}
    """
    from pyannote.metrics.diarization import JaccardErrorRate

    metric: Any = JaccardErrorRate()  # type: ignore[no-untyped-call]
    errors = metric.compute_components(*_turns(reference, hypothesis), uem=_scored(reference, hypothesis))
    return {"error": float(errors["speaker error"]), "speakers": float(errors["speaker count"])}


def worst_speaker_error(reference: SpeakerTruth, hypothesis: Sequence[Turn]) -> float | None:
    """Compute the Jaccard error of the reference speaker who was found worst.

    Args:
        reference: Who spoke when, and what is scored.
        hypothesis: Answered turns, in any order.

    Returns:
        1 - intersection / union with the answered speaker of the mapping that `JER` uses, 0 to 1, lower is better; 1 for a speaker mapped
            to none; None without reference speakers in what is scored.

    Examples:
        >>> truth = SpeakerTruth((Turn(0, 4, "ann"), Turn(4, 6, "bob")))
        >>> worst_speaker_error(truth, [Turn(0, 4, "1"), Turn(5, 6, "2")])  # ann 0, bob 1 - 1/2
        0.5
    """
    from pyannote.metrics.diarization import JaccardErrorRate

    metric: Any = JaccardErrorRate()  # type: ignore[no-untyped-call]
    truth, answer = metric.uemify(*_turns(reference, hypothesis), uem=_scored(reference, hypothesis))
    found = metric.optimal_mapping(answer, truth)
    errors = []
    for speaker in truth.labels():
        spoken, heard = truth.label_timeline(speaker), answer.label_timeline(found[speaker]) if speaker in found else None
        both = spoken.crop(heard).duration() if heard is not None else 0.0
        errors.append(1 - both / (spoken.duration() + heard.duration() - both) if heard is not None else 1.0)
    return max(errors, default=None)


def speaker_count_error(reference: SpeakerTruth, hypothesis: Sequence[Turn]) -> float:
    """Compute the error of the number of speakers.

    Args:
        reference: Who spoke when.
        hypothesis: Answered turns.

    Returns:
        Absolute difference in the number of speakers, 0 is best.

    Examples:
        >>> speaker_count_error(SpeakerTruth((Turn(0, 1, "ann"), Turn(1, 2, "bob"))), [Turn(0, 2, "1")])
        1.0
    """
    return float(abs(len({turn.speaker for turn in hypothesis}) - len({turn.speaker for turn in reference.turns})))


def _annotation(spans: Iterable[tuple[float, float, str]]) -> Any:
    from pyannote.core import Annotation
    from pyannote.core import Segment as Span

    annotation = Annotation()
    for track, (start, end, label) in enumerate(spans):
        annotation[Span(start, end), track] = label
    return annotation


def _timeline(spans: Iterable[tuple[float, float]]) -> Any:
    from pyannote.core import Segment as Span
    from pyannote.core import Timeline

    return Timeline([Span(start, end) for start, end in spans])


def _turns(reference: SpeakerTruth, hypothesis: Sequence[Turn]) -> tuple[Any, Any]:
    """Both sides, each speaker's own overlapping or touching turns joined."""
    truth, answer = (
        _annotation((turn.start, turn.end, turn.speaker) for turn in turns).support() for turns in (reference.turns, hypothesis)
    )
    return truth, answer


def _scored(reference: SpeakerTruth, hypothesis: Sequence[Turn]) -> Any:
    """The UEM, or the extent of all turns, outside of which there is nothing to score."""
    if reference.uem:
        return _timeline((segment.start, segment.end) for segment in reference.uem)
    turns = [*reference.turns, *hypothesis]
    return _timeline([(min(turn.start for turn in turns), max(turn.end for turn in turns))] if turns else [])


def _rate(*parts: str, of: str) -> Callable[[Mapping[str, Any]], float]:
    def value(pooled: Mapping[str, Any]) -> float:
        return ratio(sum(pooled[part] for part in parts), pooled[of])

    return value


def _f1(pooled: Mapping[str, Any]) -> float:
    hit = pooled["speech"] - pooled["miss"]
    return ratio(2 * hit, 2 * hit + pooled["miss"] + pooled["false_alarm"])


def _metric(
    name: str,
    title: str,
    components: Callable[..., Components],
    value: Callable[[Mapping[str, Any]], float],
    *,
    best: float = 0.0,
    worst: float = float("inf"),
    unit: str = "ratio",
    source: str = "Bredin 2017 (pyannote.metrics)",
    evidence: tuple[str, ...] = (),
    lacking: str = "no speech",
    scorer: str = "",
) -> Metric:
    return Metric(
        name=name,
        title=title,
        unit=unit,
        higher_is_better=best > worst,
        best=best,
        worst=worst,
        version=2,
        source=source,
        components=components,
        value=value,
        evidence=evidence,
        lacking=lacking,
        scorer=scorer,
    )


DETECTION_ERROR_RATE = _metric(
    "detection_error_rate",
    "missed and falsely detected speech over reference speech, no collar",
    detection_components,
    _rate("miss", "false_alarm", of="speech"),
    evidence=("false_alarm", "speech"),
    scorer="pyannote-detection-collar-0",
)
DETECTION_F1 = _metric(
    "detection_f1",
    "F1 of speech, in seconds",
    detection_components,
    _f1,
    best=1.0,
    worst=0.0,
    evidence=("false_alarm", "speech"),
)
MISS_RATE = _metric(
    "miss_rate",
    "missed speech over reference speech",
    detection_components,
    _rate("miss", of="speech"),
    worst=1.0,
    evidence=("speech",),
    source="NIST OpenSAT evaluation plan 2019",
)
FALSE_ALARM_RATE = _metric(
    "false_alarm_rate",
    "false alarm over reference non-speech",
    detection_components,
    _rate("false_alarm", of="nonspeech"),
    worst=1.0,
    evidence=("nonspeech",),
    lacking="nothing but speech",
    source="NIST OpenSAT evaluation plan 2019",
)

_ALL_ERRORS = _rate("confusion", "miss", "false_alarm", of="speech")

DER = _metric(
    "der",
    "diarization error rate, no collar, overlap scored",
    diarization_components,
    _ALL_ERRORS,
    scorer="pyannote-collar-0",
)
DER_SINGLE = _metric(
    "der_single",
    "diarization error rate, no collar, overlap skipped",
    partial(diarization_components, skip_overlap=True),
    _ALL_ERRORS,
    scorer="pyannote-collar-0-skip-overlap",
)
DER_COLLAR = _metric(
    "der_collar",
    "diarization error rate, collar 0.25 s in all (0.125 s each side), overlap skipped",
    partial(diarization_components, collar=0.25, skip_overlap=True),
    _ALL_ERRORS,
    scorer="pyannote-collar-0.25-skip-overlap",
)
DER_COLLAR_NIST = _metric(
    "der_collar_nist",
    "diarization error rate, collar 0.25 s each side (NIST; 0.5 s in all), overlap skipped",
    partial(diarization_components, collar=0.5, skip_overlap=True),
    _ALL_ERRORS,
    source="NIST RT-09 evaluation plan (pyannote.metrics)",
    scorer="pyannote-collar-0.5-skip-overlap",
)
DER_COLLAR_OVERLAP = _metric(
    "der_collar_overlap",
    "diarization error rate, collar 0.25 s each side (0.5 s in all), overlap scored, as in VoxConverse's challenge",
    partial(diarization_components, collar=0.5),
    _ALL_ERRORS,
    source="VoxSRC 2020 evaluation (pyannote.metrics)",
    scorer="pyannote-collar-0.5",
)
CONFUSION_SHARE = _metric(
    "confusion_share",
    "part of DER: the wrong speaker",
    diarization_components,
    _rate("confusion", of="speech"),
    worst=1.0,
    evidence=("speech",),
)
MISS_SHARE = _metric(
    "miss_share",
    "part of DER: missed speech",
    diarization_components,
    _rate("miss", of="speech"),
    worst=1.0,
    evidence=("speech",),
)
FALSE_ALARM_SHARE = _metric(
    "false_alarm_share",
    "part of DER: speech where there is none",
    diarization_components,
    _rate("false_alarm", of="speech"),
)
JER = _metric(
    "jer",
    "Jaccard error rate, mean over reference speakers",
    jaccard_components,
    _rate("error", of="speakers"),
    worst=1.0,
    source="Ryant et al. 2019, second DIHARD evaluation plan",
    scorer="pyannote-jaccard-1",
)
WORST_SPEAKER = _metric(
    "worst_speaker",
    "Jaccard error of the speaker found worst, mean over recordings",
    *mean_of(worst_speaker_error),
    worst=1.0,
    source="largest term of the Jaccard error rate, Ryant et al. 2019",
)
SPEAKER_COUNT_ERROR = _metric(
    "speaker_count_error",
    "mean difference in the number of speakers",
    *mean_of(speaker_count_error),
    unit="speakers",
    source="absolute difference per recording",
)
