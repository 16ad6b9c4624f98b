"""Windows follow from time."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from billing.budgets.windows import month_of, starts_of, window_of


def test_month__ends_where_the_next_begins_also_in_december() -> None:
    start, end = month_of(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (start, end) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert month_of(end) == (end, datetime(2027, 2, 1, tzinfo=UTC))


def test_month__is_the_one_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert month_of(datetime(2026, 12, 1, 0, 30, tzinfo=berlin))[0] == datetime(2026, 11, 1, tzinfo=UTC)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "at", "start", "end"),
    [
        ("monthly", "2028-02-29T23:59:59.999999", "2028-02-01", "2028-03-01"),
        ("monthly", "2027-02-28T12:00", "2027-02-01", "2027-03-01"),
        ("monthly", "2026-01-31T00:00", "2026-01-01", "2026-02-01"),
        ("weekly", "2026-12-31T10:00", "2026-12-28", "2027-01-04"),
        ("weekly", "2027-01-03T23:59:59", "2026-12-28", "2027-01-04"),
        ("daily", "2026-02-28T23:59:59", "2026-02-28", "2026-03-01"),
        ("hourly", "2026-12-31T23:30", "2026-12-31T23:00", "2027-01-01T00:00"),
    ],
)
def test_window__at_the_ends_of_months_and_years(window: str, at: str, start: str, end: str) -> None:
    assert window_of(window, _at(at)) == (_at(start), _at(end))
    assert window_of(window, _at(end))[0] == _at(end), "the end belongs to the next"


@pytest.mark.parametrize("change", ["2026-03-29T01:00", "2026-10-25T01:00"])
def test_window__when_clocks_change_somewhere__is_as_long_as_ever(change: str) -> None:
    for minutes in range(-180, 181, 20):
        at = (_at(change) + timedelta(minutes=minutes)).astimezone(ZoneInfo("Europe/Berlin"))
        for window, hours in (("hourly", 1), ("daily", 24), ("weekly", 168)):
            start, end = window_of(window, at)
            assert end - start == timedelta(hours=hours) and start <= at < end
        assert starts_of(at) == [window_of(window, at)[0] for window in ("hourly", "daily", "weekly", "monthly")]
