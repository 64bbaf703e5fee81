"""What goes into a channel comes out of it, to the bit."""

from __future__ import annotations

import socket
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from model_lab.errors import ContractBroken
from model_lab.types import Audio, Label, PitchTrack, Segment, Transcript, Word
from model_lab.workers.protocol import Channel

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5).filter(lambda key: key != "type"), inner, max_size=4)
    ),
    max_leaves=10,
)


def _through(message: dict[str, Any]) -> dict[str, Any]:
    left, right = socket.socketpair()
    sender = threading.Thread(target=Channel(left).send, args=(message,))
    sender.start()
    received = Channel(right).receive(timeout=10)
    sender.join()
    left.close()
    right.close()
    return received


@given(plain)
def test_json_values_come_through(value: Any) -> None:
    assert _through({"value": value}) == {"value": value}


@given(
    hnp.arrays(
        dtype=st.sampled_from([np.float32, np.float64, np.int16, np.int64]),
        shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=0),
    )
)
def test_arrays_come_through_to_the_bit(array: np.ndarray) -> None:
    received = _through({"array": array})["array"]
    assert received.dtype == array.dtype
    assert received.shape == array.shape
    assert received.tobytes() == array.tobytes()


def test_every_type_comes_through() -> None:
    values = [Segment(0.1, 0.2, "speech"), Transcript("a b", (Word("a", 0, 1), Word("b", 1, 2)), "en"), Label("Dog", 0.5)]
    assert _through({"values": values})["values"] == values
    track = PitchTrack(*(np.arange(3, dtype=np.float32),) * 3)
    received = _through({"track": track})["track"]
    assert all(np.array_equal(getattr(received, name), getattr(track, name)) for name in ("times", "f0_hz", "voiced"))
    sound = Audio(np.arange(6, dtype=np.float32).reshape(2, 3), 8000)
    received = _through({"sound": sound})["sound"]
    assert (received.sample_rate, received.samples.tolist()) == (8000, sound.samples.tolist())


def test_a_type_of_somebody_else_is_refused() -> None:
    left, right = socket.socketpair()
    with left, right, pytest.raises(ContractBroken, match=r"complex; expected a type of model_lab\.types"):
        Channel(left).send({"value": 1j})


def test_a_silent_peer_times_out() -> None:
    left, right = socket.socketpair()
    with left, right, pytest.raises(TimeoutError):
        Channel(left).receive(timeout=0.05)


def test_a_peer_that_hangs_up_ends_the_file() -> None:
    left, right = socket.socketpair()
    right.sendall(b"\x05\x00\x00\x00")
    right.close()
    with left, pytest.raises(EOFError):
        Channel(left).receive(timeout=5)
