"""Counting what a change would have answered."""

from __future__ import annotations

import json

from governance.policy.verdict import Outcome, Verdict
from governance.rulebook.replay import EXAMPLES, Replay, replay_of


def verdict(outcome: Outcome, *missing: str) -> Verdict:
    return Verdict(outcome=outcome, action="refund", sentence=f"It is {outcome.value}.", missing_facts=missing)


def asked(number: int) -> dict[str, str]:
    return {"id": str(number), "at": "2026-09-01T00:00:00+00:00", "system": "clay"}


def replayed() -> Replay:
    replay = Replay(since="a", until="b")
    for number in range(12):
        replay.add(before=verdict(Outcome.PERMIT), after=verdict(Outcome.DENY), asked=asked(number))
    replay.add(before=verdict(Outcome.PERMIT), after=verdict(Outcome.PERMIT), asked=asked(20))
    replay.add(before=verdict(Outcome.PERMIT), after=verdict(Outcome.DENY, "country"), asked=asked(21))
    replay.skip("unreadable")
    return replay


def test_replay__coverage_before_counts_then_ten_examples() -> None:
    replay = replayed()
    assert (replay.total, replay.replayed, replay.stays, replay.changes) == (15, 13, 1, 12)
    assert replay.coverage == (
        "13 of 15 decisions could be asked again; 1 not, because the change asks for facts that nobody gave then; "
        "1 not, because their question cannot be read back (country)."
    )
    assert replay.sentence == "Of 13 decisions 1 stay; 12 permitted → denied."
    (kind,) = replay.kinds
    assert (kind.count, len(kind.examples), kind.examples[0].verdict_id) == (12, EXAMPLES, "0")


def test_replay__is_kept_as_json_and_read_back() -> None:
    said = replayed().as_json()
    assert replay_of(json.loads(json.dumps(said))).as_json() == said


def test_replay__of_nothing_says_so() -> None:
    replay = Replay(since="a", until="b")
    assert "says nothing" in replay.coverage and replay.sentence == ""
