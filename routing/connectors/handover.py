"""What one thread tells the thread that waits for it: progress, then a value or a failure."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from routing.connectors.contract import OnProgress

Value = TypeVar("Value")


class Handover(Generic[Value]):
    """Progress is passed on in the waiting thread, which may hold a transaction that the working one must not touch."""

    def __init__(self) -> None:
        self._progress: SimpleQueue[tuple[int, str] | None] = SimpleQueue()
        self._value: Value | None = None
        self._error: BaseException | None = None

    def progress(self, percent: int, sentence: str) -> None:
        """Tell how far it is."""
        self._progress.put((percent, sentence))

    def done(self, value: Value) -> None:
        """Hand over the value; the last word."""
        self._value = value
        self._progress.put(None)

    def failed(self, error: BaseException) -> None:
        """Hand over the failure; the last word."""
        self._error = error
        self._progress.put(None)

    def result(self, *, seconds: float, on_progress: OnProgress) -> Value:
        """Wait for the last word. Raises `TimeoutError` after `seconds`, the failure, or what `on_progress` raises."""
        ends = time.monotonic() + seconds
        try:
            while (said := self._progress.get(timeout=max(ends - time.monotonic(), 0.001))) is not None:
                on_progress(*said)
        except Empty:
            raise TimeoutError from None
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
