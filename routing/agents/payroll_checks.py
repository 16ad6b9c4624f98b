"""What is wrong with a list of payroll entries. Pure; money is exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

REQUIRED: Final = ("employee_id", "date", "amount", "source_file")
"""What the table of payroll entries demands."""
_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA "
    "RI SC SD TN TX UT VT VA WA WV WI WY"
)
STATES: Final = frozenset(_STATES.split())
NO_STATE: Final = "none"
MOST: Final = Decimal("1e12")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person must look at. `entry` counts from 0; None for the whole list."""

    rule: str
    entry: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What was checked and what was found."""

    entries: int
    total: Decimal
    by_state: dict[str, tuple[int, Decimal]]
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Amounts as decimal text."""
        return {
            "is_clean": not self.findings,
            "entries": self.entries,
            "total": _text(self.total),
            "by_state": {
                state: {"entries": count, "total": _text(total)}
                for state, (count, total) in sorted(self.by_state.items())
            },
            "findings": [asdict(finding) for finding in self.findings],
        }

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        found = len(self.findings)
        outcome = (
            "nothing to look at" if not found else "1 thing to look at" if found == 1 else f"{found} things to look at"
        )
        return f"{self.entries} {'entry' if self.entries == 1 else 'entries'}, {_text(self.total)} in total, {outcome}."


def audited(entries: Sequence[Mapping[str, Any]], *, expected_total: str | None = None) -> Audit:
    """Check the entries: fields, amounts, dates, states, doubles, and the total when one is expected."""
    findings: list[Finding] = []
    seen: dict[tuple[Any, ...], int] = {}
    by_state: dict[str, tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    total = Decimal(0)
    for number, entry in enumerate(entries):
        findings += _of_one(number, entry)
        amount = amount_of(entry.get("amount")) or Decimal(0)
        state = str(entry.get("state") or "").strip().upper() or NO_STATE
        count, sum_so_far = by_state[state]
        by_state[state] = (count + 1, sum_so_far + amount)
        total += amount
        first = seen.setdefault(_identity(entry), number)
        if first != number:
            sentence = f"Entry {number} repeats entry {first}: the same person, day, amount and reference."
            findings.append(Finding("duplicate", number, sentence))
    findings += _of_total(total, expected_total)
    return Audit(len(entries), total, dict(by_state), tuple(findings))


def amount_of(value: Any) -> Decimal | None:
    """An amount as it was written, or None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) < MOST else None


def _of_one(number: int, entry: Mapping[str, Any]) -> list[Finding]:
    found = [
        Finding("missing_field", number, f"Entry {number} has no {field}.")
        for field in REQUIRED
        if entry.get(field) is None or str(entry[field]).strip() == ""
    ]
    missing = {finding.sentence for finding in found}
    amount = amount_of(entry.get("amount"))
    if amount is None and f"Entry {number} has no amount." not in missing:
        found.append(Finding("bad_amount", number, f"Entry {number} has an amount that is no number."))
    elif amount is not None and amount < 0:
        found.append(Finding("negative_amount", number, f"Entry {number} takes {_text(-amount)} back."))
    elif amount is not None and amount != amount.quantize(Decimal("0.01")):
        found.append(Finding("fraction_of_a_cent", number, f"Entry {number} has an amount finer than a cent."))
    if not _is_date(entry.get("date")) and f"Entry {number} has no date." not in missing:
        found.append(Finding("bad_date", number, f"Entry {number} has a date that is none; write 2026-01-27."))
    state = str(entry.get("state") or "").strip().upper()
    if state and state not in STATES:
        found.append(Finding("unknown_state", number, f"Entry {number} names a state that is none: {state[:20]}."))
    return found


def _of_total(total: Decimal, expected: str | None) -> list[Finding]:
    if expected is None:
        return []
    wanted = amount_of(expected)
    if wanted is None:
        return [Finding("bad_expected_total", None, "The expected total is no number.")]
    if wanted == total:
        return []
    return [Finding("total_differs", None, f"The entries sum to {_text(total)}, expected were {_text(wanted)}.")]


def _identity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    amount = amount_of(entry.get("amount"))
    fields = (entry.get("employee_id"), entry.get("date"), entry.get("reference"))
    return (amount, *(str(field or "").strip() for field in fields))


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount == amount.quantize(Decimal("0.01")) else format(amount.normalize(), "f")
