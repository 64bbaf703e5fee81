"""Messages between the host and a worker: framed JSON with raw arrays behind it, over a private socket.

A frame is two little-endian uint32 (length of the JSON, number of arrays), the JSON, then for each array a uint32 length
and a JSON header (dtype, shape), a uint64 length and the bytes in C order. It is only used within one socket pair, so there is a single version,
checked in the handshake.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from model_lab import capabilities, types

if TYPE_CHECKING:
    import numpy.typing as npt

PROTOCOL = 2


class Channel:
    """One end of the socket pair. Sending is safe from several threads; receiving is for one."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._sending = threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; values may hold arrays, any type of `model_lab.types` and those that capabilities declare.

        Raises `OSError` if the peer is gone.
        """
        arrays: list[npt.NDArray[Any]] = []

        def attach(array: npt.NDArray[Any]) -> int:
            arrays.append(np.ascontiguousarray(array))
            return len(arrays) - 1

        head = json.dumps(types.encode(message, attach)).encode()
        parts = [struct.pack("<II", len(head), len(arrays)), head]
        for array in arrays:
            form = json.dumps({"dtype": array.dtype.str, "shape": array.shape}).encode()
            parts += [struct.pack("<IQ", len(form), array.nbytes), form, array.tobytes()]
        with self._sending:
            for part in parts:
                self._end.sendall(part)

    def receive(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message.

        Raises `TimeoutError` after ``timeout`` seconds, `EOFError` if the peer is gone, `ContractBroken` if a type that a
        capability declares cannot be built from the message; the next message can still be received.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        head_length, count = struct.unpack("<II", self._exactly(8, deadline))
        plain = json.loads(self._exactly(head_length, deadline))
        arrays = [self._array(deadline) for _ in range(count)]
        message: dict[str, Any] = types.decode(plain, lambda index: arrays[index], declaring=capabilities.usable)
        return message

    def close(self) -> None:
        """Close the socket."""
        self._end.close()

    def _array(self, deadline: float | None) -> npt.NDArray[Any]:
        form_length, size = struct.unpack("<IQ", self._exactly(12, deadline))
        form = json.loads(self._exactly(form_length, deadline))
        return np.frombuffer(self._exactly(size, deadline), np.dtype(form["dtype"])).reshape(form["shape"])

    def _exactly(self, size: int, deadline: float | None) -> bytearray:
        data = bytearray(size)
        view, have = memoryview(data), 0
        while have < size:
            self._end.settimeout(None if deadline is None else max(1e-3, deadline - time.monotonic()))
            try:
                got = self._end.recv_into(view[have:], min(size - have, 1 << 20))
            except TimeoutError:
                raise
            except OSError as error:
                raise EOFError(str(error)) from None
            if got == 0:
                raise EOFError("the other end closed the connection")
            have += got
        return data
