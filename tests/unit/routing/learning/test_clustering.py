from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.learning.clustering import Kind, Vectors, most_typical, overflowing, sorted_into, told_apart


def around(middles: int, each: int, *, seed: int, spread: float = 0.03) -> Vectors:
    """So many well separated groups of unit vectors, mixed."""
    chance = np.random.default_rng(seed)
    centres = np.eye(32)[:middles]
    rows = np.repeat(centres, each, axis=0) + chance.normal(0, spread, (middles * each, 32))
    chance.shuffle(rows)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("batch", [7, 100, 1_000])
def test_groups__found_whatever_the_size_of_the_batches(batch: int) -> None:
    vectors, kinds = around(12, 60, seed=3), []
    for start in range(0, len(vectors), batch):
        for one in kinds:
            one.joined.clear()
        sorted_into(kinds, vectors[start : start + batch], least=0.7)
    assert sorted(one.seen for one in kinds) == [60] * 12


@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 99))
def test_each_row__is_in_exactly_one_kind(middles: int, each: int, seed: int) -> None:
    vectors, kinds = around(middles, each, seed=seed, spread=0.2), []
    sorted_into(kinds, vectors, least=0.8)
    assert sorted(row for one in kinds for row in one.joined) == list(range(len(vectors)))
    assert sum(one.seen for one in kinds) == len(vectors)
    assert all(abs(float(np.linalg.norm(one.centre)) - 1) < 1e-4 for one in kinds)


def test_same_order__same_kinds() -> None:
    vectors = around(5, 20, seed=9, spread=0.2)
    one: list[Kind] = []
    other: list[Kind] = []
    sorted_into(one, vectors, least=0.8)
    sorted_into(other, vectors, least=0.8)
    assert [kind.joined for kind in one] == [kind.joined for kind in other]


def test_most_typical__the_one_in_the_middle() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]], np.float32)
    assert most_typical(vectors[1], vectors) == 1


def test_overflowing__rare_and_old_kinds_go_first() -> None:
    assert list(overflowing([60, 3, 2, 70], [1, 5, 4, 9], most=2, least=50)) == [2, 1]
    assert list(overflowing([60, 70], [1, 2], most=2, least=50)) == []


def test_told_apart__by_what_is_asked__not_by_chance() -> None:
    two = np.concatenate([around(1, 50, seed=1), np.roll(around(1, 50, seed=2), 3, axis=1)])
    labels = ["one"] * 50 + ["other"] * 50
    assert told_apart(two, labels)
    assert not told_apart(around(1, 100, seed=4, spread=0.01), ["one", "other"] * 50)
    assert not told_apart(two, ["one"] * 100)
