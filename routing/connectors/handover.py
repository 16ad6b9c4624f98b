"""What one thread tells the thread that waits for it: progress, then a value or a failure."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition
from typing import Final, Generic, TypeVar

from routing.connectors.contract import OnProgress

Value = TypeVar("Value")
MOST_WAITING: Final = 100
"""Progress that is kept for a slow listener; an agent that tells more loses the oldest."""


class Handover(Generic[Value]):
    """Progress is passed on in the waiting thread, which may hold a transaction that the working one must not touch."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._progress: deque[tuple[int, str]] = deque(maxlen=MOST_WAITING)
        self._last: tuple[int, str] | None = None
        self._is_over = False
        self._value: Value | None = None
        self._error: BaseException | None = None

    def progress(self, percent: int, sentence: str) -> None:
        """Tell how far it is; the same again is not told twice."""
        with self._changed:
            if (percent, sentence) != self._last:
                self._last = (percent, sentence)
                self._progress.append(self._last)
                self._changed.notify()

    def done(self, value: Value) -> None:
        """Hand over the value; the last word."""
        self._end(value, None)

    def failed(self, error: BaseException) -> None:
        """Hand over the failure; the last word."""
        self._end(None, error)

    def result(self, *, seconds: float, on_progress: OnProgress) -> Value:
        """Wait for the last word. Raises `TimeoutError` after `seconds`, the failure, or what `on_progress` raises."""
        ends = time.monotonic() + seconds
        while (told := self._next(ends)) is not None:
            on_progress(*told)
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def _next(self, ends: float) -> tuple[int, str] | None:
        with self._changed:
            while not self._progress and not self._is_over:
                if not self._changed.wait(ends - time.monotonic()):
                    raise TimeoutError
            if self._progress and time.monotonic() < ends:
                return self._progress.popleft()
            if not self._is_over:
                raise TimeoutError
            return None

    def _end(self, value: Value | None, error: BaseException | None) -> None:
        with self._changed:
            if not self._is_over:
                self._is_over, self._value, self._error = True, value, error
                self._changed.notify()
