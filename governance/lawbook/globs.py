"""Globs over names of actions: whether two can mean the same action. Pure."""

from __future__ import annotations


def overlap(one: str, other: str) -> bool:
    """Whether some text is covered by both; `*` is any run of characters.

    Walks both side by side, row by row: `row[j]` says whether the heads `one[:i]` and `other[:j]` can be the same text.
    """
    if _begins_otherwise(one, other):
        return False
    row = [True] + [False] * len(other)
    for j, char in enumerate(other, start=1):
        row[j] = row[j - 1] and char == "*"
    for mine in one:
        above, row = row, [row[0] and mine == "*"]
        for j, char in enumerate(other, start=1):
            if mine == "*" or char == "*":
                row.append(above[j] or row[j - 1] or (above[j - 1] and mine == char))
            else:
                row.append(above[j - 1] and mine == char)
    return row[-1]


def _begins_otherwise(one: str, other: str) -> bool:
    """Most pairs differ before their first star."""
    for mine, its in zip(one, other, strict=False):
        if mine == "*" or its == "*":
            return False
        if mine != its:
            return True
    return False
