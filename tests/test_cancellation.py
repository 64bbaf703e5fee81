"""One token that stops work: callbacks once, in order and from any thread; scopes that end with their work."""

from __future__ import annotations

import threading

import pytest

from model_lab.cancellation import Cancelled, CancelToken
from model_lab.errors import ModelLabError


def test_a_token_is_cancelled_once_and_calls_back_in_order() -> None:
    token, calls = CancelToken(), list[str]()
    token.raise_if_cancelled()
    token.on_cancel(lambda: calls.append("first"))
    token.on_cancel(lambda: calls.append("second"))
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["first", "second", "late"] and token.cancelled
    with pytest.raises(Cancelled, match="what was done is kept"):
        token.raise_if_cancelled()


def test_cancelled_is_no_failure_of_a_model() -> None:
    assert not issubclass(Cancelled, ModelLabError)


def test_a_callback_that_raises_keeps_no_other_from_being_called() -> None:
    token, calls = CancelToken(), list[int]()

    def breaks() -> None:
        raise OSError("broken")

    token.on_cancel(breaks)
    token.on_cancel(lambda: calls.append(1))
    with pytest.raises(OSError, match="broken"):
        token.cancel()
    assert calls == [1] and token.cancelled


def test_what_is_added_while_it_is_cancelled_is_called_once() -> None:
    for _ in range(200):
        token, calls = CancelToken(), list[int]()
        threads = [threading.Thread(target=token.on_cancel, args=(lambda calls=calls: calls.append(1),)) for _ in range(4)]
        threads.append(threading.Thread(target=token.cancel))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert calls == [1] * 4


def test_a_scope_is_cancelled_with_its_token_but_not_the_other_way() -> None:
    outer = CancelToken()
    with pytest.raises(KeyboardInterrupt), outer.scope() as failing:
        raise KeyboardInterrupt
    assert failing.cancelled and not outer.cancelled
    with outer.scope() as whole:
        pass
    assert not whole.cancelled
    with outer.scope() as inner:
        outer.cancel()
        assert inner.cancelled
    with outer.scope() as late:
        assert late.cancelled


def test_work_that_only_tells_how_far_it_is_stops_there() -> None:
    token, steps = CancelToken(), list[tuple[str, int]]()

    def progress(what: str, done: int) -> None:
        steps.append((what, done))

    checked = token.checked(progress)
    checked("a", done=1)
    token.cancel()
    with pytest.raises(Cancelled):
        checked("a", done=2)
    assert steps == [("a", 1)]
