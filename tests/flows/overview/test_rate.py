"""The pure parts of the overview: rate, greeting, buckets."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import pytest

from governance.amendments.counting import DayCount
from tarsweb.overview.greeting import greeting
from tarsweb.overview.queries import rate_points, type_weeks
from tarsweb.overview.rate import rate_of

AT = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def tail(hits: range, total: int, chance: float) -> float:
    """The probability of that many hits, by the definition of the binomial distribution."""
    return sum(math.comb(total, hit) * chance**hit * (1 - chance) ** (total - hit) for hit in hits)


def test_rate__three_of_107__each_end_of_the_band_leaves_a_fortieth() -> None:
    rate = rate_of(3, 107)
    assert rate.low is not None
    assert rate.high is not None
    assert tail(range(3, 108), 107, rate.low) == pytest.approx(0.025)
    assert tail(range(0, 4), 107, rate.high) == pytest.approx(0.025)
    assert rate.share == pytest.approx(3 / 107)
    assert rate.band == "0.6–8.0 %"
    assert not rate.is_above_target


def test_rate__none_rolled_back__upper_bound_is_closed_form() -> None:
    assert rate_of(0, 20).low == 0.0
    assert rate_of(0, 20).high == pytest.approx(1 - 0.025 ** (1 / 20))
    assert rate_of(20, 20).low == pytest.approx(0.025 ** (1 / 20))
    assert rate_of(20, 20).high == 1.0


def test_rate__nothing_applied__no_rate_instead_of_zero() -> None:
    rate = rate_of(0, 0)
    assert rate.share is None
    assert rate.band == ""
    assert not rate.is_above_target


def test_rate__exactly_on_target__misses_it_but_may_be_chance() -> None:
    rate = rate_of(1, 20)
    assert rate.is_above_target
    assert not rate.is_surely_above
    assert rate_of(30, 100).is_surely_above


def test_rate__more_undone_than_applied__refused() -> None:
    with pytest.raises(ValueError, match="no share"):
        rate_of(2, 1)


@pytest.mark.parametrize(
    ("hour", "waiting", "urgent", "burning", "said"),
    [
        (18, 4, 0, "", "Good evening. Four decisions wait, nothing burns."),
        (9, 0, 0, "", "Good morning. Nothing waits for you, and nothing burns."),
        (14, 1, 1, "", "Good afternoon. One decision waits, it is due today."),
        (14, 13, 2, "", "Good afternoon. 13 decisions wait, two are due today."),
        (3, 2, 0, "the house burns", "Good evening. Two decisions wait, but the house burns."),
        (8, 2, 1, "the house burns", "Good morning. Two decisions wait, one is due today, and the house burns."),
    ],
)
def test_greeting(hour: int, waiting: int, urgent: int, burning: str, said: str) -> None:
    assert greeting(hour=hour, waiting=waiting, urgent=urgent, burning=burning) == said


def test_rate_points__ninety_days_to_the_day() -> None:
    today = date(2026, 11, 20)
    edge, outside = today - timedelta(days=89), today - timedelta(days=90)
    days = [
        DayCount(today, "manual_update", 2, 1),
        DayCount(edge, "manual_update", 3, 0),
        DayCount(outside, "manual_update", 5, 5),
    ]
    points = rate_points(days, AT)
    assert len(points) == 13
    assert (points[-1].first, points[-1].last) == (edge, today)
    assert (points[-1].rate.total, points[-1].rate.rollbacks) == (5, 1)
    assert (points[-2].rate.total, points[-2].rate.rollbacks) == (8, 5)


def test_type_weeks__sunday_and_monday__fall_into_different_weeks() -> None:
    days = [DayCount(date(2026, 11, 15), "manual_update", 1, 0), DayCount(date(2026, 11, 16), "dream_promotion", 2, 0)]
    *_, last, this = type_weeks(days, AT)
    assert (this.monday, this.sunday) == (date(2026, 11, 16), date(2026, 11, 22))
    assert (last.by_type["manual_update"], this.by_type["dream_promotion"]) == (1, 2)
    assert (last.total, this.total) == (1, 2)
