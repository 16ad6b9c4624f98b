"""The questions auditors ask, as filters of the ledger page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

ALLOWING = (
    "amendments.approve,amendments.break_glass,amendments.approve_under_authority,amendments.reject,amendments.apply"
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the query string whose entries answer it."""

    words: str
    query: str
    note: str


def questions(at: datetime) -> tuple[Question, ...]:
    """What an auditor can ask at a moment; the quarter is the last one that is over, in UTC."""
    since, until, name = last_quarter(at)
    return (
        Question(
            f"What changed in {name}?",
            urlencode({"event": "constitutional_change", "since": _said(since), "until": _said(until)}),
            "Every constitution that was changed or undone",
        ),
        Question("Show me every bypass", urlencode({"event": "override"}), "Overrides and break-glass approvals"),
        Question(
            "Who joined, left or got another role?",
            urlencode({"event": "access"}),
            "Members, invitations, deputies and tokens",
        ),
        Question("Who tried what they may not?", urlencode({"outcome": "refused"}), "Refusals, with who and why"),
        Question("What was taken away?", urlencode({"event": "export"}), "Exports, with filter, count and digest"),
    )


def last_quarter(at: datetime) -> tuple[datetime, datetime, str]:
    """The start and end of the quarter before the one that `at` is in, and its name (Q3 2026)."""
    at = at.astimezone(UTC)
    until = datetime(at.year, (at.month - 1) // 3 * 3 + 1, 1, tzinfo=UTC)
    year, month = (until.year, until.month - 3) if until.month > 3 else (until.year - 1, 10)
    return datetime(year, month, 1, tzinfo=UTC), until, f"Q{(month + 2) // 3} {year}"


def _said(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
