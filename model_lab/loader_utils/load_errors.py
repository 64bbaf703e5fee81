"""Error messages for downloaded files that a library cannot load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from model_lab.contract import ModelCard
from model_lab.deprecation import renamed
from model_lab.errors import NotRunnable


@contextmanager
def translate(card: ModelCard, file: Path, *errors: type[Exception]) -> Iterator[None]:
    """Translate ``errors`` that a library raises while loading ``file`` into `NotRunnable` with a one-sentence message."""
    try:
        yield
    except errors as error:
        reason = " ".join(str(error).split())[:200]
        raise NotRunnable(
            f"{card.name}: {file} cannot be loaded ({reason}); remove it and run: model-lab fetch {card.name}"
        ) from error


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"told": "translate"})
