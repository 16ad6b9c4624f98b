"""What the router's constitution says about routing. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THRESHOLD = 0.7
RETRIES = 3
LONGEST_DELAY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Obeyed:
    """`router` is "" where no active system's constitution speaks about routing: then the words of this class hold.

    `may_fall_back`: whether another system is tried where the first fails. `fallback_system` gets what nothing else is sure of,
    "" for none. `fallback_delay_ms`: how long after one system failed the next is asked.
    """

    router: str = ""
    threshold: float = THRESHOLD
    may_fall_back: bool = True
    max_retries: int = RETRIES
    fallback_system: str = ""
    fallback_delay_ms: int = 0


def obeyed(router: str, constitution: Mapping[str, Any]) -> Obeyed:
    """`routing_confidence_threshold`, else `routing_rules.confidence_threshold`; `fallback_enabled`, `max_retries` and
    `fallback_system` of `routing_rules`; `fallback_delay_ms`, at most a minute.

    What is not said or cannot be read keeps its default.
    """
    rules = constitution.get("routing_rules")
    rules = rules if isinstance(rules, Mapping) else {}
    stated = constitution.get("routing_confidence_threshold", rules.get("confidence_threshold"))
    flag, retries, system = (rules.get(key) for key in ("fallback_enabled", "max_retries", "fallback_system"))
    return Obeyed(
        router=router,
        threshold=float(stated) if _is_number(stated) and 0 <= stated <= 1 else THRESHOLD,
        may_fall_back=flag if isinstance(flag, bool) else True,
        max_retries=retries if type(retries) is int and retries >= 0 else RETRIES,
        fallback_system=system if isinstance(system, str) else "",
        fallback_delay_ms=_delay(constitution.get("fallback_delay_ms")),
    )


def _delay(stated: Any) -> int:
    return min(int(stated), LONGEST_DELAY_MS) if _is_number(stated) and stated >= 0 else 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
