"""What TARS may undo alone, by the chain: amendments under a watch, once a guardrail that rolls back was crossed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from governance.audit import needs
from governance.audit.needs import Answer

WATCHED: Final = frozenset(
    {"guardrails.watch", "guardrails.extend", "guardrails.cross", "guardrails.resume", "guardrails.keep"}
)


class Watches:
    """Until when each amendment may be undone by its guardrails. Times are text as entries write them."""

    def __init__(self) -> None:
        self._until: dict[str, str] = {}
        self._known: set[str] = set()
        self._crossed: set[str] = set()

    def entry(self, name: str, action: dict[str, Any], *, ends_at: str, is_tars: bool) -> None:
        """A watch is opened once, by TARS, with what it may do; then it is extended, crossed, armed anew, or ended by a person
        who keeps the amendment."""
        amendment_id = str(action.get("amendment_id"))
        if name == "guardrails.watch":
            if is_tars and amendment_id not in self._known and _may_undo(action.get("rules")):
                self._until[amendment_id] = ends_at
            self._known.add(amendment_id)
        elif name == "guardrails.cross":
            if is_tars and _rolls_back(action.get("crossing")):
                self._crossed.add(amendment_id)
        elif name == "guardrails.extend":
            if amendment_id in self._until:
                self._until[amendment_id] = ends_at
        else:
            self._crossed.discard(amendment_id)
            if name == "guardrails.keep":
                self._until.pop(amendment_id, None)

    def allow(self, amendment_id: str, *, answers: Iterable[Answer], effect: str, at: str) -> bool:
        """Whether TARS alone undid it as it may: after a crossing, while the watch lasts, and without expanding anything."""
        by_tars = any(answer.via == "standing_authority" and answer.user_id is None for answer in answers)
        is_due = amendment_id in self._crossed and at <= self._until.get(amendment_id, "")
        return by_tars and is_due and effect not in needs.EXPANDING


def _may_undo(rules: Any) -> bool:
    return isinstance(rules, dict) and any(_rolls_back(rule) and rule.get("is_on") is True for rule in rules.values())


def _rolls_back(said: Any) -> bool:
    return isinstance(said, dict) and said.get("reaction") == "roll_back"
