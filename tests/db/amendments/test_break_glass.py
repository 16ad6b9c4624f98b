"""Breaking the glass after the deadline: who may, when, and that nothing of it is quiet."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, State
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment
from governance.amendments.queries.standing import box
from governance.approvals.actions import OverrideNotNeeded, OwnProposal, review_override
from governance.approvals.models import ApprovalDecision, Via
from governance.approvals.queries import late_reviews
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import NotAllowed
from governance.identity.actions import register_deputy
from governance.identity.confirm import Confirmation, NotConfirmed
from governance.ledger.models import LedgerEntry
from governance.notices.models import Notice
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once, demand_whole
from tests.db.notices.told import kinds, told

DAY = timedelta(days=1)
DUE = make.AT + 5 * DAY
WHY = "The filing ends tonight and no operator answers the phone."


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def broken(scope: Scope, proposal: AmendmentProposal, *, late: timedelta = timedelta(0)) -> AmendmentProposal:
    return make.approve(scope, proposal, override=True, note=WHY, at=DUE + late)


def test_before_the_deadline__refused_and_says_when_it_opens(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with pytest.raises(OverrideNotNeeded, match="once its deadline has passed"):
        broken(cast.ada, proposal, late=-timedelta(seconds=1))


def test_from_the_deadline__somebody_who_may_decide_fills_the_place__the_verifier_agrees(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    assert broken(cast.ada, proposal).state == State.APPLIED
    with in_tenant(cast.tenant.id):
        decision = ApprovalDecision.objects.get()
        entry = LedgerEntry.objects.get(event_type="override")
        assert (decision.via, decision.roles, entry.action_name) == (
            Via.OVERRIDE,
            ["operator"],
            "amendments.break_glass",
        )
        opened = bytes(entry.openings)
        assert b"/action/approvals.break_glass" in opened and b'"overdue"' in opened and b'"override"' in opened
        assert verify(stream(cast.tenant.id)).is_verified
    demand_whole(cast.tenant.id)


def test_who_watches__hears_at_once_urgently_with_the_reason(cast: make.Cast) -> None:
    broken(cast.ada, make.proposed(cast))
    assert {name for name in make.ROLES if "override" in kinds(getattr(cast, name))} == {"sam", "tess"}
    said = dict(told(cast.sam))["override"]
    assert (
        said.startswith("Ada broke the glass: approved AMD-1 on clay-consigliere in the place of Operator")
        and WHY in said
    )
    with in_tenant(cast.tenant.id):
        assert all(row.is_urgent for row in Notice.objects.filter(kind="override"))


def test_proposer__own_role__nobody_s_desk__stranger__refused(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with pytest.raises(OwnProposal):
        broken(cast.bo, proposal)
    with pytest.raises(OverrideNotNeeded, match="in your own role"):
        broken(cast.cy, proposal)
    for scope in (cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            broken(scope, proposal)
    assert make.state_of(cast.bo, proposal) == State.PROPOSED


def test_without_a_fresh_confirmation__refused(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    stale = Confirmation(user_id=cast.ada.person_id, method="password", at=make.AT)
    with pytest.raises(NotConfirmed):
        amendments.break_glass(
            scope=cast.ada,
            number=proposal.number,
            digest=make.digest_of(cast.ada, proposal),
            confirmation=stale,
            note=WHY,
            at=DUE,
        )


def test_two_places__each_breaks_one__never_both(cast: make.Cast) -> None:
    expansion = make.proposed(
        cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=[*make.CLAY["capabilities"], "voice-synthesis"]
    )
    assert broken(cast.sam, expansion).state == State.PROPOSED
    assert broken(cast.tess, expansion).state == State.APPLIED
    with in_tenant(cast.tenant.id):
        assert verify(stream(cast.tenant.id)).is_verified


def test_two_at_once__one_applies_it(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    digest = make.digest_of(cast.bo, proposal)
    calls = [
        partial(make.approve, scope, proposal, override=True, note=WHY, at=DUE, digest=digest)
        for scope in (cast.ada, cast.sam, cast.tess)
    ]
    assert sum(one.refusal is None for one in at_once(calls)) == 1
    with in_tenant(cast.tenant.id):
        assert ConstitutionalAmendment.objects.count() == ApprovalDecision.objects.count() == 1


def test_deputy_of_the_only_holder__can_answer__so_the_glass_stays_whole(cast: make.Cast) -> None:
    register_deputy(
        scope=cast.ada,
        principal=cast.users["ada"],
        deputy=cast.users["uma"],
        role=Role.COMPLIANCE,
        starts_at=make.AT,
        ends_at=make.AT + DAY,
        at=make.AT,
    )
    tightening = make.proposed(
        cast,
        by=cast.ada,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    with pytest.raises(OverrideNotNeeded):
        make.approve(cast.tess, tightening, override=True, note=WHY)


def test_box__offers_it_only_to_who_cannot_answer__once_it_is_late(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with in_tenant(cast.tenant.id):
        fresh = AmendmentProposal.objects.select_related("system", "request").get(id=proposal.id)
        early = box(scope=cast.ada, proposal=fresh, at=make.AT)
        late = {scope: box(scope=scope, proposal=fresh, at=DUE) for scope in (cast.ada, cast.cy, cast.bo, cast.uma)}
    assert early.override and not early.is_late
    assert (late[cast.ada].override, late[cast.ada].is_late) == ("", True)
    assert late[cast.cy].override and late[cast.bo].override and late[cast.uma].override


def test_review__late_after_a_week__until_somebody_looks(cast: make.Cast) -> None:
    broken(cast.ada, make.proposed(cast))
    with in_tenant(cast.tenant.id):
        assert late_reviews(scope=cast.tess, at=DUE + 6 * DAY) == 0
        assert late_reviews(scope=cast.tess, at=DUE + 7 * DAY) == 1
        decision = ApprovalDecision.objects.get()
    review_override(
        scope=cast.tess, decision_id=decision.id, upheld=False, note="Cy was at his desk.", at=DUE + 8 * DAY
    )
    with in_tenant(cast.tenant.id):
        assert late_reviews(scope=cast.tess, at=DUE + 9 * DAY) == 0
    assert "not upheld" in dict(told(cast.ada))["override"]
