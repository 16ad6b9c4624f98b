"""The pure parts of what is shown: a share's interval, intervals to one scale, counts of two samples."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from dreams.cycles.distribution import spread_of
from dreams.cycles.proportion import share_of
from dreams.cycles.reporting import bars, found_of


@pytest.mark.parametrize(("count", "total"), [(0, 1), (1, 1), (0, 30), (3, 7), (12, 1000), (988, 1000), (1, 10_000)])
def test_share__has_scipys_exact_interval(count: int, total: int) -> None:
    found, exact = share_of(count, total), binomtest(count, total).proportion_ci(method="exact")
    assert found.low == pytest.approx(exact.low, abs=1e-9) and found.high == pytest.approx(exact.high, abs=1e-9)


def test_share__of_nothing_has_none_and_what_is_none_is_refused() -> None:
    assert share_of(0, 0).low is None and share_of(0, 0).value is None
    with pytest.raises(ValueError, match="no share"):
        share_of(2, 1)


def _judged(value: float, low: float, high: float) -> dict[str, object]:
    gain = {"value": value, "low": low, "high": high}
    return {"primary": "cost_usd", "figures": [{"metric": "cost_usd", "n": 9, "gain": gain}]}


def test_bars__share_one_scale_in_which_nothing_gained_shows() -> None:
    figures = [found_of("promote", _judged(0.2, 0.1, 0.4)).primary, found_of("", {}).primary]
    figures.append(found_of("reject", _judged(-0.2, -0.4, -0.1)).primary)
    better, none, worse = bars(figures, least=0.02)
    assert none is None and better is not None and worse is not None
    assert (
        worse.low < worse.value < worse.high < worse.zero == better.zero == 50 < better.low < better.value < better.high
    )
    assert better.high == 98 and worse.low == 2


def test_found__without_a_verdict_is_empty_and_an_unbounded_interval_is_not_drawn() -> None:
    found = found_of("", {})
    assert (found.verdict, found.label, found.guardrails) == ("", "Not judged", ())
    open_ended = found_of(
        "hold",
        {
            "primary": "cost_usd",
            "figures": [{"metric": "cost_usd", "n": 1, "gain": {"value": 0.1, "low": None, "high": 1.0}}],
        },
    ).primary
    assert bars([open_ended], least=0.0) == [None]


def test_spread__counts_both_sides_in_the_same_steps() -> None:
    found = spread_of([0, 0, 12], [6, 12], form="{:.0f} ms")
    assert found is not None and sum(found.normal) == 3 and sum(found.dream) == 2 and found.names[0] == "0 ms"
    assert found.normal[0] == 2 and found.normal[-1] == found.dream[-1] == 1
    assert spread_of([], [1], form="{}") is None
    same = spread_of([5], [5], form="{:.0f}")
    assert same is not None and same.rows == [("5", 1, 1)]
