"""Whether a request should be tried another way."""

from __future__ import annotations

import pytest

from routing.executions.elsewhere import others, should_try
from routing.executions.stages import Status

ROUTE = {
    "candidates": [
        {"system_id": "a", "name": "a", "vetoes": []},
        {"system_id": "b", "name": "b", "vetoes": [{"code": "estop"}]},
        {"system_id": "c", "name": "c", "vetoes": []},
    ]
}


def test_others__nobody_who_was_asked_or_against_whom_something_spoke() -> None:
    assert [one["name"] for one in others(ROUTE, asked={"a"})] == ["c"]
    assert others(None, asked=()) == []


@pytest.mark.parametrize(
    ("status", "stars", "tries"),
    [
        (Status.FAILED, None, True),
        (Status.PARTIAL, None, True),
        (Status.TIMEOUT, None, True),
        (Status.SUCCESS, None, False),
        (Status.SUCCESS, 2, True),
        (Status.SUCCESS, 3, False),
        (Status.GOVERNANCE_BLOCKED, 1, False),
    ],
)
def test_should_try__where_it_did_not_go_well(status: Status, stars: int | None, tries: bool) -> None:
    assert should_try(status=status, stars=stars, is_called_off=False, others=1) is tries
    assert not should_try(status=status, stars=stars, is_called_off=False, others=0)
    assert not should_try(status=status, stars=stars, is_called_off=True, others=1)
