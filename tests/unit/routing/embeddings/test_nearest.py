"""The nearest rows, exactly and always in the same order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from routing.embeddings.embedder import Vectors, unit
from routing.embeddings.nearest import nearest


def rows(count: int, seed: int) -> Vectors:
    return unit(np.random.default_rng(seed).normal(size=(count, 8)))


def test_nearest__fewer_rows_than_asked__all_of_them() -> None:
    assert nearest(rows(3, 1)[0], rows(3, 1), most=5)[0].place == 0
    assert len(nearest(rows(3, 1)[0], rows(3, 1), most=5)) == 3
    assert nearest(rows(1, 1)[0], rows(0, 1).reshape(0, 8), most=5) == [] == nearest(rows(1, 1)[0], rows(3, 1), most=0)


def test_nearest__equal_rows__the_earlier_first() -> None:
    many = np.tile(rows(2, 4), (500, 1))
    assert [near.place for near in nearest(many[1], many, most=4)] == [1, 3, 5, 7]


@given(count=st.integers(1, 200), most=st.integers(1, 20), seed=st.integers(0, 1000))
def test_nearest__any_rows__what_sorting_all_gives(count: int, most: int, seed: int) -> None:
    many, query = rows(count, seed), rows(1, seed + 1)[0]
    cosines = np.round(many @ query, 6)
    expected = sorted(range(count), key=lambda place: (-cosines[place], place))[:most]
    found = nearest(query, many, most=most)
    assert [near.place for near in found] == expected
    assert [near.cosine for near in found] == [float(cosines[place]) for place in expected]
