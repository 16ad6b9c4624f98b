"""Windows of the safety budget derive from the moment alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.rulebook.safety import WINDOWS, ends_at, starts_at

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("window", "ends"),
    [
        ("hourly", datetime(2026, 1, 31, 11, tzinfo=UTC)),
        ("daily", datetime(2026, 2, 1, tzinfo=UTC)),
        ("weekly", datetime(2026, 2, 2, tzinfo=UTC)),
        ("monthly", datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_ends_at__is_where_the_next_window_begins(window: str, ends: datetime) -> None:
    assert ends_at(window, datetime(2026, 1, 31, 10, 30, tzinfo=UTC)) == ends


@given(at=MOMENTS, window=st.sampled_from(WINDOWS))
def test_windows__follow_each_other_without_gap(at: datetime, window: str) -> None:
    begins, ends = starts_at(window, at), ends_at(window, at)
    assert begins <= at < ends
    assert starts_at(window, ends) == ends
    assert starts_at(window, ends - timedelta(microseconds=1)) == begins
