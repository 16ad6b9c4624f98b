"""Who is told what when an amendment moves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, Quorum
from governance.approvals.actions import OwnProposal
from governance.identity.actions import register_deputy
from governance.notices.models import Notice
from governance.scope import Role
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.notices.told import everybody, kinds, told


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def test_propose__those_who_may_answer_are_told_and_nobody_else(cast: make.Cast) -> None:
    make.proposed(cast)
    assert everybody(cast) == {"cy": ["assigned"]}
    said = told(cast.cy)[0][1]
    assert said.startswith("Bo proposes AMD-1 on clay-consigliere: ") and said.endswith(" It waits for your answer.")


def test_propose__a_deputy_may_answer_so_is_told(cast: make.Cast) -> None:
    register_deputy(
        scope=cast.cy,
        principal=cast.users["cy"],
        deputy=cast.users["uma"],
        role=Role.OPERATOR,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=1),
        at=make.AT,
    )
    make.proposed(cast)
    assert everybody(cast) == {"cy": ["assigned"], "uma": ["assigned"]}


def test_draft__tells_nobody_until_it_is_sent(cast: make.Cast) -> None:
    draft = make.proposed(cast, is_draft=True)
    assert everybody(cast) == {}
    amendments.send(scope=cast.bo, number=draft.number, at=make.AT)
    assert everybody(cast) == {"cy": ["assigned"]}


def _quorum(cast: make.Cast, count: int) -> Quorum:
    wish = {"type": AmendmentType.MANUAL_UPDATE, "effect": None, "role": Role.OPERATOR}
    return amendments.set_quorum(scope=cast.tess, count=count, at=make.AT, **wish)


def test_quorum__changed__tells_those_who_proposed_and_answered__once(cast: make.Cast) -> None:
    first = make.proposed(cast)
    row = _quorum(cast, 2)
    assert kinds(cast.bo) == ["stale"] and "stale" not in kinds(cast.cy), "cy has not answered"
    assert told(cast.bo)[0][1] == (
        f"{first.label} on clay-consigliere cannot be approved as it is: the rules for who approves changed. "
        "Rebase it, and it asks again."
    )
    _quorum(cast, 3)
    assert kinds(cast.bo) == ["stale"], "it was void before"
    second = make.proposed(cast, at=make.later(3))
    make.approve(cast.cy, second, at=make.later(4))
    amendments.remove_quorum(scope=cast.tess, quorum_id=row.id, at=make.later(5))
    assert kinds(cast.cy).count("stale") == 1 and kinds(cast.bo).count("stale") == 2
    assert second.label in next(said for kind, said in told(cast.cy) if kind == "stale")


def test_quorum__more_open_proposals_cost_no_more_queries(cast: make.Cast) -> None:
    make.proposed(cast)
    with CaptureQueriesContext(connection) as few:
        _quorum(cast, 2)
    for number in range(4):
        make.proposed(cast, at=make.later(number))
    with CaptureQueriesContext(connection) as many:
        _quorum(cast, 4)
    assert kinds(cast.bo).count("stale") == 5 and len(many) <= len(few)


def test_approve__the_last_answer__tells_the_proposer_once(cast: make.Cast) -> None:
    make.applied(cast)
    assert everybody(cast) == {"cy": ["assigned"], "bo": ["applied"]}
    assert told(cast.bo)[0][1].startswith("Cy gave the last approval, and AMD-1 took effect on clay-consigliere: ")


def test_approve__one_of_two__says_what_is_still_needed(cast: make.Cast) -> None:
    proposal = _expansion(cast)
    make.approve(cast.cy, proposal)
    assert told(cast.bo) == [
        ("decided", "Cy approved AMD-1 on clay-consigliere. It still needs 1 of Compliance officer.")
    ]
    make.approve(cast.ada, proposal)
    assert everybody(cast) == {"ada": ["assigned"], "bo": ["applied", "decided"], "cy": ["applied", "assigned"]}


@pytest.mark.parametrize(("verb", "word"), [("reject", "rejected"), ("request_changes", "asks for changes to")])
def test_refuse__the_proposer_reads_why(verb: str, word: str, cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    getattr(amendments, verb)(
        scope=cast.cy,
        number=proposal.number,
        digest=make.digest_of(cast.cy, proposal),
        confirmation=make.confirmed(cast.cy, at=make.AT),
        note="Too fast for Mondays.",
        at=make.AT,
    )
    ((kind, said),) = told(cast.bo)
    assert kind == "decided" and f"Cy {word} AMD-1" in said and "Too fast for Mondays." in said


def test_another_is_applied__what_went_stale_is_told_to_its_proposer_and_those_who_answered(cast: make.Cast) -> None:
    waiting = _expansion(cast)
    make.approve(cast.ada, waiting)
    make.approve(cast.cy, make.proposed(cast, fallback_delay_ms=100))
    assert kinds(cast.bo).count("stale") == kinds(cast.ada).count("stale") == 1
    said = next(said for kind, said in told(cast.bo) if kind == "stale")
    assert (
        said == "AMD-1 on clay-consigliere cannot be decided as it is: AMD-2 was applied. Rebase it, and it asks again."
    )


def test_rebase__asks_again_under_a_new_key(cast: make.Cast) -> None:
    waiting = _expansion(cast)
    make.approve(cast.cy, make.proposed(cast, fallback_delay_ms=100))
    amendments.rebase(scope=cast.bo, number=waiting.number, at=make.later())
    assert kinds(cast.ada) == ["assigned", "assigned"]
    assert told(cast.ada)[1][1].startswith("Bo asks again for AMD-1")


def test_schedule__tells_when_it_will_take_effect_and_that_it_did(cast: make.Cast) -> None:
    soon = make.AT + timedelta(hours=1)
    make.approve(cast.cy, make.proposed(cast, effective_at=soon))
    assert f"takes effect on {soon:%d %B %Y}, 10:00 UTC" in told(cast.bo)[0][1]
    amendments.apply_due(scope=cast.tars, number=1, at=soon)
    assert told(cast.bo)[1][1].startswith("AMD-1 took effect on clay-consigliere as scheduled: ")
    assert kinds(cast.cy) == ["assigned", "applied"]


def test_expire_and_withdraw__the_proposer_and_those_who_answered(cast: make.Cast) -> None:
    old, other = make.proposed(cast), _expansion(cast)
    make.approve(cast.cy, other)
    amendments.withdraw(scope=cast.bo, number=other.number, why="Not needed.", at=make.AT)
    assert dict(told(cast.cy))["decided"] == "Bo withdrew AMD-2 on clay-consigliere: Not needed."
    amendments.expire_due(scope=cast.tars, number=old.number, at=old.expires_at)
    assert kinds(cast.bo)[-1] == "expiring"


def test_roll_back__the_proposer_and_the_approvers(cast: make.Cast) -> None:
    make.rolled_back(cast.ada, make.applied(cast))
    assert kinds(cast.bo) == ["applied", "rolled_back"] and kinds(cast.cy) == ["assigned", "rolled_back"]
    assert told(cast.bo)[1][1] == "Ada rolled back AMD-1 on clay-consigliere: It made things worse."


def test_roll_back__that_expands__asks_for_a_second_person(cast: make.Cast) -> None:
    tightening = make.proposed(
        cast, type=AmendmentType.GOVERNANCE_TIGHTENING, requires_approval=["upload_payroll_entries", "audit", "delete"]
    )
    make.approve(cast.ada, tightening)
    make.rolled_back(cast.cy, tightening)
    assert told(cast.sam)[-1][0] == "assigned" and "Cy asks to roll back AMD-1" in told(cast.sam)[-1][1]
    assert "rolled_back" not in kinds(cast.bo)


def test_dream__outside_every_authority__asks(cast: make.Cast) -> None:
    make.proposed(cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION)
    assert told(cast.cy)[0][1].startswith("TARS proposes AMD-1 on clay-consigliere: ")


def test_dream__under_an_authority__asks_nobody_and_tells_who_granted_it(cast: make.Cast) -> None:
    amendments.grant_authority(
        scope=cast.bo,
        systems=[],
        pointers={"/fallback_delay_ms": 300},
        max_per_week=1,
        expires_at=make.AT + timedelta(days=7),
        reason="Small steps are safe.",
        at=make.AT,
    )
    make.proposed(cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION)
    assert everybody(cast) == {"bo": ["authority"], "cy": ["dream"]}
    assert told(cast.bo)[0][1].startswith("TARS used the standing authority you granted for AMD-1")


def test_security_patch__asks_security(cast: make.Cast) -> None:
    make.seated(tenant=cast.tenant, name="sue", roles=[Role.SECURITY])
    make.proposed(cast, by=cast.sam, basis=Basis.SECURITY_PATCH, fallback_delay_ms=600)
    assert everybody(cast) == {}
    with in_tenant(cast.tenant.id):
        assert Notice.objects.count() == 1


def test_refused_verb__tells_nothing(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with pytest.raises(OwnProposal):
        make.approve(cast.bo, proposal)
    assert kinds(cast.bo) == []


def test_propose__more_people_cost_no_more_queries(cast: make.Cast) -> None:
    make.proposed(cast)
    few = _queries(cast)
    for number in range(6):
        make.seated(tenant=cast.tenant, name=f"op{number}", roles=[Role.OPERATOR])
    assert _queries(cast) == few


def _queries(cast: make.Cast) -> int:
    with CaptureQueriesContext(connection) as captured:
        make.proposed(cast, fallback_delay_ms=210)
    return len(captured)


def _expansion(cast: make.Cast) -> AmendmentProposal:
    return make.proposed(
        cast, type=AmendmentType.CAPABILITY_EXPANSION, capabilities=[*make.CLAY["capabilities"], "voice-synthesis"]
    )
