from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from dreams.cycles.plans import Written
from dreams.mutate.candidate import Candidate, Origin
from dreams.mutate.choosing import Refused
from dreams.mutate.dials import Stuck
from dreams.verdict.observed import Metric, Part
from dreams.verdict.plan import Plan

DUMMY = Candidate(Origin.DUMMY, {}, "Nothing changes.", 7)
FASTER = Candidate(Origin.TELEMETRY, {"/fallback_delay_ms": 200, "/share": 0.65}, "The fallback waits.", 8)
REQUESTS = {Part.REGRESSION: ("a", "b"), Part.FRESH: ("c",), Part.HELD_OUT: ("d", "e", "f")}


def written() -> Written:
    return Written(
        cycle_id="dream-2026-01-28-03:00",
        system="clay-consigliere",
        base_version=3,
        base_digest="sha256:00",
        plan=Plan.usual(
            Metric.DURATION, planned_effect=0.1, minimum_effect=0.02, seed=5, family=2, pairs_seen=40, pairs_held_out=40
        ),
        candidates=(DUMMY, FASTER),
        requests=REQUESTS,
        budget_usd=Decimal("5.000000"),
        starts_at=datetime(2026, 1, 28, 3, tzinfo=UTC),
        deadline_at=datetime(2026, 1, 28, 7, tzinfo=UTC),
        refused=(Refused(Origin.PERSON, {"/x": 1}, "It is protected."),),
        stuck=(Stuck("/y", "It has one value."),),
        left_out={"writes": 3},
    )


def test_plan__written_and_read__is_the_same_bytes() -> None:
    kept = written().stored
    assert Written.of(kept).stored == kept
    assert Written.of(kept).candidates == (DUMMY, FASTER)
    assert Written.of(kept).plan.as_json() == written().plan.as_json()


def test_in_order__each_half__is_seeded_and_keeps_the_other_out() -> None:
    one = written()
    assert set(one.in_order(is_held_out=False)) == {"a", "b", "c"}
    assert set(one.in_order(is_held_out=True)) == {"d", "e", "f"}
    assert one.in_order(is_held_out=True) == Written.of(one.stored).in_order(is_held_out=True)


def test_most_runs__counts_the_normal_side_once() -> None:
    assert written().most_runs == 6 * 3
