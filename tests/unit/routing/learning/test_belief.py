from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.learning.belief import (
    Trial,
    explained,
    figures_of,
    lower_bound,
    ranked,
    usual_action,
    weight,
    why_behind,
    worth,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, OTHER = UUID(int=1), UUID(int=2)
counts = st.floats(0, 1e7, allow_nan=False)
shares = st.floats(0, 1, allow_nan=False)


def trial(status: str = "success", *, days: float = 0, system: UUID = ONE, **more: object) -> Trial:
    return Trial(system, status, NOW - timedelta(days=days), **more)  # type: ignore[arg-type]


trials = st.lists(
    st.builds(
        trial,
        st.sampled_from(["success", "partial", "failed", "timeout"]),
        days=st.floats(0, 900),
        stars=st.sampled_from([None, None, 1, 2, 3, 4, 5]),
        is_disputed=st.booleans(),
    ),
    min_size=1,
    max_size=60,
)


@given(share=shares, n=counts)
def test_bound__is_a_share_and_never_above_the_observed_one(share: float, n: float) -> None:
    assert 0 <= lower_bound(share * n, n) <= share + 1e-9


@given(share=shares, n=st.floats(0.01, 1e6), more=st.floats(0.01, 1))
def test_bound__a_success_more__never_lower__a_failure_more__never_higher(share: float, n: float, more: float) -> None:
    before = lower_bound(share * n, n)
    assert lower_bound(share * n + more, n + more) >= before - 1e-9
    assert lower_bound(share * n, n + more) <= before + 1e-9


@given(share=shares, n=st.floats(0.01, 1e6), fading=st.floats(0, 1))
def test_bound__the_same_share_of_less__never_higher(share: float, n: float, fading: float) -> None:
    assert lower_bound(share * n * fading, n * fading) <= lower_bound(share * n, n) + 1e-9


@pytest.mark.parametrize(("good", "n", "bound"), [(50, 50, 0.9487), (90, 100, 0.8396), (0, 0, 0.0), (1, 1, 0.2699)])
def test_bound__known_values(good: float, n: float, bound: float) -> None:
    assert lower_bound(good, n) == pytest.approx(bound, abs=5e-4)


@given(trials)
def test_confidence__a_plain_success_more_raises__a_failure_lowers(past: list[Trial]) -> None:
    before = figures_of(ONE, past, now=NOW).confidence
    assert figures_of(ONE, [*past, trial()], now=NOW).confidence >= before
    assert figures_of(ONE, [*past, trial("failed")], now=NOW).confidence <= before


@given(trials, st.floats(0, 900))
def test_confidence__time_passes__never_rises(past: list[Trial], days: float) -> None:
    later = figures_of(ONE, past, now=NOW + timedelta(days=days)).confidence
    assert later <= figures_of(ONE, past, now=NOW).confidence


@given(trials)
def test_confidence__never_above_the_plain_success_rate_and_partials(past: list[Trial]) -> None:
    found = figures_of(ONE, past, now=NOW)
    assert 0 <= found.confidence <= 1 and found.weight <= len(past) + 1e-9


@given(st.sampled_from(["success", "partial", "failed"]), st.integers(1, 4))
def test_worth__more_stars__never_less__a_dispute_is_worth_nothing(status: str, stars: int) -> None:
    assert worth(status, stars=stars, is_disputed=False) <= worth(status, stars=stars + 1, is_disputed=False)
    assert worth(status, stars=stars, is_disputed=True) == 0.0


def test_weight__halves_each_sixty_days() -> None:
    assert weight(NOW - timedelta(days=120), now=NOW) == pytest.approx(0.25)
    assert weight(NOW + timedelta(days=1), now=NOW) == 1.0


def test_ranked__surest_first__then_cheaper() -> None:
    past = [trial(cost_usd=Decimal(2), duration_ms=100) for _ in range(9)]
    past += [trial(system=OTHER, cost_usd=Decimal(1), duration_ms=900) for _ in range(9)]
    cheap, dear = ranked(past, now=NOW)
    assert (cheap.system_id, dear.system_id) == (OTHER, ONE)
    assert (cheap.avg_cost_usd, cheap.avg_duration_ms) == (Decimal(1), 900)
    assert why_behind(dear, cheap) == "as sure, and costs more"
    few = figures_of(ONE, [trial()], now=NOW)
    assert why_behind(few, cheap) == "only 1 tried, too few to be as sure"


def test_usual_action__only_what_most_successes_were_asked_to_do() -> None:
    assert usual_action([trial(action="audit")] * 3 + [trial(action="pay")] * 2) == "audit"
    assert usual_action([trial(action="audit"), trial(action="pay")]) == ""
    assert usual_action([trial(action="handle")] * 3, besides={"handle"}) == ""
    assert usual_action([]) == ""


def test_explained__one_sentence_with_every_part() -> None:
    past = [trial(stars=4)] * 20 + [trial("failed")] * 2 + [trial(is_disputed=True)]
    said = explained(figures_of(ONE, past, now=NOW), name="memvid")
    assert "memvid succeeded in 87 % of 23 requests, 4.00 stars from 20, 1 disputed" in said and "95 %" in said
