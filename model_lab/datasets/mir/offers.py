"""Which capabilities the annotations of a loader fit, from the types and names of the attributes of its tracks."""

from __future__ import annotations

import inspect
import re
from typing import Any

from model_lab.datasets.mir import libraries

TYPES = {
    "BeatData": "tempo",
    "TempoData": "tempo",
    "KeyData": "key",
    "NoteData": "music_transcription",
    "F0Data": "pitch",
    "Tags": "classify",
}
"""Type of an annotation -> the capability whose reference it is. Sections, chords, lyrics and multi-pitch have none here, and events
name several sounds in one recording, where `classify` has one class."""

NAMES = {
    "tempo": "tempo",
    "key": "key",
    "instrument": "classify",
    "instrument_full": "classify",
    "stroke_name": "classify",
    "genre": "classify",
}
"""Name of an attribute with a plain text or number -> the capability."""

_PLAIN = re.compile(r"(?:Optional\[)?(?:str|float|int|list|None)\b|^$")
_DERIVED = re.compile(r"pyin|crepe|automatic|non_verified|onsets|original|chord|sama|taala")
"""Attributes that were computed by a program, or are other than their type suggests: bars, onsets of strokes."""


def offers(library: str, loader: str) -> dict[str, str]:
    """The capabilities that a loader's annotations fit.

    Args:
        library: ``mirdata`` or ``soundata``.
        loader: Name of the loader.

    Returns:
        Capability -> attribute of a track that is its reference; typed annotations before plain ones, then in order of definition.
    """
    kinds = attribute_types(libraries.item_class(libraries.module(library, loader)))
    fits: dict[str, str] = {}
    for attribute, kind in kinds.items():
        capability = next((target for name, target in TYPES.items() if re.fullmatch(rf"(Optional\[)?{name}\]?", kind)), "")
        if capability and not _DERIVED.search(attribute):
            fits.setdefault(capability, attribute)
    for attribute, capability in NAMES.items():
        if attribute in kinds and _PLAIN.match(kinds[attribute]):
            fits.setdefault(capability, attribute)
    return fits


def attribute_types(item: Any) -> dict[str, str]:
    """The attributes of a track class and the types that it gives for them, in code or in its docstrings; empty if it gives none."""
    documented = {
        name: _short(kind) for name, kind in re.findall(r"^\s+(\w+) \(([^)]*)\):", inspect.getdoc(item) or "", re.MULTILINE)
    }
    types: dict[str, str] = {}
    for name, value in vars(item).items():
        getter = getattr(value, "func", None) or getattr(value, "fget", None)
        if not getter or name.startswith("_"):
            continue
        annotated = getter.__annotations__.get("return")
        described = re.search(r"Returns:\s+\*\s*([\w.]+) -", inspect.getdoc(getter) or "")
        types[name] = _short(annotated) if annotated else documented.get(name) or (_short(described[1]) if described else "")
    assigned = set(re.findall(r"self\.(\w+) = ", inspect.getsource(item.__init__)))
    return types | {name: kind for name, kind in documented.items() if name in assigned and name not in types}


def _short(kind: Any) -> str:
    """A type's name without its module."""
    name = kind.__name__ if isinstance(kind, type) else str(kind)
    return re.sub(r"\b\w+\.", "", name)
