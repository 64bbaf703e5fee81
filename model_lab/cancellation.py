"""Stopping work from outside: one token, made by whoever may stop the work and passed down to whatever does it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ParamSpec

P = ParamSpec("P")


class Cancelled(Exception):
    """The work was cancelled. No `ModelLabError`: that is the failure of one model, after which a run goes on with the next."""


class CancelToken:
    """Whether work is to end; safe from several threads.

    Example:
        >>> token = CancelToken()
        >>> token.on_cancel(lambda: print("worker killed"))
        >>> token.cancel()
        worker killed
        >>> token.cancelled
        True
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Cancel the work: each callback is called once, in order, even if one before it raises. Again, it does nothing."""
        with self._lock:
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        with ExitStack() as calls:
            for callback in reversed(callbacks):
                calls.callback(callback)

    def raise_if_cancelled(self) -> None:
        """Do nothing until the work is cancelled.

        Raises:
            Cancelled: If it was.
        """
        if self.cancelled:
            raise Cancelled("stopped; what was done is kept")

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Have the work interrupted where it waits.

        Args:
            callback: Called when the work is cancelled, from the thread that cancels it; at once if it was already.
        """
        with self._lock:
            waits = not self.cancelled
            if waits:
                self._callbacks.append(callback)
        if not waits:
            callback()

    @contextmanager
    def scope(self) -> Iterator[CancelToken]:
        """Give a piece of work a token of its own, which ends all of it when a part fails or Ctrl-C is pressed.

        Yields:
            A token that is cancelled with this one, and when the block raises; this one is not cancelled by it.
        """
        inner = CancelToken()
        self.on_cancel(inner.cancel)
        try:
            yield inner
        except BaseException:
            inner.cancel()
            raise

    def checked(self, progress: Callable[P, None]) -> Callable[P, None]:
        """Make work that only tells how far it is stoppable.

        Args:
            progress: What the work calls from time to time.

        Returns:
            The same, but raising `Cancelled` once the work is cancelled.
        """

        def check(*args: P.args, **kwargs: P.kwargs) -> None:
            self.raise_if_cancelled()
            progress(*args, **kwargs)

        return check
