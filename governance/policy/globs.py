"""Globs: `*` covers any run of characters, `?` any one. No pattern is slow: the time is linear in the text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache


def covers(*, glob: str, text: str) -> bool:
    """Whether the whole text is what the glob describes."""
    if "?" in glob:
        return _stepwise(glob, text)
    if "*" not in glob:
        return glob == text
    first, *middle, last = glob.split("*")
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


class Texts:
    """Texts in order: those that a glob covers are found among those that begin, or end, as it does."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.forward = sorted(texts)
        self.backward = sorted(text[::-1] for text in self.forward)

    def covered(self, *, glob: str) -> Iterator[str]:
        """The texts that the glob covers."""
        plain = glob.replace("?", "*")
        first, last = plain.partition("*")[0], plain.rpartition("*")[2]
        if len(first) >= len(last):
            near = _beginning(self.forward, first)
        else:
            near = (text[::-1] for text in _beginning(self.backward, last[::-1]))
        return (text for text in near if covers(glob=glob, text=text))


def _beginning(texts: Sequence[str], start: str) -> Iterator[str]:
    for place in range(bisect_left(texts, start), len(texts)):
        if not texts[place].startswith(start):
            return
        yield texts[place]


def is_glob(name: str) -> bool:
    return "*" in name


def literal_prefix(glob: str) -> str:
    """What every text that the glob covers begins with."""
    return glob.replace("?", "*").partition("*")[0]


def _stepwise(glob: str, text: str) -> bool:
    """All positions at once, as bits of a number: position i means that i tokens of the glob are used up."""
    length, stars, anything, exact = _tokens(glob)
    states = 1 | (stars & 1) << 1
    for character in text:
        states = (states & stars) | (states & (exact.get(character, 0) | anything)) << 1
        states |= (states & stars) << 1
        if not states:
            return False
    return bool(states >> length & 1)


@lru_cache(maxsize=4096)
def _tokens(glob: str) -> tuple[int, int, int, dict[str, int]]:
    while "**" in glob:
        glob = glob.replace("**", "*")
    stars = anything = 0
    exact: dict[str, int] = {}
    for place, sign in enumerate(glob):
        if sign == "*":
            stars |= 1 << place
        elif sign == "?":
            anything |= 1 << place
        else:
            exact[sign] = exact.get(sign, 0) | 1 << place
    return len(glob), stars, anything, exact
