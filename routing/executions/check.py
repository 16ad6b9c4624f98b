"""`governance_check` of an execution, in the sources' own keys (seeds/004 3). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

_SECTION: Final = re.compile(r"gov\.md\s+(\d+(?:\.\d+)*)")


def of_verdict(
    *, action: str, outcome: str, sentence: str, sources: Iterable[str], verdict_id: str | None
) -> dict[str, Any]:
    """What the rules said. `sources` are those of the rules that decided, such as "gov.md 7.3"."""
    sections = sorted({found for source in sources for found in _SECTION.findall(source)}, key=_order)
    return {
        "requires_approval": outcome == "require_approval",
        "action": action,
        "outcome": outcome,
        "reason": sentence,
        "gov_md_sections_checked": sections,
        "compliance_validated": outcome == "permit",
        "verdict_id": verdict_id,
    }


def of_answer(check: dict[str, Any], *, by: str, at: datetime, note: str, is_approved: bool) -> dict[str, Any]:
    """The same after a person's answer."""
    said = f"{'Approved' if is_approved else 'Rejected'} by {by}" + (f": {note}" if note else ".")
    answered = {"approved_by": by, "approved_at": at.isoformat()} if is_approved else {"rejected_by": by}
    return {**check, **answered, "reason": said, "compliance_validated": is_approved}


def of_refusal(*, action: str, sentence: str) -> dict[str, Any]:
    """What is kept where nobody could be asked: out of scope, or every candidate was vetoed."""
    return {
        "requires_approval": False,
        "action": action,
        "outcome": "",
        "reason": sentence,
        "gov_md_sections_checked": [],
        "compliance_validated": False,
        "verdict_id": None,
    }


def _order(section: str) -> tuple[int, ...]:
    return tuple(int(part) for part in section.split("."))
