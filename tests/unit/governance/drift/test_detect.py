"""The detectors against scipy, against what they promise, and on awkward numbers."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from governance.drift.detect import centroid, compare, kolmogorov, share
from governance.drift.detect.shift import Shift
from governance.drift.detect.stream import DETECTORS, Found, new_detector, scanned
from governance.drift.machine import TABLE

EACH = timedelta(minutes=15)


def numbers(seed: int, *parts: tuple[float, int]) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return np.concatenate([chance.normal(mean, size=size) for mean, size in parts])


def scan(values: np.ndarray, name: str = "shift") -> Found:
    return scanned([values], new=DETECTORS[name], per_row=EACH)


@pytest.mark.parametrize("seed", range(6))
def test_kolmogorov__is_scipys(seed: int) -> None:
    from scipy.stats import ks_2samp

    chance = np.random.default_rng(seed)
    for n, m, moved in ((100, 1_000, 0.3), (1_000, 1_000, 0.1), (100, 100, 0.4), (300, 2_000, 0.2)):
        reference, values = np.sort(chance.normal(size=m)), chance.normal(moved, size=n)
        theirs, distance = ks_2samp(reference, values), kolmogorov.distance(reference, values)
        assert distance == pytest.approx(theirs.statistic, abs=1e-12)
        if 1e-5 < theirs.pvalue < 0.2:
            assert kolmogorov.p_value(distance, n=n, m=m) == pytest.approx(theirs.pvalue, rel=0.2)
        tied = np.round(values), np.sort(np.round(reference))
        assert kolmogorov.distance(tied[1], tied[0]) == pytest.approx(ks_2samp(*tied).statistic, abs=1e-12)


def test_kolmogorov__equal_and_single_values__are_answered() -> None:
    same = np.zeros(100)
    assert kolmogorov.p_value(kolmogorov.distance(same, same), n=100, m=100) == 1.0
    assert kolmogorov.distance(same, np.array([1.0])) == 1.0


def test_looks__only_whole_windows__and_none_overlap() -> None:
    assert {fresh: compare.looks(fresh) for fresh in (0, 1, 99, 100, 150, 200, 300)} == {
        **dict.fromkeys((0, 1, 99, 150), ()),
        **dict.fromkeys((100, 200), (100,)),
        300: (100, 300),
    }


def test_compared__too_few__says_nothing__and_a_shift_says_both() -> None:
    assert compare.compared(np.sort(numbers(1, (0, 99))), numbers(2, (3, 100))) == ()
    assert compare.compared(np.sort(numbers(1, (0, 500))), numbers(2, (3, 99))) == ()
    mean, ks = compare.compared(np.sort(numbers(1, (0, 500))), numbers(2, (3, 100)))
    assert (mean.detector, ks.detector) == ("mean", "ks") and mean.score > 1.3 and ks.score > 1.3
    assert ks.value < 0.01 and (ks.n, ks.m) == (100, 500)


@pytest.mark.parametrize(
    ("held", "n", "is_drift"), [(19, 20, False), (80, 100, True), (94, 100, False), (0, 19, None), (930, 1_000, True)]
)
def test_share__is_judged_by_its_interval__never_as_a_bare_rate(held: int, n: int, is_drift: bool | None) -> None:
    found = share.below(share.COMPLIANCE, held=held, n=n, name="compliance")
    assert (found is None) if is_drift is None else (found is not None and (found.score > 1.0) is is_drift)


def test_share__passes_one_exactly_where_scipys_wilson_interval_lies_below_the_floor() -> None:
    from scipy.stats import binomtest

    for n in (20, 57, 200):
        for held in range(n + 1):
            found = share.below(0.8, held=held, n=n, name="approval")
            high = binomtest(held, n).proportion_ci(0.95, method="wilson").high
            assert found is not None and (found.score > 1.0) == (high < 0.8)


def test_centroid__is_a_distance_of_means__and_needs_enough() -> None:
    one, other = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert centroid.moved(one, other, m=30, n=29) is None
    assert centroid.moved(one, np.zeros(2), m=30, n=30) is None
    turned = centroid.moved(one, other, m=30, n=30)
    assert turned is not None and turned.value == pytest.approx(1.0) and turned.score > 3
    same = centroid.moved(one, 2 * one, m=30, n=30)
    assert same is not None and same.score == pytest.approx(0.0)


def test_shift__however_the_stream_is_cut__says_the_same() -> None:
    values, whole, cut = numbers(3, (0, 700), (1, 300)), Shift(), Shift()
    pieces = [cut.feed(values[begin:end]) for begin, end in pairwise((0, 1, 49, 50, 51, 400, 1_000))]
    assert np.allclose(whole.feed(values), np.concatenate(pieces), atol=1e-6)


def test_scan__a_shift__is_found_soon_after_it_happened_and_moves_the_states() -> None:
    found = scan(numbers(7, (0, 600), (1, 300)))
    assert 600 <= found.alarms[0] < 640 and found.n == 900
    assert [state for _, state in found.states][:2] == ["MONITOR", "HOLD"]
    assert scan(numbers(7, (0, 600), (1, 300)) * 1e6 + 4e9).alarms == found.alarms  # no unit matters


def test_scan__spread_alone__is_found() -> None:
    values = numbers(8, (0, 1_400))
    values[700:] *= 2.5
    assert 700 <= scan(values).alarms[0] < 800


@pytest.mark.parametrize("name", sorted(set(DETECTORS) - {"always"}))
def test_scan__nothing_but_one_value__is_no_alarm(name: str) -> None:
    value = 0.0 if name == "distance" else 1.0
    assert scan(np.full(3_000, value), name) == Found(n=3_000)


@pytest.mark.parametrize(("name", "before", "after"), [("compliance", 0.99, 0.8), ("approval", 0.95, 0.5)])
def test_scan__a_share_below_its_floor__is_an_alarm(name: str, before: float, after: float) -> None:
    chance = np.random.default_rng(5)
    values = (chance.random(600) < np.repeat((before, after), 300)).astype(float)
    assert scan(values, name).alarms[0] == 399
    assert scan(numbers(1, (0.4, 200)), "distance").alarms


def test_scan__ks_at_its_own_p__and_the_dummy_each_hundred_rows() -> None:
    values = numbers(4, (0, 500), (1, 300))
    assert scan(values, "ks").alarms[0] == 599
    assert scan(values, "always").alarms == list(range(99, 800, 100))


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_scan__states__follow_the_table(name: str) -> None:
    states = ["NORMAL", *(state for _, state in scan(numbers(4, (0, 500), (2, 900)), name).states)]
    assert set(pairwise(states)) <= {(before.value, after.value) for (before, _), after in TABLE.items()}


def test_scan__a_warning_that_calms__is_normal_again_after_its_24_hours() -> None:
    values = numbers(2, (0, 600), (2, 10), (0, 600))
    found = scanned([values], new=lambda: new_detector("shift", threshold=6.0), per_row=EACH)
    assert [state for _, state in found.states] == ["MONITOR", "NORMAL"] and not found.alarms
    assert found.states[1][0] - found.states[0][0] >= 96


def test_scan__numbers_as_large_as_may_be__are_answered() -> None:
    values = numbers(12, (0, 400)) * 1e299
    for name in DETECTORS:
        assert scan(values, name).n == 400


def test_compared__successes__a_drop_is_found_and_rare_failures_are_not() -> None:
    chance = np.random.default_rng(6)

    def score(before: float, after: float) -> float:
        baseline = np.sort((chance.random(1_000) < before).astype(float))
        window = (chance.random(100) < after).astype(float)
        return max(one.score for one in compare.compared(baseline, window))

    assert min(score(0.95, 0.7) for _ in range(20)) > 1.0
    assert np.mean([score(rate, rate) > 1.0 for rate in (0.98, 0.9, 0.5) for _ in range(100)]) <= 0.01
