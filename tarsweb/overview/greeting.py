"""The first sentence of the day. Pure."""

from __future__ import annotations

from typing import Final

_NUMBERS: Final = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)


def greeting(*, hour: int, waiting: int, urgent: int, burning: str = "") -> str:
    """ "Good evening. Four decisions wait, nothing burns." `hour` is the reader's, `urgent` those due within a day,
    `burning` a clause for what cannot wait."""
    return f"{_hello(hour)}. {_waiting(waiting)}, {_heat(waiting, urgent, burning)}."


def _hello(hour: int) -> str:
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"


def _waiting(count: int) -> str:
    if count == 0:
        return "Nothing waits for you"
    return f"{_word(count)} decision waits" if count == 1 else f"{_word(count)} decisions wait"


def _heat(waiting: int, urgent: int, burning: str) -> str:
    if urgent:
        verb = "is" if urgent == 1 else "are"
        due = "it is due today" if waiting == 1 else f"{_word(urgent).lower()} {verb} due today"
        return f"{due}, and {burning}" if burning else due
    if burning:
        return f"but {burning}"
    return "and nothing burns" if waiting == 0 else "nothing burns"


def _word(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"
