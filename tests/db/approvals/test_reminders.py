"""Nudges, reminders before and at the deadline, escalation after it, and reviews that are still wanted."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import actions as amendments
from governance.amendments.actions.expiring import warn_expiring
from governance.amendments.kinds import Basis
from governance.amendments.models import AmendmentProposal
from governance.approvals.actions import AlreadyDecided, review_override
from governance.approvals.desk import CannotAnswer, take
from governance.approvals.models import ApprovalDecision, ApprovalRequest, Reminder, Via
from governance.approvals.reminders import AlreadyNudged, NudgesOneself, nudge, remind_due
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import NotAllowed, NotFound
from governance.identity.actions import register_deputy
from governance.ledger.models import LedgerEntry
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.notices.told import kinds, told

DAY = timedelta(days=1)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def question(scope: Scope, proposal: AmendmentProposal) -> ApprovalRequest:
    with in_tenant(scope.tenant_id):
        return ApprovalRequest.objects.get(id=AmendmentProposal.objects.get(id=proposal.id).request_id)


def nudged(cast: make.Cast, proposal: AmendmentProposal, *, by: Scope, whom: Scope, at: datetime = make.AT) -> Reminder:
    return nudge(scope=by, request_id=question(cast.bo, proposal).id, user_id=whom.person_id, at=at)


def remind(cast: make.Cast, *, at: datetime) -> dict[str, int]:
    counts = remind_due(scope=cast.tars, at=at)
    return {kind: count for kind, count in counts.items() if count}


def said(scope: Scope) -> list[str]:
    return [sentence for kind, sentence in told(scope) if kind == "reminder"]


def escalations(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return LedgerEntry.objects.filter(action_name="approvals.escalate").count()


# -- nudging


def test_nudge__whoever_may_answer_hears_who_asks_for_what(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    nudged(cast, proposal, by=cast.bo, whom=cast.cy)
    (sentence,) = said(cast.cy)
    assert sentence.startswith("Bo asks you to decide AMD-1 on clay-consigliere: ")


def test_nudge__again_the_same_day__refused__the_next_day__said_again(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    nudged(cast, proposal, by=cast.bo, whom=cast.cy)
    with pytest.raises(AlreadyNudged):
        nudged(cast, proposal, by=cast.ada, whom=cast.cy, at=make.later())
    nudged(cast, proposal, by=cast.ada, whom=cast.cy, at=make.AT + DAY)
    assert len(said(cast.cy)) == 2


def test_nudge__by_two_at_once__is_one(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    outcome = at_once([partial(nudged, cast, proposal, by=by, whom=cast.cy) for by in (cast.bo, cast.ada, cast.uma)])
    assert sum(one.refusal is None for one in outcome) == 1 and len(said(cast.cy)) == 1


def test_nudge__who_cannot_answer__oneself__or_what_is_over__refused(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    for whom in (cast.ada, cast.bo, make.stranger()):
        with pytest.raises(CannotAnswer):
            nudged(cast, proposal, by=cast.uma, whom=whom)
    with pytest.raises(NudgesOneself):
        nudged(cast, proposal, by=cast.cy, whom=cast.cy)
    with pytest.raises(NotAllowed):
        nudged(cast, proposal, by=cast.mel, whom=cast.cy)
    with pytest.raises(NotFound):
        nudged(cast, proposal, by=make.stranger(), whom=cast.cy)
    request = question(cast.bo, proposal)
    make.approve(cast.cy, proposal)
    with pytest.raises(AlreadyDecided):
        nudge(scope=cast.bo, request_id=request.id, user_id=cast.cy.person_id, at=make.AT)


# -- deadlines


def test_question__has_its_deadline(cast: make.Cast) -> None:
    assert question(cast.bo, make.proposed(cast)).due_at == make.AT + 5 * DAY
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    assert question(cast.bo, patch).due_at == make.AT + DAY


def test_rebase__begins_the_deadline_again(cast: make.Cast) -> None:
    waiting = make.proposed(cast)
    make.approve(cast.cy, make.proposed(cast, routing_confidence_threshold=0.75))
    amendments.rebase(scope=cast.bo, number=waiting.number, at=make.AT + DAY)
    assert question(cast.bo, waiting).due_at == make.AT + 6 * DAY


def test_remind__a_day_before_and_at_the_deadline__once_each(cast: make.Cast) -> None:
    make.proposed(cast)
    assert remind(cast, at=make.AT + 4 * DAY - timedelta(minutes=1)) == {}
    assert remind(cast, at=make.AT + 4 * DAY) == {"due_soon": 1}
    assert remind(cast, at=make.AT + 4 * DAY + timedelta(hours=9)) == {}
    assert remind(cast, at=make.AT + 5 * DAY) == {"overdue": 1}
    assert remind(cast, at=make.AT + 5 * DAY + timedelta(hours=20)) == {}
    soon, late = said(cast.cy)
    assert "waits for your answer until" in soon and "is overdue since" in late
    assert said(cast.bo) == said(cast.ada) == []


def test_remind__somebody_has_it_in_hand__only_they_hear_that_it_is_due_soon(cast: make.Cast) -> None:
    _, dan = make.seated(tenant=cast.tenant, name="dan", roles=[Role.OPERATOR])
    proposal = make.proposed(cast)
    take(scope=dan, request_id=question(cast.bo, proposal).id, at=make.AT)
    remind(cast, at=make.AT + 4 * DAY)
    assert (len(said(dan)), len(said(cast.cy))) == (1, 0)
    remind(cast, at=make.AT + 5 * DAY)
    assert (len(said(dan)), len(said(cast.cy))) == (2, 1)


def test_remind__with_one_day_from_the_start__is_not_told_at_once_that_a_day_is_left(cast: make.Cast) -> None:
    make.seated(tenant=cast.tenant, name="sue", roles=[Role.SECURITY])
    make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    assert remind(cast, at=make.later()) == {}
    assert remind(cast, at=make.AT + DAY) == {"overdue": 1}


def test_escalation__a_day_late__deputies_and_admins_hear_and_it_is_on_the_ledger_once(cast: make.Cast) -> None:
    register_deputy(
        scope=cast.cy,
        principal=cast.users["cy"],
        deputy=cast.users["uma"],
        role=Role.OPERATOR,
        starts_at=make.AT,
        ends_at=make.AT + 30 * DAY,
        at=make.AT,
    )
    make.proposed(cast)
    at = make.AT + 6 * DAY
    assert remind(cast, at=at) == {"escalated": 1}
    assert remind(cast, at=at) == remind(cast, at=at + 3 * DAY) == {}
    assert "nobody decided. It still needs 1 of Operator." in said(cast.tess)[0]
    assert len(said(cast.uma)) == 1 and said(cast.cy) == []
    with in_tenant(cast.tenant.id):
        entry = LedgerEntry.objects.get(action_name="approvals.escalate")
        assert (entry.subject, entry.actor_name) == ("AMD-1", cast.tars.actor.name)
        assert verify(stream(cast.tenant.id)).is_verified


def test_remind__two_workers_at_once__everything_once(cast: make.Cast) -> None:
    for delay in (200, 210, 220):
        make.proposed(cast, fallback_delay_ms=delay)
    at = make.AT + 6 * DAY
    at_once([partial(remind_due, scope=cast.tars, at=at) for _ in range(3)])
    remind(cast, at=at)
    assert escalations(cast) == 3 and len(said(cast.tess)) == 3


def test_remind__decided_stale_or_expired__is_left_alone(cast: make.Cast) -> None:
    make.proposed(cast)
    make.approve(cast.cy, make.proposed(cast, fallback_delay_ms=100))
    assert remind(cast, at=make.AT + 6 * DAY) == {}


def test_remind__more_questions_cost_no_more_queries_until_something_is_recorded(cast: make.Cast) -> None:
    make.proposed(cast)
    few = _queries(cast, at=make.AT + 4 * DAY)
    for delay in range(200, 210):
        make.proposed(cast, fallback_delay_ms=delay, at=make.later())
    assert _queries(cast, at=make.AT + 4 * DAY + timedelta(minutes=2)) == few


def test_remind__only_tars(cast: make.Cast) -> None:
    with pytest.raises(NotAllowed):
        remind_due(scope=cast.tess, at=make.AT)


@pytest.mark.parametrize("round", range(3))
def test_remind__while_the_last_answer_is_given__nobody_waits_in_a_circle(round: int, cast: make.Cast) -> None:
    at = make.AT + 6 * DAY
    waiting = [make.proposed(cast, fallback_delay_ms=delay) for delay in (200, 210, 220)]
    digest = make.digest_of(cast.cy, waiting[0])
    answer = partial(make.approve, cast.cy, waiting[0], digest=digest, at=at)
    outcome = at_once([partial(remind_due, scope=cast.tars, at=at), answer])
    assert [one.refusal for one in outcome] == [None, None]


# -- reviews of overrides


def test_review__asks_again_until_somebody_reviewed(cast: make.Cast) -> None:
    patch = make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    make.approve(cast.ada, patch, override=True, note="Sam is alone in security, and this cannot wait.")
    assert remind(cast, at=make.AT + timedelta(hours=5)) == {}
    for days in (1, 3, 7, 14, 21):
        before = kinds(cast.tess).count("override")
        remind(cast, at=make.AT + days * DAY)
        remind(cast, at=make.AT + days * DAY + timedelta(hours=1))
        assert kinds(cast.tess).count("override") == before + 1, days
    assert "override" not in kinds(cast.ada), "whoever made it does not review it"
    with in_tenant(cast.tenant.id):
        decision = ApprovalDecision.objects.get(via=Via.OVERRIDE)
    review_override(scope=cast.tess, decision_id=decision.id, upheld=True, note="It was right.", at=make.AT + 22 * DAY)
    before = kinds(cast.tess).count("override")
    remind(cast, at=make.AT + 28 * DAY)
    assert kinds(cast.tess).count("override") == before


# -- what ends


def test_expiring__three_days_and_one_before__once_each(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    ends = proposal.expires_at
    for before, total in ((4, 0), (3, 1), (2, 1), (1, 2), (0.5, 2)):
        warn_expiring(scope=cast.tars, at=ends - before * DAY)
        assert kinds(cast.cy).count("expiring") == kinds(cast.bo).count("expiring") == total, before


def test_expiring__a_standing_authority__tells_who_granted_it(cast: make.Cast) -> None:
    amendments.grant_authority(
        scope=cast.bo,
        systems=[],
        pointers={"/fallback_delay_ms": 100},
        max_per_week=1,
        expires_at=make.AT + 7 * DAY,
        reason="Small steps are safe.",
        at=make.AT,
    )
    warn_expiring(scope=cast.tars, at=make.AT + 5 * DAY)
    warn_expiring(scope=cast.tars, at=make.AT + 6 * DAY)
    assert kinds(cast.bo) == ["authority", "authority"]
    with pytest.raises(NotAllowed):
        warn_expiring(scope=cast.bo, at=make.AT)


def _queries(cast: make.Cast, *, at: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        remind_due(scope=cast.tars, at=at)
    return len(captured)
