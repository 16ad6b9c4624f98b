from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreams.cycles.window import cycle_id, quietest, window


def test_quietest__no_traffic__three_in_the_morning() -> None:
    assert quietest([0] * 24, hours=4) == 3


def test_quietest__office_hours__a_stretch_of_the_night() -> None:
    counts = [500 if 7 <= hour < 19 else 10 for hour in range(24)]
    counts[0:6] = [3, 1, 1, 1, 1, 8]
    assert quietest(counts, hours=4) == 1


def test_quietest__quiet_around_midnight__goes_around_it() -> None:
    counts = [9] * 24
    counts[22:] = [0, 0]
    counts[:2] = [0, 0]
    assert quietest(counts, hours=4) == 22


@given(st.lists(st.integers(0, 500), min_size=24, max_size=24), st.integers(1, 12))
def test_quietest__any_day__no_other_stretch_has_less(counts: list[int], hours: int) -> None:
    def cost(first: int) -> int:
        return sum(counts[(first + step) % 24] for step in range(hours))

    assert cost(quietest(counts, hours=hours)) == min(map(cost, range(24)))


@pytest.mark.parametrize("counts", [[], [0] * 23, [0] * 25])
def test_quietest__not_a_day__raises(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="24 hours"):
        quietest(counts, hours=4)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 23), st.integers(1, 12))
def test_window__any_moment__is_in_it_or_before_it_and_within_a_day(moment: datetime, hour: int, hours: int) -> None:
    at = moment.replace(tzinfo=UTC)
    starts, ends = window(hour=hour, hours=hours, at=at)
    assert at < ends
    assert starts.hour == hour
    assert ends - starts == timedelta(hours=hours)
    assert starts - at <= timedelta(days=1)


def test_window__begun_before_midnight__is_the_one_that_goes_on() -> None:
    at = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)
    assert window(hour=23, hours=4, at=at)[0] == datetime(2026, 11, 28, 23, tzinfo=UTC)


def test_cycle_id__is_the_sources() -> None:
    assert cycle_id(datetime(2026, 1, 28, 3, tzinfo=UTC)) == "dream-2026-01-28-03:00"
