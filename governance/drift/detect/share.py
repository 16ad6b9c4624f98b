"""Whether a share (compliance, approvals) lies below its floor: with its interval, never as a bare rate. Pure."""

from __future__ import annotations

from typing import Final

from governance.drift.detect.finding import Finding

COMPLIANCE: Final = 0.95
APPROVAL: Final = 0.80
LEAST: Final = 20
"""Fewer decisions say nothing."""
ERRORS: Final = 1.96
"""The 95 % interval of the source."""


def below(floor: float, *, held: int, n: int, name: str) -> Finding | None:
    """How far `held` of `n` lie below the floor, in errors of the score interval (Wilson 1927).

    Its score passes 1 exactly when the whole 95 % interval lies below the floor; None from fewer than `LEAST`.
    """
    if n < LEAST:
        return None
    share = held / n
    errors = (floor - share) / (floor * (1.0 - floor) / n) ** 0.5
    return Finding(name, max(0.0, errors / ERRORS), share, floor, n)
