"""Music with JAMS files: beats, keys, notes and pitch of many data sets in one form.

Source:
    JAMS 0.3, "JAMS structure" and "Namespaces" (https://jams.readthedocs.io): an object with ``annotations``; each has a
    ``namespace`` and ``data``, a list of {time, duration, value, confidence}, or an object of such lists.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from model_lab.datasets.imports._base import ImportFormat, ImportOptions, ImportRow
from model_lab.datasets.imports.annotations import pairing, rows
from model_lab.datasets.imports.annotations.pairing import Annotated, Pairs
from model_lab.errors import BadManifest
from model_lab.formats import midi
from model_lab.formats.plain import content_of, decoded

_TITLE = "Music with JAMS"
_SUFFIXES = (".jams",)


@dataclass(frozen=True)
class Observation:
    """What is there at a time: ``time`` and ``duration`` in seconds, ``value`` as the namespace has it."""

    time: float
    duration: float
    value: Any


Annotations = Mapping[str, Sequence[Sequence[Observation]]]
"""Namespace -> its annotations, of which a file may have several: one for each annotator."""


def read(path: Path, options: ImportOptions) -> Iterator[ImportRow]:
    """A recording a row, of those that have an annotation for the capability."""
    if options.capability is None:
        raise BadManifest(f"{_TITLE} may hold beats, keys, notes and pitch; choose with --capability {' or '.join(_READERS)}")
    name = options.capability.name
    builders: rows.Builders[Annotations] = {each: partial(_row, capability=each) for each in _READERS}
    recordings = [each for each in _pairs(path).recordings if name not in _READERS or _namespace(each, name)]
    if not recordings:
        wanted = " or ".join(_READERS[name][0])
        raise BadManifest(f"{path}: no JAMS file has an annotation for {name}; expected the namespace {wanted}")
    yield from rows.built(builders, recordings, options, _TITLE)


def _row(recording: Annotated[Annotations], capability: str) -> list[ImportRow]:
    namespace = _namespace(recording, capability)
    reader = _READERS[capability][1]
    try:
        return [rows.whole(recording, **reader(namespace, recording.content[namespace][0]))]
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise BadManifest(
            f"{recording.name}.jams: the annotation {namespace} is not as its namespace says ({error}); correct it"
        ) from None


def _namespace(recording: Annotated[Annotations], capability: str) -> str:
    """The first namespace for a capability that a recording has; empty if none."""
    return next((name for name in _READERS[capability][0] if recording.content.get(name)), "")


def _beats(namespace: str, observations: Sequence[Observation]) -> ImportRow:
    if namespace == "tempo":
        return {"tempo_bpm": float(max(observations, key=lambda each: each.duration).value)}
    return {"beats": sorted({each.time for each in observations})}


def _key(namespace: str, observations: Sequence[Observation]) -> ImportRow:
    keys = dict.fromkeys(str(each.value).replace(":", " ") for each in observations if each.value not in ("N", None))
    if len(keys) != 1:
        raise ValueError(f"it has {len(keys)} keys: {', '.join(keys)}; one is expected")
    tonic, _, mode = next(iter(keys)).partition(" ")
    return {"key": f"{tonic} {mode or 'major'}"}


def _notes(namespace: str, observations: Sequence[Observation]) -> ImportRow:
    pitch = midi.hertz if namespace in ("note_midi", "pitch_midi") else float
    return {"notes": [[each.time, each.time + each.duration, pitch(float(each.value))] for each in observations]}


def _pitch(namespace: str, observations: Sequence[Observation]) -> ImportRow:
    ordered = sorted(observations, key=lambda each: each.time)
    return {"times": [each.time for each in ordered], "f0_hz": [_hertz(namespace, each.value) for each in ordered]}


def _hertz(namespace: str, value: Any) -> float:
    """The pitch of an observation, 0 where it is unvoiced."""
    if namespace == "pitch_contour":
        return float(value["frequency"]) if value["voiced"] and value["frequency"] else 0.0
    if value is None:
        return 0.0
    return midi.hertz(float(value)) if namespace == "pitch_midi" else max(0.0, float(value))


_READERS: dict[str, tuple[tuple[str, ...], Callable[[str, Sequence[Observation]], ImportRow]]] = {
    "tempo": (("beat", "beat_position", "tempo"), _beats),
    "key": (("key_mode",), _key),
    "music_transcription": (("note_hz", "note_midi"), _notes),
    "pitch": (("pitch_contour", "pitch_hz", "pitch_midi"), _pitch),
}
"""Capability -> the namespaces that have its reference, the best first, and how they are read."""


def _pairs(path: Path) -> Pairs[Annotations]:
    return pairing.by_file(path, pairing.files(path, _SUFFIXES), _annotations)


def _annotations(path: Path) -> Annotations:
    """The annotations of a file. Raises `BadManifest` if it is no JAMS."""
    try:
        content = json.loads(decoded(content_of(path, "a JAMS file"), str(path)))
        listed: dict[str, list[list[Observation]]] = {}
        for annotation in content["annotations"]:
            listed.setdefault(annotation["namespace"], []).append(list(_observations(annotation["data"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadManifest(f"{path} is no JAMS file ({error!r}); expected annotations, each with a namespace and data") from None
    return listed


def _observations(data: Any) -> Iterator[Observation]:
    entries: Iterable[Any] = data
    if isinstance(data, dict):
        entries = (
            {"time": time, "duration": duration, "value": value}
            for time, duration, value in zip(data["time"], data["duration"], data["value"], strict=True)
        )
    for entry in entries:
        time, duration = float(entry["time"]), float(entry["duration"])
        if not (0 <= time < math.inf and 0 <= duration < math.inf):
            raise ValueError(f"time {time:g} and duration {duration:g}")
        yield Observation(time, duration, entry["value"])


def _said(path: Path, options: ImportOptions) -> list[str]:
    """What is left out: recordings without such an annotation, and the annotations of further annotators."""
    pairs = _pairs(path)
    name = options.capability.name if options.capability else ""
    if name not in _READERS:
        return pairs.notes()
    without = sum(not _namespace(each, name) for each in pairs.recordings)
    several = sum(len(each.content[space]) > 1 for each in pairs.recordings if (space := _namespace(each, name)))
    return [
        *([f"left out: {without:,} recordings without {' or '.join(_READERS[name][0])}"] if without else []),
        *([f"the first annotator of {several:,} recordings with several"] if several else []),
        *pairs.notes(),
    ]


FORMAT = ImportFormat(
    "jams",
    _TITLE,
    "sound files and .jams files",
    partial(pairing.has, suffixes=_SUFFIXES, fits=lambda line: line.startswith("{")),
    read,
    notes=_said,
)
