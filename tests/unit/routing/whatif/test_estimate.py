from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from routing.router.likeness import cosine_of
from routing.whatif.cases import Past
from routing.whatif.estimate import ALIKE, History, Weighed, together, weighed, wilson

MODEL = "all-MiniLM-L6-v2@x"


def past(*, good: bool = True, cost: str | None = "0.01", stars: int | None = None) -> Past:
    return Past(good, None if cost is None else Decimal(cost), stars, 10)


def vector(angle: float) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def test_wilson__the_textbook_interval() -> None:
    found = wilson(np.array([1.0] * 8 + [0.0] * 2), np.ones(10))
    assert found is not None and found.n == 10
    assert (found.value, round(found.low, 3), round(found.high, 3)) == (0.8, 0.490, 0.943)


def test_wilson__all_good__is_no_certainty() -> None:
    found = wilson(np.ones(8), np.ones(8))
    assert found is not None and found.high == 1 and 0.67 < found.low < 0.68


def test_few_observations__are_no_estimate() -> None:
    few = Weighed(tuple(past(stars=5) for _ in range(4)), np.ones(4))
    assert few.success is few.cost is few.stars is None


def test_one_execution_that_counts_for_everything__is_one_observation() -> None:
    lopsided = Weighed(tuple(past() for _ in range(10)), np.array([1000.0] + [0.001] * 9))
    assert lopsided.success is None


def test_what_is_not_rated__says_nothing_about_stars() -> None:
    found = Weighed(tuple([past(stars=4)] * 6 + [past()] * 20), np.ones(26))
    assert found.stars is not None and found.stars.n == 6 and found.stars.value == 4
    assert 1 <= found.stars.low < 4 < found.stars.high <= 5


def test_only_similar_ones__count__each_request_for_one() -> None:
    history = History(np.stack([vector(0.1), vector(0.2), vector(1.5)]), (past(), past(good=False), past()))
    found, has = weighed(np.stack([vector(0.0), vector(3.0)]), history, model=MODEL)
    assert list(has) == [True, False] and found.weights.sum() == pytest.approx(1) and len(found.pasts) == 2


def test_no_history__nothing_is_known() -> None:
    found, has = weighed(np.stack([vector(0)]), History(np.zeros((0, 2), np.float32), ()), model=MODEL)
    assert not has.any() and found.success is None and together([]).cost is None


def test_similar__follows_the_curve_of_the_model() -> None:
    assert cosine_of(ALIKE, model=MODEL) == pytest.approx(0.49, abs=1e-3)
    assert cosine_of(ALIKE, model="another") == pytest.approx(0.7, abs=1e-3)
