from __future__ import annotations

from typing import Any

import pytest

from governance.amendments.grants import Step, covers

GRANT = {"/threshold": 0.05, "/delay": 100.0, "/variant": None}


@pytest.mark.parametrize(
    ("steps", "covered"),
    [
        ([Step("/threshold", 0.7, 0.65)], True),
        ([Step("/threshold", 0.65, 0.7)], True),
        ([Step("/threshold", 0.7, 0.64)], False),
        ([Step("/threshold", 0.7, 0.65), Step("/delay", 500, 400)], True),
        ([Step("/threshold", 0.7, 0.65), Step("/other", 1, 2)], False),
        ([Step("/variant", "a", "b")], True),
        ([Step("/variant", "a", 3)], False),
        ([Step("/variant", 1, 2)], False),
        ([Step("/threshold", "a", "b")], False),
        ([Step("/threshold", 0.7, None)], False),
        ([Step("/threshold", True, False)], False),
        ([Step("/threshold/deeper", 0.7, 0.65)], False),
        ([], False),
    ],
)
def test_covers(steps: list[Step], covered: bool) -> None:
    assert covers(GRANT, steps) is covered


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_covers__no_step_that_is_not_a_number(value: Any) -> None:
    assert not covers(GRANT, [Step("/threshold", 0.7, value)])
