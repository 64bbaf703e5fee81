"""What was worked out for a sound, kept for the next question about the same sound."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from model_lab.types import Audio

Result = TypeVar("Result")


class Remembered(Generic[Result]):
    """``work_out`` of each sound, kept by the sound's content; of more than ``most`` the one used longest ago is forgotten."""

    def __init__(self, work_out: Callable[[Audio], Result], most: int = 256) -> None:
        self._work_out, self._most = work_out, most
        self._kept: OrderedDict[bytes, Result] = OrderedDict()

    def __call__(self, audio: Audio) -> Result:
        """What is worked out for ``audio``, once."""
        key = hashlib.blake2b(audio.samples.tobytes(), salt=audio.sample_rate.to_bytes(8, "big")).digest()
        if key not in self._kept:
            self._kept[key] = self._work_out(audio)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]
