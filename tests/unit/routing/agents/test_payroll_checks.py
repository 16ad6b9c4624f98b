"""What the payroll agent finds, and what it keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.agents.payroll_checks import amount_of, audited
from routing.agents.payroll_store import KeyTaken, Uploads

ENTRY: dict[str, Any] = {
    "employee_id": "12345",
    "employee_name": "John Doe",
    "date": "2026-01-27",
    "amount": 4250.0,
    "reference": "Contractor - JD Consulting LLC",
    "source_file": "payroll-2026-01-27.pdf",
    "state": "CA",
}


def rules(*entries: dict[str, Any], expected_total: str | None = None) -> list[str]:
    return [finding.rule for finding in audited(entries, expected_total=expected_total).findings]


def test_audit__entry_of_the_source__is_clean() -> None:
    result = audited([ENTRY], expected_total="4250")
    assert result.as_json() == {
        "is_clean": True,
        "entries": 1,
        "total": "4250.00",
        "by_state": {"CA": {"entries": 1, "total": "4250.00"}},
        "findings": [],
    }
    assert result.sentence == "1 entry, 4250.00 in total, nothing to look at."


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"employee_id": ""}, ["missing_field"]),
        ({"source_file": None}, ["missing_field"]),
        ({"amount": None}, ["missing_field"]),
        ({"amount": "lots"}, ["bad_amount"]),
        ({"amount": True}, ["bad_amount"]),
        ({"amount": "NaN"}, ["bad_amount"]),
        ({"amount": "1e30"}, ["bad_amount"]),
        ({"amount": "-5"}, ["negative_amount"]),
        ({"amount": "5.001"}, ["fraction_of_a_cent"]),
        ({"date": "27.01.2026"}, ["bad_date"]),
        ({"date": 20260127}, ["bad_date"]),
        ({"date": ""}, ["missing_field"]),
        ({"state": "ZZ"}, ["unknown_state"]),
        ({"state": ""}, []),
        ({"state": "ca"}, []),
    ],
)
def test_audit__faulty_entry__is_found(change: dict[str, Any], found: list[str]) -> None:
    assert rules(ENTRY | change) == found


def test_audit__same_payment_twice__is_a_duplicate_however_it_is_written() -> None:
    assert rules(ENTRY, ENTRY | {"amount": "4250.00"}) == ["duplicate"]
    assert rules(ENTRY, ENTRY | {"reference": "Bonus"}) == []


def test_audit__total__is_compared() -> None:
    assert rules(ENTRY, expected_total="4250.01") == ["total_differs"]
    assert rules(ENTRY, expected_total="x") == ["bad_expected_total"]


def test_audit__sums__are_exact_by_state() -> None:
    entries = [
        ENTRY | {"amount": "0.10", "employee_id": str(number), "state": state} for number, state in enumerate("ab")
    ]
    result = audited([*entries, ENTRY | {"amount": 0.1, "state": None}])
    assert result.total == Decimal("0.30") and sorted(result.by_state) == ["A", "B", "none"]


ANY = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.integers(), max_size=2)
)


@given(st.lists(st.dictionaries(st.sampled_from(list(ENTRY)), ANY), max_size=6), st.none() | st.text(max_size=5))
def test_audit__anything__is_answered(entries: list[dict[str, Any]], total: str | None) -> None:
    result = audited(entries, expected_total=total)
    assert result.total == sum((amount_of(one.get("amount")) or Decimal(0) for one in entries), Decimal(0))
    assert result.as_json()["entries"] == len(entries)


# -- uploads


def test_add__same_key__is_kept_once(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    assert uploads.add(key="k", entries=[ENTRY]) > 0
    assert uploads.add(key="k", entries=[ENTRY]) == 0
    assert uploads.entries() == [ENTRY]


def test_add__same_key_for_others__is_refused(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.add(key="k", entries=[ENTRY])
    with pytest.raises(KeyTaken):
        uploads.add(key="k", entries=[ENTRY | {"amount": "1"}])
    assert uploads.entries() == [ENTRY]


def test_add__after_a_crash_in_the_middle_of_a_line__loses_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path)
    uploads.add(key="a", entries=[ENTRY])
    with uploads.path.open("ab") as file:
        file.write(b'{"key": "b", "entr')
    assert uploads.entries() == [ENTRY]
    uploads.add(key="b", entries=[ENTRY, ENTRY])
    assert len(uploads.entries()) == 3


def test_add__text_with_line_breaks_of_unicode__is_read_back(tmp_path: Path) -> None:
    entry = ENTRY | {"reference": "one\u2028two\x85three\nfour"}
    Uploads(tmp_path).add(key="k", entries=[entry])
    assert Uploads(tmp_path).entries() == [entry]


def test_add__one_key_by_many_at_once__is_kept_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(lambda _: Uploads(tmp_path).add(key="k", entries=[ENTRY]), range(32)))
    assert sum(size > 0 for size in written) == 1
    assert Uploads(tmp_path).entries() == [ENTRY]
