"""Windows follow from time."""

from datetime import UTC, datetime, timedelta, timezone

from billing.budgets.windows import month_of


def test_month__ends_where_the_next_begins_also_in_december() -> None:
    start, end = month_of(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (start, end) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert month_of(end) == (end, datetime(2027, 2, 1, tzinfo=UTC))


def test_month__is_the_one_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert month_of(datetime(2026, 12, 1, 0, 30, tzinfo=berlin))[0] == datetime(2026, 11, 1, tzinfo=UTC)
