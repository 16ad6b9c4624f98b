"""Which list items stayed in order and which moved. Pure."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Hashable, Sequence


def kept_in_order(old: Sequence[Hashable], new: Sequence[Hashable]) -> set[Hashable]:
    """A largest set of keys that stand in the same order in both (each key unique in its list); O(n log n)."""
    place = {key: index for index, key in enumerate(old)}
    common = [key for key in new if key in place]
    places = [place[key] for key in common]
    if all(left < right for left, right in itertools.pairwise(places)):
        return set(common)
    return {common[index] for index in _longest_rising(places)}


def is_reordered(old: Sequence[Hashable], new: Sequence[Hashable]) -> bool:
    """Whether the keys that both have stand in another order."""
    in_old, in_new = set(old), set(new)
    return [key for key in old if key in in_new] != [key for key in new if key in in_old]


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """Indexes of a longest strictly rising subsequence (patience sorting)."""
    tails: list[int] = []
    tail_at: list[int] = []
    before: list[int] = []
    for index, number in enumerate(numbers):
        pile = bisect_left(tails, number)
        before.append(tail_at[pile - 1] if pile else -1)
        tails[pile : pile + 1] = [number]
        tail_at[pile : pile + 1] = [index]
    rising: list[int] = []
    at = tail_at[-1] if tail_at else -1
    while at >= 0:
        rising.append(at)
        at = before[at]
    return rising[::-1]
