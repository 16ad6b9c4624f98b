"""Texts of late are embedded once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from routing.embeddings.embedder import Vectors
from routing.embeddings.lexical import Lexical
from routing.embeddings.recent import BULK, Recent


class Counting(Lexical):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def test_embed__asked_again__is_remembered() -> None:
    behind = Counting()
    recent = Recent(behind)
    first = recent.embed(["a", "b", "a"])
    assert np.array_equal(recent.embed(["b", "a", "c"])[:2], first[[1, 0]])
    assert behind.asked == ["a", "b", "c"]


def test_embed__too_many_to_keep__the_oldest_go() -> None:
    behind = Counting()
    recent = Recent(behind, most=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        recent.embed([text])
    assert behind.asked == ["a", "b", "c", "b"]


def test_embed__bulk__leaves_the_memory_alone() -> None:
    behind = Counting()
    recent = Recent(behind, most=2)
    recent.embed(["a"])
    recent.embed([f"bulk {number}" for number in range(BULK + 1)])
    recent.embed(["a"])
    assert behind.asked.count("a") == 1


def test_embed__result_changed_by_the_caller__what_is_remembered_stays() -> None:
    recent = Recent(Lexical())
    for _ in range(2):
        recent.embed(["a"])[:] = 0
    assert np.array_equal(recent.embed(["a"]), Lexical().embed(["a"]))


@given(calls=st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=12), most=st.integers(1, 4))
def test_embed__any_calls__what_the_embedder_behind_gives(calls: list[list[str]], most: int) -> None:
    recent = Recent(Lexical(), most=most)
    for texts in calls:
        assert np.array_equal(recent.embed(texts), Lexical().embed(texts))
