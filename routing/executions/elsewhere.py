"""Whether a request should be tried another way, and who is left to try it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from routing.executions.stages import Status

_NOT_WHOLE: Final = frozenset({Status.FAILED, Status.PARTIAL, Status.TIMEOUT})
POOR: Final = 2
"""At most so many stars say that it was not good."""


def others(route: Mapping[str, Any] | None, *, asked: Collection[str]) -> list[Mapping[str, Any]]:
    """The candidates against whom nothing spoke and who were not asked, in order. `asked` are ids."""
    rows = (route or {}).get("candidates", ())
    return [one for one in rows if not one["vetoes"] and one["system_id"] not in asked]


def should_try(*, status: Status, stars: int | None, is_called_off: bool, others: int) -> bool:
    """Somebody else is left, and it did not go well or was not thought good. What rules or a person refused, or somebody called
    off, is not tried behind their back."""
    if not others or is_called_off or status is Status.GOVERNANCE_BLOCKED:
        return False
    return status in _NOT_WHOLE or (stars is not None and stars <= POOR)
