"""The formats of answers, by name: those of this package, and those that others add."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from model_lab.errors import ContractBroken, UnknownName, nearest
from model_lab.extensions import FORMAT, Catalogue, Item, Problem
from model_lab.formats import contour, ctm, midi, rttm, srt, stm, textgrid, uem, vtt
from model_lab.formats._base import Format

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")

SCORE_FORMATS = ("csv", "parquet", "model-index", "eval-results", "junit")
"""The formats of a run's scores; no format of answers has such a name."""


class FormatRegistry(Mapping[str, Format]):
    """Formats by name, in the order in which they were added, those of plug-ins last.

    Args:
        formats: The formats that are there from the start.
        reserved: Names that no format may have.
        plugged: Called for the formats of plug-ins.

    Example:
        >>> registry = FormatRegistry([Format("lab", "lab", lambda content, recording, duration: "")])
        >>> list(registry), registry["lab"].suffix
        (['lab'], 'lab')
    """

    def __init__(
        self,
        formats: Iterable[Format] = (),
        reserved: Iterable[str] = (),
        plugged: Callable[[], Iterable[Format]] = tuple,
    ) -> None:
        self._plugged = plugged
        self._reserved = frozenset(reserved)
        self._formats: dict[str, Format] = {}
        self._origins: dict[str, str] = {}
        for each in formats:
            self.add(each, "model_lab")

    def add(self, new: Format, origin: str) -> None:
        """Add a format.

        Args:
            new: The format.
            origin: The package or the file that it comes from, for messages.

        Raises:
            ContractBroken: If it is not a `Format`, if its name or its suffix cannot be used, or if the name is taken.
        """
        self.require_usable(new, origin)
        self._formats[new.name], self._origins[new.name] = new, origin

    def require_usable(self, new: Format, origin: str) -> None:
        """Check a format before it is added.

        Args:
            new: What claims to be a format.
            origin: Where it comes from, for the message.

        Raises:
            ContractBroken: It is no `Format`, or its name, suffix or functions are unusable, or its name is taken.
        """
        if not isinstance(new, Format):
            raise ContractBroken(f"{origin} has a {type(new).__name__} in place of a format; expected a model_lab.formats.Format")
        if not isinstance(new.name, str) or not _NAME.fullmatch(new.name):
            raise ContractBroken(f"{origin} has a format called {new.name!r}; expected small letters, digits and hyphens")
        if not isinstance(new.suffix, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", new.suffix):
            raise ContractBroken(f"{origin}: the format {new.name} has the suffix {new.suffix!r}; expected one such as txt")
        if not callable(new.write) or not (new.read is None or callable(new.read)):
            raise ContractBroken(f"{origin}: write or read of the format {new.name} is not a function")
        if new.name in self._reserved or new.name in self._formats:
            owner = self._origins.get(new.name, "the scores of a run")
            raise ContractBroken(f"{origin} has a format called {new.name!r}, a name that {owner} has; give it another")

    def named(self, name: str) -> Format:
        """The format of a name.

        Args:
            name: Its name.

        Returns:
            The format.

        Raises:
            UnknownName: If there is none, with the nearest name.
        """
        formats = self._all()
        if name not in formats:
            raise UnknownName(f"there is no format {name!r}{nearest(name, formats)}; expected one of: {', '.join(formats)}")
        return formats[name]

    def _all(self) -> dict[str, Format]:
        return self._formats | {each.name: each for each in self._plugged()}

    def __getitem__(self, name: str) -> Format:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def _read(item: Item) -> Format:
    new: Format = item.load_object()
    FORMATS.require_usable(new, item.place)
    if new.name != item.name:
        raise ContractBroken(f"{item.place} defines a format called {new.name!r}; expected {item.name!r}")
    return new


_PLUGGED: Catalogue[Format] = Catalogue(FORMAT, _read)

FORMATS = FormatRegistry(
    (srt.FORMAT, vtt.FORMAT, ctm.FORMAT, rttm.FORMAT, textgrid.FORMAT, midi.FORMAT, stm.FORMAT, uem.FORMAT, contour.FORMAT),
    reserved=SCORE_FORMATS,
    plugged=_PLUGGED.all,
)
"""All formats of answers."""


def problems() -> list[Problem]:
    """Why formats of plug-ins cannot be used.

    Returns:
        One problem for each format.
    """
    return _PLUGGED.problems()
