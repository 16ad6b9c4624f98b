"""What a stranger who read the guardrails found: each was wrong once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dreams.guardrails import answering, looking, settings
from dreams.guardrails.triggers import DEFAULTS, Reaction, Rule, Trigger
from governance.amendments import caught
from governance.amendments.models import AmendmentProposal
from governance.audit import queries as audit
from governance.audit.verify import verify
from governance.errors import Invalid, NotAllowed
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.guardrails import desk
from tests.db.guardrails.desk import APPLIED, BAD, GOOD, LOOK, Done


def _watched(cast: make.Cast, ended: list[Done]) -> AmendmentProposal:
    desk.before(cast, [Done(stars=5 if place % 4 == 0 else None) for place in range(200)])
    proposal = desk.amended(cast)
    desk.looked(cast, at=APPLIED + timedelta(seconds=30))
    desk.since(cast, ended)
    desk.looked(cast)
    return proposal


def test_under_a_watch_and_without_a_crossing__a_rollback_by_tars_is_refused__and_named_by_the_verifier(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    with pytest.raises(NotAllowed, match="No guardrail of AMD-"):
        looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    monkeypatch.setattr(caught, "_checks", {"none": lambda *_: ""})
    looking.roll_back_by_guardrail(scope=cast.tars, number=proposal.number, guardrail={}, reason="So.", at=LOOK)
    with in_tenant(cast.tenant.id):
        report = verify(audit.records(cast.ada))
    assert any("no valid confirmation" in str(finding) for finding in report.findings)


def test_armed_anew__what_was_done_and_rated_before_counts_no_more() -> None:
    cast = make.cast()
    settings.change(
        scope=cast.ada,
        days=7,
        rules={one.trigger: Rule(one.trigger, Reaction.PAUSE, one.margin, one.least) for one in DEFAULTS},
        reason="We decide ourselves.",
        at=make.AT,
    )
    proposal = _watched(cast, [Done("failed", stars=1)] * 40)
    assert desk.watch_of(cast, proposal).state == "paused"
    desk.since(cast, [BAD] * 40, first=LOOK - timedelta(minutes=30))
    answering.resume(scope=cast.bo, number=proposal.number, reason="It was the network.", at=LOOK)
    desk.looked(cast, at=LOOK + timedelta(minutes=5))
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.crossing, watch.judge["executions"]) == ("watching", None, 0)


def test_what_the_systems_own_constitution_refuses__is_no_violation_of_the_law() -> None:
    cast = make.cast()
    proposal = _watched(cast, [Done("governance_blocked", section="")] * 3)
    assert desk.watch_of(cast, proposal).state == "watching"


def test_what_ended_after_the_watch__is_not_blamed_on_the_amendment() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD] * 5)
    desk.since(cast, [BAD] * 60, first=APPLIED + timedelta(days=7, hours=1))
    desk.looked(cast, at=APPLIED + timedelta(days=8))
    watch = desk.watch_of(cast, proposal)
    assert (watch.state, watch.judge["executions"]) == ("ended", 5)


def test_a_warning__lifts_no_pause() -> None:
    cast = make.cast()
    rules = {Trigger.SUCCESS: Rule(Trigger.SUCCESS, Reaction.WARN, 0.05, 20)}
    settings.change(scope=cast.ada, days=7, rules=rules, reason="Only tell us.", at=make.AT)
    proposal = _watched(cast, [GOOD])
    answering.pause(scope=cast.bo, number=proposal.number, reason="It looks odd.", at=LOOK)
    desk.since(cast, [BAD] * 40, first=LOOK)
    desk.looked(cast, at=LOOK + timedelta(hours=1))
    watch = desk.watch_of(cast, proposal)
    assert watch.state == "paused" and watch.crossing["reaction"] == "warn"


def test_a_reason_of_a_hundred_kilobytes__is_refused() -> None:
    cast = make.cast()
    proposal = _watched(cast, [GOOD])
    with pytest.raises(Invalid):
        answering.keep(scope=cast.bo, number=proposal.number, reason="x" * 100_000, at=LOOK)


def test_extending_what_is_over__watches_from_now() -> None:
    cast = make.cast()
    proposal = _watched(cast, [BAD] * 40)
    assert desk.watch_of(cast, proposal).state == "rolled_back"
    other = make.applied(cast, at=LOOK, fallback_delay_ms=300)
    desk.looked(cast, at=LOOK + timedelta(minutes=1))
    answering.pause(scope=cast.bo, number=other.number, reason="It looks odd.", at=LOOK)
    late = LOOK + timedelta(days=20)
    watch = answering.extend(scope=cast.bo, number=other.number, days=7, reason="Still odd.", at=late)
    assert watch.ends_at == late + timedelta(days=7)
