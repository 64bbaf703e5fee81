"""Cards of datasets that have none: any loader of mirdata or soundata, by ``mirdata:NAME`` or ``mirdata:NAME:CAPABILITY``."""

from __future__ import annotations

import inspect
import re
from functools import lru_cache
from typing import Any

from model_lab.datasets.card import DatasetCard
from model_lab.datasets.mir import libraries, offers
from model_lab.errors import BadConfig, ModelLabError, UnknownName

NAMED = {"key": "key", "keys": "key", "tempo": "tempo", "pitch": "pitch", "genre": "classify"}
"""A word in a loader's name -> the capability that it was made for."""

TIERS = {"smoke": 20, "standard": 200, "full": 0}


def is_name(name: str) -> bool:
    """Whether a dataset's name is written as one of mirdata or soundata."""
    library, colon, _ = name.partition(":")
    return bool(colon) and library in libraries.LIBRARIES


def usable(name: str) -> DatasetCard | None:
    """The card of a loader; None if the name is not one of theirs, or cannot be used."""
    try:
        return card(name) if is_name(name) else None
    except ModelLabError:
        return None


@lru_cache(maxsize=64)
def card(name: str) -> DatasetCard:
    """The card of a loader.

    Args:
        name: ``LIBRARY:LOADER``, or ``LIBRARY:LOADER:CAPABILITY`` where its annotations fit several.

    Returns:
        A card with the licence and the citation that the library states.

    Raises:
        UnknownName: There is no such loader.
        BadConfig: Its annotations fit no capability, several, or not this one.
        NotRunnable: The library is not installed.
    """
    library, loader, *rest = name.split(":")
    module, fits = libraries.module(library, loader), offers.offers(library, loader)
    choices = ", ".join(f"{library}:{loader}:{capability}" for capability in fits)
    if not fits:
        raise BadConfig(f"the annotations of {library}:{loader} fit no capability; see: model-lab list capabilities")
    if len(rest) > 1 or (rest and rest[0] not in fits):
        raise UnknownName(f"{name!r} is no dataset; {library}:{loader} offers: {choices}")
    if not rest and (
        named := [capability for word, capability in NAMED.items() if word in loader.split("_") and capability in fits]
    ):
        rest = named[:1]
    if not rest and len(fits) > 1:
        raise BadConfig(f"the annotations of {library}:{loader} fit several capabilities; name one: {choices}")
    capability = rest[0] if rest else next(iter(fits))
    licence = " ".join(str(getattr(module, "LICENSE_INFO", None) or "not stated by the library").split())
    kinds = offers.attribute_types(libraries.item_class(module))
    return DatasetCard.model_validate(
        {
            "name": name,
            "title": _title(module),
            "summary": f"{library}'s loader {loader}: {fits[capability]} of each {'track' if library == 'mirdata' else 'clip'}.",
            "capability": capability,
            "licence": licence,
            "commercial": not re.search(r"non.?commercial|\bNC\b|couldn't find|not stated|pledge", licence, re.IGNORECASE),
            "truth": "human",
            "annotation": f"As its authors describe: {_citation(module)}.",
            "limits": "Nobody has checked here how its reference was made or which protocol is usual.",
            "group": "recording",
            "source": {"kind": library, "loader": loader, "annotation": fits[capability], "audio": audio_attribute(kinds)},
            "layout": "unverified",
            "tiers": TIERS,
        }
    )


def audio_attribute(kinds: dict[str, str]) -> str:
    """The attribute of a track that is the path of its sound: the whole mixture where there are several."""
    named = [name for name in kinds if (name.endswith("_path") and "audio" in name) or name.startswith("audio_path")]
    preferred = ("audio_path", "audio_mix_path", "audio_path_mono", "audio_mic_path")
    return next((name for name in preferred if name in named), named[0] if named else "audio_path")


def _title(module: Any) -> str:
    first = (inspect.getdoc(module) or module.__name__).strip().partition("\n")[0]
    return re.sub(r"\s*Dataset Loader\.?$", "", first)


def _citation(module: Any) -> str:
    """Title and year of the first publication in the library's BibTeX."""
    bibtex = str(getattr(module, "BIBTEX", "") or "")
    title, year = (re.search(rf"\b{field}\s*=\s*[{{\"]+(.+?)[}}\"]+\s*,?\s*\n", bibtex, re.I) for field in ("title", "year"))
    return f"{title[1].rstrip('.')}{f' ({year[1]})' if year else ''}" if title else f"the documentation of {module.__name__}"
