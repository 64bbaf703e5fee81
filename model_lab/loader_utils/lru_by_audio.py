"""An LRU cache of results by audio content."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from model_lab.deprecation import renamed
from model_lab.types import Audio

Result = TypeVar("Result")


class LruByAudio(Generic[Result]):
    """Caches ``compute(audio)`` by audio content; beyond ``most`` entries the least recently used one is removed."""

    def __init__(self, compute: Callable[[Audio], Result], most: int = 256) -> None:
        self._compute, self._most = compute, most
        self._cache: OrderedDict[bytes, Result] = OrderedDict()

    def __call__(self, audio: Audio) -> Result:
        """The result for ``audio``, computed on the first call."""
        key = hashlib.blake2b(audio.samples.tobytes(), salt=audio.sample_rate.to_bytes(8, "big")).digest()
        if key not in self._cache:
            self._cache[key] = self._compute(audio)
        self._cache.move_to_end(key)
        while len(self._cache) > self._most:
            self._cache.popitem(last=False)
        return self._cache[key]


if not TYPE_CHECKING:
    __getattr__ = renamed(__name__, {"Remembered": "LruByAudio"})
