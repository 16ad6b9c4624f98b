"""What TARS may undo alone, by the chain."""

from __future__ import annotations

import pytest

from governance.audit.needs import Answer
from governance.audit.watches import Watches

TARS = Answer("d", None, "TARS (autonomous)", frozenset(), "standing_authority", "2026")
UNDOES = {"rules": {"violation": {"reaction": "roll_back", "is_on": True}}, "crossing": {"reaction": "roll_back"}}
Told = tuple[str, dict[str, object], bool]
WATCH: Told = ("guardrails.watch", UNDOES, True)
CROSS: Told = ("guardrails.cross", UNDOES, True)
KEEP: Told = ("guardrails.keep", {}, False)


def _allows(*told: Told, effect: str = "tightens", at: str = "2026-11-28") -> bool:
    watches = Watches()
    for name, said, is_tars in told:
        watches.entry(name, {"amendment_id": "a", **said}, ends_at="2026-11-30", is_tars=is_tars)
    return watches.allow("a", answers=[TARS], effect=effect, at=at)


def test_tars_alone__undoes_what_crossed_a_line_that_rolls_back_while_it_is_watched() -> None:
    assert _allows(WATCH, CROSS)
    assert not _allows(WATCH, CROSS, at="2026-12-01")
    assert not _allows(WATCH, CROSS, effect="expands")


@pytest.mark.parametrize(
    "told",
    [
        (WATCH,),
        (CROSS,),
        (WATCH, ("guardrails.cross", {"crossing": {"reaction": "warn"}}, True)),
        (WATCH, ("guardrails.cross", UNDOES, False)),
        (("guardrails.watch", UNDOES, False), CROSS),
        (("guardrails.watch", {"rules": {}}, True), WATCH, CROSS),
        (WATCH, CROSS, ("guardrails.resume", {}, False)),
        (WATCH, CROSS, KEEP),
        (WATCH, CROSS, KEEP, WATCH, CROSS),
        (WATCH, CROSS, KEEP, ("guardrails.extend", {}, False)),
    ],
)
def test_without_a_crossing_or_a_watch_of_tars__or_once_people_decided__it_does_not(told: tuple[Told, ...]) -> None:
    assert not _allows(*told)
