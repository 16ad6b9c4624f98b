"""Quantiles from counts stay within the error that is said."""

from __future__ import annotations

import random

from routing.figures.histogram import BUCKETS, ERROR, bucket, quantile


def test_quantile__of_random_durations__is_within_the_error() -> None:
    chance = random.Random(7)
    for sigma in (0.3, 1.0, 2.0):
        times = sorted(round(chance.lognormvariate(6, sigma)) + 1 for _ in range(5000))
        counts = [0.0] * BUCKETS
        for ms in times:
            counts[bucket(ms)] += 1
        for share in (0.5, 0.9, 0.95, 0.99):
            true = times[max(1, -(-int(share * 10000) * len(times) // 10000)) - 1]
            found = quantile(counts, share)
            assert found is not None and abs(found - true) / true <= ERROR + 1e-9, (sigma, share, found, true)


def test_bucket__edges__each_doubling_has_four() -> None:
    assert [bucket(ms) for ms in (0, 0.9, 1, 2, 4, 1024, 10**12)] == [0, 0, 1, 5, 9, 41, BUCKETS - 1]


def test_quantile__of_nothing__is_nothing() -> None:
    assert quantile([0.0] * BUCKETS, 0.5) is None


def test_quantile__never_exceeds_the_longest() -> None:
    counts = [0.0] * BUCKETS
    counts[bucket(900)] = 3
    assert quantile(counts, 0.95, most=900) == 900
