"""HOLD stops autonomy and asks; DEGRADED only reads; governing stays open. The questions of rules alone are in the unit tests."""

from __future__ import annotations

import pytest

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType
from governance.drift.actions import set_state
from tests import factories as make


@pytest.mark.parametrize(("state", "after"), [("MONITOR", "applied"), ("HOLD", "proposed"), ("DEGRADED", "proposed")])
def test_standing_authority__is_suspended_from_hold_on(state: str, after: str) -> None:
    cast = make.cast()
    amendments.grant_authority(
        scope=cast.bo,
        systems=["clay-consigliere"],
        pointers={"/routing_confidence_threshold": 0.05},
        max_per_week=1,
        expires_at=make.later(60 * 24),
        reason="Small steps are safe to try.",
        at=make.AT,
    )
    set_state(scope=cast.sam, system_name="clay-consigliere", state=state, reason="Odd.", at=make.later(1))
    wish = {"type": AmendmentType.DREAM_PROMOTION, "at": make.later(2), "routing_confidence_threshold": 0.65}
    assert make.state_of(cast.bo, make.proposed(cast, by=cast.tars, **wish)) == after


def test_people__govern_a_degraded_system() -> None:
    cast = make.cast()
    set_state(scope=cast.sam, system_name="clay-consigliere", state="DEGRADED", reason="Odd.", at=make.later(1))
    assert make.state_of(cast.bo, make.applied(cast, at=make.later(2))) == "applied"
