"""What the person at the terminal reads."""

from __future__ import annotations

import sys
import time


class Console:
    """Short lines, each with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, line: str) -> None:
        """One step, as it begins or ends."""
        print(f"{time.monotonic() - self._start:6.1f} s  {line}", flush=True)

    def show(self, text: str) -> None:
        """Something to keep: the address, the logins."""
        print(text, flush=True)

    def warn(self, line: str) -> None:
        """Something went wrong but the start goes on."""
        self.say(line)
        sys.stderr.flush()
