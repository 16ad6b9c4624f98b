"""`governance_check` of an execution, in the sources' own keys (seeds/004 3). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from governance.policy.verdict import Reason
from governance.rulebook.classes import of_law

_SECTION: Final = re.compile(r"gov\.md\s+(\d+(?:\.\d+)*)")


def of_verdict(
    *, action: str, outcome: str, sentence: str, because: Iterable[Reason], verdict_id: str | None
) -> dict[str, Any]:
    """What the rules said; `because` are those that decided. `law`: the clauses of the law that forbade it."""
    because = tuple(because)
    sections = sorted({found for one in because for found in _SECTION.findall(one.source)}, key=_order)
    return {
        "requires_approval": outcome == "require_approval",
        "action": action,
        "outcome": outcome,
        "reason": sentence,
        "gov_md_sections_checked": sections,
        "law": list(of_law(because)) if outcome == "deny" else [],
        "compliance_validated": outcome == "permit",
        "verdict_id": verdict_id,
    }


def of_answer(check: dict[str, Any], *, by: str, at: datetime, note: str, is_approved: bool) -> dict[str, Any]:
    """The same after a person's answer."""
    said = f"{'Approved' if is_approved else 'Rejected'} by {by}" + (f": {note}" if note else ".")
    answered = {"approved_by": by, "approved_at": at.isoformat()} if is_approved else {"rejected_by": by}
    return {**check, **answered, "reason": said, "compliance_validated": is_approved}


def of_refusal(*, action: str, sentence: str, law: Iterable[str] = ()) -> dict[str, Any]:
    """What is kept where nobody could be asked: out of scope, or every candidate was vetoed. `law`: the clauses of the law that
    kept the best of them from it."""
    return {
        "requires_approval": False,
        "action": action,
        "outcome": "",
        "reason": sentence,
        "gov_md_sections_checked": [],
        "law": list(law),
        "compliance_validated": False,
        "verdict_id": None,
    }


def _order(section: str) -> tuple[int, ...]:
    return tuple(int(part) for part in section.split("."))
