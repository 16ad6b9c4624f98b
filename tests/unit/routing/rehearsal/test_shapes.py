"""What a rehearsal gives back, as JSON and again; an answer bounded and in words; how many dreams may call."""

from __future__ import annotations

from decimal import Decimal
from threading import Event, Thread
from uuid import uuid4

import pytest

from routing.rehearsal import allowing, answer
from routing.rehearsal.shapes import Hop, Ran

ALONE = allowing.Slots()


def test_ran__as_json__reads_back_the_same() -> None:
    hop = Hop("payroll", "audit", "audit", "answered", 12, 500, "It answered.")
    ran = Ran(
        "completed", "payroll", "audit", 0.9, cost_usd=Decimal("0.10"), usage={"api_calls": Decimal(3)}, hops=(hop,)
    )
    assert Ran.of_json(ran.as_json()) == ran
    assert Ran.of_json({**Ran("refused").as_json(), "similarity": 0.5}) == Ran("refused")


def test_bounded__small_stays__large_is_named_by_its_digest() -> None:
    assert answer.bounded({"a": 1})[0] == {"a": 1}
    kept, digest = answer.bounded("x" * (answer.MOST_BYTES + 1))
    assert kept == {"truncated": True, "digest": digest, "bytes": answer.MOST_BYTES + 3}


def test_text_of__names_and_values_in_one_order() -> None:
    assert answer.text_of("as it is") == "as it is"
    assert answer.text_of({"b": [1, None], "a": {"x": True}}) == answer.text_of({"a": {"x": True}, "b": [1, None]})
    assert len(answer.text_of(["word"] * 5000)) == answer.MOST_TEXT


@pytest.mark.parametrize(
    ("kind", "simulates", "tool", "may"),
    [
        ("mcp_stdio", False, "audit", True),
        ("mcp_http", False, "upload_entries", False),
        ("mcp_stdio", True, "upload_entries", True),
        ("callable", False, "", False),
        ("http", True, "", True),
    ],
)
def test_refusal__only_what_reads_or_simulates(kind: str, simulates: bool, tool: str, may: bool) -> None:
    said = allowing.refusal(system="payroll", kind=kind, simulates=simulates, tool=tool, reading={"audit"})
    assert (said == "") is may
    if tool and not may:
        assert said == "upload_entries writes, and payroll does not say that it simulates in dreams."


@pytest.mark.parametrize(
    ("most", "live", "dreams"),
    [(1, 0, 1), (1, 1, 0), (2, 0, 1), (4, 0, 3), (4, 1, 2), (4, 3, 0), (4, 9, 0)],
)
def test_room__one_turn_is_left_to_live_requests(most: int, live: int, dreams: int) -> None:
    assert allowing.room(most=most, live=live) == dreams


def test_turn__none_left__waits_no_longer_than_it_may() -> None:
    id = uuid4()
    with pytest.raises(allowing.NoTurn), allowing.turn(id, most=1, live=lambda: 1, seconds=0, slots=ALONE):
        pass
    with (
        allowing.turn(id, most=1, live=lambda: 0, seconds=0, slots=ALONE),
        pytest.raises(allowing.NoTurn),
        allowing.turn(id, most=1, live=lambda: 0, seconds=0, slots=ALONE),
    ):
        pass


def test_turn__given_back__goes_to_who_waits() -> None:
    id, has_begun, is_done = uuid4(), Event(), Event()

    def other() -> None:
        has_begun.set()
        with allowing.turn(id, most=1, live=lambda: 0, seconds=60, slots=ALONE):
            is_done.set()

    with allowing.turn(id, most=1, live=lambda: 0, seconds=0, slots=ALONE):
        thread = Thread(target=other)
        thread.start()
        assert has_begun.wait(10) and not is_done.is_set()
    thread.join(10)
    assert is_done.is_set()
