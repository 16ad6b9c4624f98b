"""What a request asks for, read off its words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.router.acting import HANDLE, action_of

DOMICILE: dict[str, list[str]] = {
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
    assert action_of(text=text, **DOMICILE) == action


def test_action__that_needs_approval__goes_before_one_that_does_not() -> None:
    assert action_of(text="aa and bb", capabilities=["aa"], requires_approval=["bb"]) == "bb"


def test_action__stated_by_the_caller__goes_before_the_rule_s__before_the_words() -> None:
    assert action_of(text="Audit", stated="read", by_rule="delete", **DOMICILE) == "read"
    assert action_of(text="Audit", by_rule="delete", **DOMICILE) == "delete"


@pytest.mark.parametrize("capabilities", [(), ("*", "read_*")])
def test_action__of_a_system_that_names_none__is_to_handle_it(capabilities: tuple[str, ...]) -> None:
    assert action_of(text="read everything", capabilities=capabilities) == HANDLE


@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=6))
def test_action__of_any_words__is_one_of_the_system_s_or_to_handle_it(text: str, own: list[str]) -> None:
    assert action_of(text=text, capabilities=own) in {*own, HANDLE}
