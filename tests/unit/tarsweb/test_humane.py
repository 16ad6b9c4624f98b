from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tarsweb import humane

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(seconds=30), "in under a minute"),
        (timedelta(minutes=-4), "4 min ago"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(hours=5), "in 5 h"),
        (timedelta(days=-1, hours=-1), "yesterday"),
        (timedelta(days=1, hours=1), "tomorrow"),
        (timedelta(days=-6), "6 days ago"),
        (timedelta(days=3), "in 3 days"),
        (timedelta(days=-200), "4 May 2026"),
    ],
)
def test_ago__distance__is_said_as_a_person_would(delta: timedelta, said: str) -> None:
    assert humane.ago(NOW + delta, now=NOW) == said


def test_ago__days_are_counted_in_the_readers_zone() -> None:
    auckland = timezone(timedelta(hours=13))
    at = datetime(2026, 11, 18, 10, 59, tzinfo=UTC)  # 18 Nov 23:59 in Auckland, now is 21 Nov 01:00 there
    assert humane.ago(at, now=NOW, zone=auckland) == "3 days ago"
    assert humane.ago(at, now=NOW) == "2 days ago"


def test_ago__plain_date_of_today__is_today() -> None:
    assert humane.ago(date(2026, 11, 20), now=NOW) == "today"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 ms"),
        (604, "604 ms"),
        (999.6, "1.0 s"),
        (4_624, "4.6 s"),
        (59_960, "1 min 0 s"),
        (66_900, "1 min 7 s"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_took__is_said_as_a_person_would(ms: float, said: str) -> None:
    assert humane.took(ms) == said


def test_exact__other_zone__is_told_in_utc() -> None:
    assert humane.exact(datetime(2026, 11, 20, 1, 0, tzinfo=timezone(timedelta(hours=13)))) == "2026-11-19 12:00:00 UTC"


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (1200, "1,200.00"),
        ("0.0042", "0.0042"),
        (Decimal("-3.5"), "-3.50"),
        (Decimal("1E+3"), "1,000.00"),
        ("52430.15", "52,430.15"),
    ],
)
def test_money__amount__keeps_every_digit(amount: Decimal | int | str, said: str) -> None:
    assert humane.money(amount) == said


def test_money__float__refused() -> None:
    with pytest.raises(TypeError, match="never a float"):
        humane.money(0.1)  # type: ignore[arg-type]


def test_digest__bytes_and_text__are_shortened_alike() -> None:
    raw = bytes(range(32))
    whole, short = humane.digest(raw)
    assert whole == "sha256:" + raw.hex()
    assert short == "sha256:0001…1e1f"
    assert humane.digest(raw.hex()) == humane.digest(memoryview(raw)) == humane.digest(whole) == (whole, short)


def test_ancestors__pointer__goes_up_to_the_root() -> None:
    assert list(humane.ancestors("/a/b")) == ["/a/b", "/a", ""]
