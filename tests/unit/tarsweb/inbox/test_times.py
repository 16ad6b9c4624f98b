from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tarsweb.inbox.times import Due, Nap, due_bucket, nap_until

AT = datetime(2026, 11, 27, 22, 30, tzinfo=UTC)  # a Friday; already Saturday in Tokyo


@pytest.mark.parametrize(
    ("left", "bucket"),
    [
        (timedelta(seconds=-1), Due.OVERDUE),
        (timedelta(0), Due.TODAY),
        (timedelta(hours=23), Due.TODAY),
        (timedelta(days=1), Due.WEEK),
        (timedelta(days=7), Due.WEEK),
        (timedelta(days=7, seconds=1), Due.LATER),
    ],
)
def test_due_bucket__by_what_is_left(left: timedelta, bucket: Due) -> None:
    assert due_bucket(AT + left, at=AT) is bucket


def test_due_bucket__nothing_due__later() -> None:
    assert due_bucket(None, at=AT) is Due.LATER


@pytest.mark.parametrize(
    ("nap", "zone", "until"),
    [
        (Nap.HOUR, "UTC", datetime(2026, 11, 27, 23, 30, tzinfo=UTC)),
        (Nap.TOMORROW, "UTC", datetime(2026, 11, 28, 8, tzinfo=UTC)),
        (Nap.TOMORROW, "America/New_York", datetime(2026, 11, 28, 13, tzinfo=UTC)),
        (Nap.TOMORROW, "Asia/Tokyo", datetime(2026, 11, 28, 23, tzinfo=UTC)),
        (Nap.MONDAY, "UTC", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        (Nap.MONDAY, "Asia/Tokyo", datetime(2026, 11, 29, 23, tzinfo=UTC)),
    ],
)
def test_nap__eight_in_the_morning_of_the_persons_zone(nap: Nap, zone: str, until: datetime) -> None:
    assert nap_until(nap, at=AT, zone=ZoneInfo(zone)) == until


def test_nap__on_a_monday__next_monday() -> None:
    monday = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert nap_until(Nap.MONDAY, at=monday, zone=UTC) == datetime(2026, 12, 7, 8, tzinfo=UTC)


def test_nap__clocks_go_back_meanwhile__still_eight() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert nap_until(Nap.TOMORROW, at=before, zone=ZoneInfo("Europe/Berlin")) == datetime(2026, 10, 25, 7, tzinfo=UTC)
