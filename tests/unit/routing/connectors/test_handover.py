"""What a working thread tells a waiting one."""

from __future__ import annotations

from threading import Thread

import pytest

from routing.connectors.handover import MOST_WAITING, Handover
from tests.unit.routing.connectors.calls import Heard


def test_result__progress_first_then_the_value() -> None:
    handover, heard = Handover[int](), Heard()

    def work() -> None:
        handover.progress(10, "a")
        handover.progress(10, "a")
        handover.progress(20, "b")
        handover.done(5)
        handover.failed(ValueError("too late"))

    Thread(target=work).start()
    assert handover.result(seconds=5, on_progress=heard) == 5
    assert heard.told == [(10, "a"), (20, "b")]


def test_result__failure__is_raised_here() -> None:
    handover = Handover[int]()
    handover.failed(KeyError("x"))
    with pytest.raises(KeyError):
        handover.result(seconds=5, on_progress=Heard())


def test_result__no_last_word__times_out() -> None:
    handover = Handover[int]()
    handover.progress(1, "")
    with pytest.raises(TimeoutError):
        handover.result(seconds=0.02, on_progress=Heard())


def test_progress__flood__keeps_the_newest_and_the_deadline() -> None:
    handover, heard = Handover[int](), Heard()
    for number in range(10_000):
        handover.progress(number % 100, str(number))
    handover.done(1)
    assert handover.result(seconds=5, on_progress=heard) == 1
    assert [sentence for _, sentence in heard.told] == [str(number) for number in range(10_000 - MOST_WAITING, 10_000)]


def test_progress__told_for_ever__does_not_outlast_the_deadline() -> None:
    handover = Handover[int]()
    handover.progress(1, "first")

    def again(_percent: int, sentence: str) -> None:
        handover.progress(1, sentence + ".")

    with pytest.raises(TimeoutError):
        handover.result(seconds=0.05, on_progress=again)
