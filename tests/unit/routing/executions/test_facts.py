"""The facts that a request's rules are asked with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from routing.executions.facts import facts_of


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
