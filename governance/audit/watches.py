"""What TARS may undo alone, by the chain: amendments under a watch whose guardrails roll back. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from governance.audit import needs
from governance.audit.needs import Answer

WATCHED: Final = frozenset({"guardrails.watch", "guardrails.extend", "guardrails.keep"})


class Watches:
    """Until when each amendment may be undone by its guardrails. Times are text as entries write them."""

    def __init__(self) -> None:
        self._until: dict[str, str] = {}

    def entry(self, name: str, action: dict[str, Any], *, ends_at: str) -> None:
        """A watch is opened with what it may do, extended, or ended by a person who keeps the amendment."""
        amendment_id = str(action.get("amendment_id"))
        if name == "guardrails.keep" or (name == "guardrails.watch" and not _may_undo(action.get("rules"))):
            self._until.pop(amendment_id, None)
        elif name == "guardrails.watch" or amendment_id in self._until:
            self._until[amendment_id] = ends_at

    def allow(self, amendment_id: str, *, answers: Iterable[Answer], effect: str, at: str) -> bool:
        """Whether TARS alone undid it as it may: while the watch lasts, and without expanding anything."""
        by_tars = any(answer.via == "standing_authority" and answer.user_id is None for answer in answers)
        return by_tars and at <= self._until.get(amendment_id, "") and effect not in needs.EXPANDING


def _may_undo(rules: Any) -> bool:
    return isinstance(rules, dict) and any(
        isinstance(rule, dict) and rule.get("reaction") == "roll_back" and rule.get("is_on") is True
        for rule in rules.values()
    )
