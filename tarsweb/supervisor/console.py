"""What the person at the terminal reads."""

from __future__ import annotations

import contextlib
import time


class Console:
    """Short lines, each with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, line: str) -> None:
        """One step, as it begins or ends."""
        self.show(f"{time.monotonic() - self._start:6.1f} s  {line}")

    def show(self, text: str) -> None:
        """Something to keep: the address, the logins."""
        with contextlib.suppress(OSError):  # a reader that went away must not keep us from stopping in order
            print(text, flush=True)
