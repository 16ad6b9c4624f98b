"""When an answer is wanted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from governance.amendments.deadlines import due_at
from governance.amendments.kinds import Basis

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("basis", "effective", "expires", "due"),
    [
        (Basis.ORDINARY, None, 30, 5),
        (Basis.COMPLIANCE, None, 30, 5),
        (Basis.SECURITY_PATCH, None, 30, 1),
        (Basis.ORDINARY, 2, 30, 2),
        (Basis.ORDINARY, 20, 30, 5),
        (Basis.ORDINARY, None, 3, 3),
        (Basis.ORDINARY, -4, 30, 5),
        (Basis.SECURITY_PATCH, 0.5, 30, 0.5),
    ],
)
def test_due__five_days_or_one__never_after_it_takes_effect_or_expires(
    basis: Basis, effective: float | None, expires: float, due: float
) -> None:
    found = due_at(
        basis=basis,
        asked_at=AT,
        effective_at=None if effective is None else AT + effective * DAY,
        expires_at=AT + expires * DAY,
    )
    assert found == AT + due * DAY
