"""From an annotation of mirdata or soundata to the columns of a manifest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from model_lab.metrics import music

Columns = dict[str, Any]
_SECONDS = {"s": 1.0, "seconds": 1.0, "ms": 0.001, "milliseconds": 0.001}
_KEY = re.compile(r"([A-Ga-g][#b]?)[\s:_]*(maj(?:or)?|min(?:or)?|m)?", re.IGNORECASE)


def columns(capability: str, track: Any, attribute: str) -> Columns:
    """The reference of a track.

    Args:
        capability: One of `CONVERTERS`.
        track: Track or clip of a loader.
        attribute: Its annotation.

    Returns:
        Columns of the manifest; empty if this track's annotation is no reference of the capability: it is absent, names several keys or
        classes, or is in a unit without an absolute scale.
    """
    value = getattr(track, attribute)
    if value is None:
        return {}
    converted = CONVERTERS[capability](value)
    if capability == "tempo" and converted and attribute != "tempo":
        return _tempo(getattr(track, "tempo", None)) | converted
    return converted


def _tempo(value: Any) -> Columns:
    """Beats, or the most likely of several tempi."""
    if hasattr(value, "times"):
        times = np.unique(np.asarray(value.times, float) * _SECONDS.get(value.time_unit, np.nan))
        return {"beats": times.tolist()} if times.size > 1 and np.isfinite(times).all() else {}
    if hasattr(value, "tempos"):
        tempi = np.asarray(value.tempos, float)
        likely = np.asarray(value.confidence, float) if value.confidence is not None else np.zeros(tempi.size)
        value = tempi[int(np.argmax(likely))] if tempi.size else None
    try:
        tempo = float(value)
    except (TypeError, ValueError):
        return {}
    return {"tempo_bpm": tempo} if tempo > 0 else {}


def _key(value: Any) -> Columns:
    """The one key of a piece; one that modulates, or is in another mode, has none."""
    written = {str(key) for key in value.keys} if hasattr(value, "intervals") else {str(value)}
    match = _KEY.fullmatch(written.pop().strip()) if len(written) == 1 else None
    if not match:
        return {}
    mode = "minor" if (match[2] or "").lower().startswith("m") and not (match[2] or "").lower().startswith("maj") else "major"
    key = f"{match[1][0].upper()}{match[1][1:]} {mode}"
    return {"key": key} if music.key_of(key) else {}


def _notes(value: Any) -> Columns:
    scale, pitches = _SECONDS.get(value.interval_unit), _hertz(value.pitches, value.pitch_unit)
    if scale is None or pitches is None:
        return {}
    spans = np.asarray(value.intervals, float) * scale
    notes = [[start, end, pitch] for (start, end), pitch in zip(spans.tolist(), pitches.tolist(), strict=True) if end > start]
    return {"notes": sorted(notes)}


def _f0(value: Any) -> Columns:
    scale, frequencies = _SECONDS.get(value.time_unit), _hertz(value.frequencies, value.frequency_unit)
    if scale is None or frequencies is None:
        return {}
    voiced = (np.asarray(value.voicing, float) > 0) & (frequencies > 0)
    return {
        "times": (np.asarray(value.times, float) * scale).tolist(),
        "f0_hz": np.where(voiced, frequencies, 0.0).tolist(),
    }


def _hertz(values: Any, unit: str) -> np.ndarray | None:
    """Pitches in Hz; None for a unit that is no pitch."""
    if unit not in ("hz", "midi"):
        return None
    pitches = np.asarray(values, float)
    return pitches if unit == "hz" else 440 * 2 ** ((pitches - 69) / 12)


def _label(value: Any) -> Columns:
    """The one class of a recording."""
    labels = [value] if isinstance(value, str) else list(value.labels if hasattr(value, "labels") else value)
    names = {str(label).strip() for label in labels}
    return {"label": names.pop()} if len(names) == 1 and "" not in names else {}


CONVERTERS: dict[str, Callable[[Any], Columns]] = {
    "tempo": _tempo,
    "key": _key,
    "music_transcription": _notes,
    "pitch": _f0,
    "classify": _label,
}
