"""What is said when a downloaded file is not what its library expects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from model_lab.contract import ModelCard
from model_lab.errors import NotRunnable


@contextmanager
def told(card: ModelCard, file: Path, *errors: type[Exception]) -> Iterator[None]:
    """Turn ``errors`` that a library raises while it loads ``file`` into a `NotRunnable` of one sentence."""
    try:
        yield
    except errors as error:
        reason = " ".join(str(error).split())[:200]
        raise NotRunnable(
            f"{card.name}: {file} cannot be loaded ({reason}); remove it and run: model-lab fetch {card.name}"
        ) from error
