from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.approvals import queries
from governance.approvals.models import ApprovalRequest
from governance.identity.actions import register_deputy
from governance.ids import new_id
from governance.scope import Role, Scope
from governance.tenancy import in_tenant
from tests import factories as make

EXPANSION = {"type": AmendmentType.CAPABILITY_EXPANSION, "capabilities": [*make.CLAY["capabilities"], "voice"]}


def waiting(scope: Scope) -> list[str]:
    with in_tenant(scope.tenant_id):
        items = queries.with_rows(queries.waiting_for(scope=scope, at=make.AT), scope=scope, at=make.AT)
        return [item.row.label for item in items]


def test_waiting_for__second_operator__sees_it_and_the_proposer_does_not() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    assert waiting(cast.cy) == [proposal.label]
    assert waiting(cast.bo) == []


def test_waiting_for__role_that_is_not_needed__sees_nothing() -> None:
    cast = make.cast()
    make.proposed(cast)
    assert waiting(cast.ada) == waiting(cast.uma) == waiting(cast.mel) == waiting(cast.tess) == []


def test_waiting_for__role_already_given__sees_nothing_more() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, by=cast.sam, **EXPANSION)
    assert waiting(cast.bo) == waiting(cast.cy) == waiting(cast.ada) == [proposal.label]
    make.approve(cast.cy, proposal)
    assert waiting(cast.cy) == []  # answered
    assert waiting(cast.bo) == []  # the operator's place is filled
    assert waiting(cast.ada) == [proposal.label]


def test_waiting_for__deputy__sees_what_the_lent_role_may_answer() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    assert waiting(cast.sam) == []
    register_deputy(
        scope=cast.tess,
        principal=cast.users["cy"],
        deputy=cast.users["sam"],
        role=Role.OPERATOR,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=2),
        at=make.AT,
    )
    assert waiting(cast.sam) == [proposal.label]


def test_waiting_for__stranger_and_tars__see_nothing() -> None:
    cast, mallory = make.cast(), make.stranger()
    make.proposed(cast)
    assert waiting(mallory) == waiting(cast.tars) == []


def test_waiting_for__agrees_with_the_verb() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, by=cast.sam, **EXPANSION)
    for scope in (cast.ada, cast.cy):
        assert waiting(scope) == [proposal.label]
        proposal = make.approve(scope, proposal)
    assert proposal.state == "applied"
    assert waiting(cast.bo) == []


def test_question__two_roles_one_given__says_so() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, **EXPANSION)
    make.approve(cast.cy, proposal)
    with in_tenant(cast.tenant.id):
        (question,) = queries.team(scope=cast.uma, at=make.AT)
    assert question.needs == "Operator + Compliance officer"
    assert (question.given_count, question.needed) == (1, 2)
    assert question.still_needs == "1 of Compliance officer"


def test_adrift__another_amendment_moved_the_base__is_listed_as_stale() -> None:
    cast = make.cast()
    stale = make.proposed(cast, fallback_delay_ms=200)
    make.applied(cast, routing_confidence_threshold=0.75)
    with in_tenant(cast.tenant.id):
        (row,) = queries.adrift(scope=cast.uma, at=make.AT)
        assert queries.team(scope=cast.uma, at=make.AT) == ()
    assert (row.label, row.is_stale) == (stale.label, True)


def test_rows__quorum_changed_since__is_stale() -> None:
    cast = make.cast()
    make.proposed(cast)
    amendments.set_quorum(
        scope=cast.tess, type=AmendmentType.MANUAL_UPDATE, effect=None, role=Role.OPERATOR, count=2, at=make.AT
    )
    with in_tenant(cast.tenant.id):
        (item,) = queries.with_rows(queries.team(scope=cast.uma, at=make.AT), scope=cast.uma, at=make.AT)
    assert item.row.is_stale


def test_mine__drafts_open_and_handed_back__and_nobody_elses() -> None:
    cast = make.cast()
    draft = make.proposed(cast, is_draft=True)
    back = make.proposed(cast, routing_confidence_threshold=0.8, basis=Basis.ORDINARY)
    amendments.request_changes(
        scope=cast.cy,
        number=back.number,
        digest=make.digest_of(cast.bo, back),
        confirmation=make.confirmed(cast.cy, at=make.AT),
        note="Say why.",
        at=make.AT,
    )
    make.proposed(cast, by=cast.cy)
    with in_tenant(cast.tenant.id):
        found = {row.label: row.state for row in queries.mine(scope=cast.bo, at=make.AT)}
    assert found == {draft.label: "draft", back.label: "changes_requested"}


