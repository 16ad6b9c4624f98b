"""What the pages are told: standing, authority, staleness, deltas, rivals, timeline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import AmendmentPage, amendment_page, found_proposal, may_decide
from governance.amendments.queries.comparison import LARGE, LINES, WIDEST, compared, overlapping
from governance.approvals.models import ApprovalDecision, Verdict, Via
from governance.errors import NotFound
from governance.identity.actions import register_deputy
from governance.ids import new_id
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make


def page_of(scope: Scope, proposal: AmendmentProposal, *, at: Any = None, view: str = "fields") -> AmendmentPage:
    with in_tenant(scope.tenant_id):
        return amendment_page(scope=scope, number=proposal.number, at=at or make.later(30), view=view)


def standing(scope: Scope, proposal: AmendmentProposal, *, at: Any = None, **options: Any) -> str:
    with in_tenant(scope.tenant_id):
        found = found_proposal(scope=scope, number=proposal.number)
        return may_decide(scope=scope, proposal=found, at=at or make.later(30), **options)


def expansion(cast: make.Cast, **options: Any) -> AmendmentProposal:
    more = ["payroll", "compliance", "pdf-processing", "voice-synthesis"]
    return make.proposed(cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=more, **options)


def test_may_decide__second_operator__yes() -> None:
    cast = make.cast()
    assert standing(cast.cy, make.proposed(cast)) == ""


def test_may_decide__proposer__no() -> None:
    cast = make.cast()
    assert standing(cast.bo, make.proposed(cast)) == "You proposed this; a second person must decide it."


def test_may_decide__wrong_role__says_which_is_needed() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    assert "needs 1 of Operator" in standing(cast.ada, proposal)
    assert "You need the role" in standing(cast.uma, proposal)


def test_may_decide__answered__no() -> None:
    cast = make.cast()
    proposal = expansion(cast)
    make.approve(cast.cy, proposal, at=make.later())
    assert standing(cast.cy, proposal) == "You have answered this: approved."
    assert standing(cast.ada, proposal) == ""


def test_may_decide__base_moved__names_the_way_out() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200)
    make.applied(cast, latency_target_ms=900)
    assert "Rebase it" in standing(cast.cy, proposal)


def test_may_decide__policy_moved__approve_rests_and_reject_does_not() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    amendments.set_quorum(
        scope=cast.tess, type=AmendmentType.MANUAL_UPDATE, effect=None, role=Role.OPERATOR, count=2, at=make.later()
    )
    assert "The rules for who approves changed" in standing(cast.cy, proposal)
    assert standing(cast.cy, proposal, verdict=Verdict.REJECT) == ""
    assert page_of(cast.cy, proposal).staleness is not None


def test_may_decide__expired_or_closed__no() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    assert "expired on" in standing(cast.cy, proposal, at=make.AT + timedelta(days=31))
    make.approve(cast.cy, proposal)
    assert standing(cast.cy, proposal) == "AMD-1 is applied; there is nothing to decide."


def test_may_decide__deputy__in_the_principals_place() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    register_deputy(
        scope=cast.cy,
        principal=cast.users["cy"],
        deputy=cast.users["uma"],
        role=Role.OPERATOR,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=2),
        at=make.AT,
    )
    assert standing(cast.uma, proposal) == ""
    page = page_of(cast.uma, proposal)
    assert page.box.seat == "a deputy for Operator"
    assert [person.label for person in page.authority.places[0].could] == ["Cy", "you (for Cy)"]


def test_may_decide__agrees_with_the_verb() -> None:
    cast = make.cast()
    for name in ("ada", "bo", "cy", "uma", "tess", "sam", "mel"):
        proposal = expansion(cast)
        scope = getattr(cast, name)
        reason = standing(scope, proposal, at=make.AT)
        try:
            make.approve(scope, proposal)
        except Exception:
            assert reason, name
        else:
            assert reason == "", name


def test_authority__forged_answer__is_not_counted() -> None:
    cast = make.cast()
    proposal = expansion(cast)
    with in_tenant(cast.tenant.id):
        request = found_proposal(scope=cast.bo, number=proposal.number).request
        assert request is not None
        ApprovalDecision.objects.create(
            id=new_id(make.AT),
            tenant_id=cast.tenant.id,
            request=request,
            user_id=cast.cy.actor.user_id,
            actor_name=cast.cy.actor.name,
            verdict=Verdict.APPROVE,
            roles=["operator"],
            via=Via.ROLE,
            digest=request.digest,
            confirmed_by="password",
            at=make.AT,
            statement=b"{}",
            signer="did:key:zForged",
            signature=b"x" * 64,
        )
    page = page_of(cast.ada, proposal)
    assert page.authority.line.endswith("nobody has approved.")
    assert page.answers == ()


def test_authority__draft__says_what_it_will_need() -> None:
    cast = make.cast()
    page = page_of(cast.bo, expansion(cast, is_draft=True))
    assert page.authority.line == "Will need 1 of Operator and 1 of Compliance officer."


def test_authority__standing__says_that_tars_decided_alone() -> None:
    cast = make.cast()
    amendments.grant_authority(
        scope=cast.bo,
        systems=[],
        pointers={"/routing_confidence_threshold": 0.05},
        max_per_week=1,
        expires_at=make.later(60 * 24 * 30),
        reason="Small steps are safe.",
        at=make.AT,
    )
    dream = make.proposed(
        cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION, at=make.later(), routing_confidence_threshold=0.65
    )
    page = page_of(cast.uma, dream)
    assert page.authority.line == "TARS approved alone under a standing authority."
    assert page.answers[0].how == "under a standing authority"


def test_page__unknown_or_another_tenants__not_found() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposal = make.proposed(cast)
    with pytest.raises(NotFound):
        page_of(mallory, proposal)


def test_evidence__says_what_is_there_what_is_missing_and_who_can_help() -> None:
    cast = make.cast()
    draft = make.proposed(cast, is_draft=True, evidence={"jira_ticket": "OMS-7", "replay_days": 30})
    reason, ticket, extra = page_of(cast.bo, draft).evidence
    assert (reason.is_present, reason.is_required, reason.supplied_by) == (False, True, "Operator")
    assert (ticket.value, ticket.source, ticket.date) == ("OMS-7", cast.bo.actor.name, make.AT.date())
    assert (extra.label, extra.value) == ("Replay days", "30")


def test_staleness__names_what_came_since_and_where_it_collides() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200)
    other = make.applied(cast, fallback_delay_ms=300)
    make.rolled_back(cast.bo, other, at=make.later(2))
    make.applied(cast, at=make.later(3), fallback_delay_ms=400, latency_target_ms=900)
    stale = page_of(cast.cy, proposal).staleness
    assert stale is not None
    assert (stale.base, stale.current, stale.more) == (1, 4, 0)
    assert [step.said for step in stale.steps][1] == "AMD-2 was rolled back."
    assert stale.pointers == ("/fallback_delay_ms", "/latency_target_ms")
    assert stale.conflicts == ("/fallback_delay_ms",)
    assert not page_of(cast.cy, proposal).can_rebase


def test_delta__tells_the_new_from_the_old_wish() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200, latency_target_ms=900)
    amendments.revise(
        scope=cast.bo,
        number=proposal.number,
        constitution=make.changed(make.CLAY, fallback_delay_ms=200, max_monthly_budget_usd=50),
        evidence={"reason": "Another reason"},
        why="Narrower",
        at=make.later(),
    )
    delta = page_of(cast.cy, proposal).delta
    assert delta is not None
    assert [line.pointer for line in delta.added] == ["/max_monthly_budget_usd"]
    assert [line.pointer for line in delta.dropped] == ["/latency_target_ms"]
    assert delta.evidence == ("jira_ticket was taken away", "reason was changed")


def test_rivals__share_a_pointer_not_only_a_field() -> None:
    cast = make.cast()
    bounds = make.CLAY["tunable"]
    one = {**bounds, "/fallback_delay_ms": {"min": 50, "max": 1000}}
    two = {**bounds, "/routing_confidence_threshold": {"min": 0.4, "max": 0.9}}
    first = make.proposed(cast, tunable=one)
    make.proposed(cast, tunable=two)
    same = make.proposed(cast, tunable={**bounds, "/fallback_delay_ms": {"min": 10, "max": 1000}})
    assert [rival.number for rival in page_of(cast.cy, first).rivals] == [same.number]


def test_timeline__tells_the_whole_life_in_order() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200, is_draft=True)
    amendments.send(scope=cast.bo, number=proposal.number, at=make.later(1))
    make.applied(cast, at=make.later(2), latency_target_ms=900)
    amendments.rebase(scope=cast.cy, number=proposal.number, at=make.later(3))
    make.approve(cast.cy, proposal, at=make.later(4))
    make.rolled_back(cast.bo, proposal, at=make.later(5))
    events = page_of(cast.uma, proposal).events
    said = [event.said for event in events]
    assert said == ["Drafted", "Proposed", "Revision 2", "Approved", "Took effect", "Rolled back"]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert events[3].how == "as Operator, confirmed by password"
    assert all(event.sequence for event in events[1:])


def test_views__side_marks_lead_to_the_changed_places_of_each_document() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, capabilities=["compliance", "pdf-processing", "voice"], fallback_delay_ms=200)
    side = page_of(cast.cy, proposal, view="side").side
    assert side is not None
    assert not side.is_cut
    assert side.old_marks == {"/capabilities/0": "del", "/fallback_delay_ms": "del"}
    assert side.new_marks == {"/capabilities/2": "add", "/fallback_delay_ms": "add"}


def test_side__large_documents__are_cut_to_what_changes_or_not_shown() -> None:
    ballast = {"notes": "x" * LARGE}
    cut = compared({**ballast, "a": 1, "b": 1}, {**ballast, "a": 1, "b": 2}).side()
    assert (cut.old, cut.new, cut.is_cut, cut.is_too_large) == ({"b": 1}, {"b": 2}, True, False)
    huge = compared(ballast, {"notes": "y" * LARGE}).side()
    assert (huge.old, huge.new, huge.is_too_large) == ({}, {}, True)


def test_lines__secrets_are_hidden_and_long_values_cut() -> None:
    step = compared({}, {"vault": {"api_key": "hunter2", "region": "eu"}, "password": "hunter2", "note": "n" * 2000})
    texts = {line.pointer: line for line in step.lines}
    assert texts["/password"].is_secret
    assert texts["/password"].new is None
    assert texts["/vault"].new == '{"api_key": "…", "region": "eu"}'
    assert len(texts["/note"].new or "") == WIDEST


def test_lines__beyond_the_limit__are_counted() -> None:
    step = compared({}, {f"field_{index:04}": index for index in range(LINES + 7)})
    assert len(step.lines) == LINES
    assert step.more == 7


def test_overlapping__at_above_and_below() -> None:
    assert overlapping(["/a", "/b/c", "/d"], ["/a/x", "/b", "/dd"]) == ("/a", "/b/c")
