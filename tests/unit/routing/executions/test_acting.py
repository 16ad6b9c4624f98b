"""What a request asks for, read off its words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.executions.acting import HANDLE, action_of, facts_of

DOMICILE = {
    "capabilities": ["payroll", "compliance", "pdf-processing", "read_*", "audit"],
    "requires_approval": ["upload_payroll_entries", "audit", "delete"],
}


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("Audit payroll compliance", "audit"),
        ("We were audited; what came of it?", "audit"),
        ("Please upload the payroll entries of January", "upload_payroll_entries"),
        ("DELETE the draft", "delete"),
        ("Do the PDF processing of these stubs", "pdf-processing"),
        ("Run payroll", "payroll"),
        ("Say hello", HANDLE),
        ("", HANDLE),
        ("Deleting the draft", "delete"),
        ("The auditorium is free", HANDLE),
        ("Our deliveries", HANDLE),
    ],
)
def test_action__is_the_one_whose_words_stand_in_the_request(text: str, action: str) -> None:
    assert action_of(text=text, constitution=DOMICILE) == action


def test_action__that_needs_approval__goes_before_one_that_does_not() -> None:
    constitution = {"capabilities": ["aa"], "requires_approval": ["bb"]}
    assert action_of(text="aa and bb", constitution=constitution) == "bb"


def test_action__stated_by_the_caller__goes_before_the_rule_s__before_the_words() -> None:
    assert action_of(text="Audit", stated="read", by_rule="delete", constitution=DOMICILE) == "read"
    assert action_of(text="Audit", by_rule="delete", constitution=DOMICILE) == "delete"


@pytest.mark.parametrize("constitution", [None, [], {}, {"capabilities": None}, {"capabilities": [1, "*", "read_*"]}])
def test_action__of_a_system_that_names_none__is_to_handle_it(constitution: Any) -> None:
    assert action_of(text="read everything", constitution=constitution) == HANDLE


def test_facts__hold_the_plain_values_of_the_input_and_nothing_deep() -> None:
    facts = facts_of(
        text="Pay",
        input={"amount": 500, "to": "Ann", "deep": {"x": 1}, "1st": 2, "none": None},
        channel="api",
        depth=1,
        handed_on_by="clay",
        cost_usd=Decimal("0.12"),
    )
    assert facts == {
        "request": {"text": "Pay", "channel": "api"},
        "hop": {"depth": 1, "from": "clay"},
        "cost_usd": 0.12,
        "input": {"amount": 500, "to": "Ann"},
    }


@pytest.mark.parametrize("input", [None, [], "text", 7, {}])
def test_facts__of_an_input_that_is_no_object__say_nothing_of_it(input: Any) -> None:
    said = facts_of(text="Pay", input=input, channel="page", depth=0, handed_on_by="", cost_usd=None)
    assert "input" not in said and "cost_usd" not in said


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=6))
def test_action__of_any_words__is_one_of_the_system_s_or_to_handle_it(text: str, own: list[str]) -> None:
    assert action_of(text=text, constitution={"capabilities": own}) in {*own, HANDLE}