def test_rollback_that_expands__waits_for_a_second_person_with_its_reason() -> None:
    cast = make.cast()
    tightened = make.approve(
        cast.ada,
        make.proposed(
            cast,
            type=AmendmentType.GOVERNANCE_TIGHTENING,
            requires_approval=[*make.CLAY["requires_approval"], "delete"],
        ),
    )
    make.rolled_back(cast.bo, tightened, reason="It blocks the payroll run.")
    assert waiting(cast.bo) == []
    with in_tenant(cast.tenant.id):
        (item,) = queries.with_rows(queries.waiting_for(scope=cast.cy, at=make.AT), scope=cast.cy, at=make.AT)
        assert [row.label for row in queries.mine(scope=cast.bo, at=make.AT)] == [tightened.label]
    assert item.row.type == "rollback"
    assert item.row.sentence.startswith(f"Roll back {tightened.label}: ")
    assert item.row.extra == ("Because: It blocks the payroll run.",)
    assert item.question is not None
    assert item.question.needed == 2
    assert item.question.given_count == 1


def test_decided__newest_first_with_own_answer() -> None:
    cast = make.cast()
    first = make.applied(cast, fallback_delay_ms=200)
    second = make.approve(cast.cy, make.proposed(cast, at=make.later(5), fallback_delay_ms=300), at=make.later(6))
    with in_tenant(cast.tenant.id):
        mine = queries.with_rows(queries.decided(scope=cast.cy, at=make.AT), scope=cast.cy, at=make.AT)
        others = queries.decided(scope=cast.uma, at=make.AT)
    assert [item.row.label for item in mine] == [second.label, first.label]
    assert {item.question.my_answer for item in mine if item.question} == {"Approved"}
    assert {question.my_answer for question in others} == {""}


def test_override__waits_for_a_second_persons_review() -> None:
    cast = make.cast()
    proposal = make.proposed(
        cast,
        by=cast.ada,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        requires_approval=["upload_payroll_entries", "audit", "x"],
    )
    make.approve(cast.bo, proposal, override=True, note="Nobody else is a compliance officer.")
    with in_tenant(cast.tenant.id):
        (override,) = queries.overrides_to_review(scope=cast.cy, at=make.AT)
        assert queries.overrides_to_review(scope=cast.uma, at=make.AT) == ()
        (own,) = queries.overrides_to_review(scope=cast.bo, at=make.AT)
    assert override.row.label == proposal.label
    assert override.note == "Nobody else is a compliance officer."
    assert own.is_own
    assert not override.is_own


def test_lists__more_rows__same_number_of_queries() -> None:
    cast = make.cast()

    def count() -> int:
        with (
            in_tenant(cast.tenant.id),
            CaptureQueriesContext(
                connection,
            ) as seen,
        ):
            queries.with_rows(queries.waiting_for(scope=cast.cy, at=make.AT), scope=cast.cy, at=make.AT)
            queries.with_rows(queries.team(scope=cast.cy, at=make.AT), scope=cast.cy, at=make.AT)
            queries.mine(scope=cast.bo, at=make.AT)
            queries.adrift(scope=cast.bo, at=make.AT)
            queries.decided(scope=cast.cy, at=make.AT)
        return len(seen)

    make.proposed(cast)
    few = count()
    for step in range(6):
        make.proposed(cast, fallback_delay_ms=200 + step)
    assert count() == few


def many(cast: make.Cast, count: int, role: str) -> None:
    """Open questions for one role, as rows: thousands of proposals would take minutes."""
    with in_tenant(cast.tenant.id):
        ApprovalRequest.objects.bulk_create(
            ApprovalRequest(
                id=new_id(make.AT),
                tenant_id=cast.tenant.id,
                subject_kind="nothing",
                subject_id=new_id(make.AT),
                digest="sha256:0",
                requirements=[{"roles": [role], "count": 1}],
                asked_at=make.AT,
            )
            for _ in range(count)
        )


def counted(scope: Scope) -> tuple[int, int]:
    """The badge's number, and the queries it took."""
    with in_tenant(scope.tenant_id), CaptureQueriesContext(connection) as seen:
        return queries.waiting_count(scope=scope, at=make.AT), len(seen)


def test_waiting__behind_hundreds_of_others__is_still_found_and_counted() -> None:
    cast = make.cast()
    many(cast, queries.LIMIT + 20, "security")
    proposal = make.proposed(cast)
    assert waiting(cast.cy) == [proposal.label]
    assert counted(cast.cy) == (1, 1)


def test_waiting_count__more_than_a_list_reads__stops_behind_the_limit_in_one_query() -> None:
    cast = make.cast()
    many(cast, queries.LIMIT + 20, "security")
    assert counted(cast.sam) == (queries.LIMIT + 1, 1)
    assert counted(cast.uma) == counted(cast.tess) == (0, 1)


def test_waiting_count__agrees_with_the_list__for_everybody_and_for_deputies() -> None:
    cast = make.cast()
    register_deputy(
        scope=cast.tess,
        principal=cast.users["ada"],
        deputy=cast.users["mel"],
        role=Role.COMPLIANCE,
        starts_at=make.AT,
        ends_at=make.AT + timedelta(days=2),
        at=make.AT,
    )
    proposal = make.proposed(cast, by=cast.sam, **EXPANSION)
    make.approve(cast.cy, proposal)
    for scope in (cast.ada, cast.bo, cast.cy, cast.uma, cast.tess, cast.sam, cast.mel, make.stranger()):
        assert counted(scope)[0] == len(waiting(scope))
    assert waiting(cast.mel) == [proposal.label]
