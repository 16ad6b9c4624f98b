"""A person answers for one call, exactly as it was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.approvals.actions import AlreadyDecided, Moved, NoteMissing, OwnProposal
from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import NotAllowed, NotFound
from governance.notices.models import Notice
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.connectors.actions import configure
from routing.executions import approving
from routing.executions.approving import NotWaiting
from routing.executions.asking import TOLD
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.routing.executions import desk

pytestmark = pytest.mark.usefixtures("database")
AT = make.later(6)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def waiting(cast: make.Cast, by: Scope | None = None, **agent: object) -> tuple[desk.Agent, ExecutionRequest]:
    """An audit that waits for an answer."""
    made = desk.agent(cast, "payroll", approvals=("audit",), **agent)  # type: ignore[arg-type]
    request = desk.worked(by or cast.mel, desk.asked(by or cast.mel, "Audit payroll compliance", system="payroll"))
    assert request.stage == Stage.AWAITING_APPROVAL.value
    return made, request


def approve(scope: Scope, request: ExecutionRequest, *, digest: str = "") -> ExecutionRequest:
    return approving.approve(
        scope=scope,
        request_id=request.id,
        digest=digest or desk.question(scope, request).digest,
        confirmation=make.confirmed(scope, at=AT),
        at=AT,
    )


def reject(scope: Scope, request: ExecutionRequest, note: str = "Not now.") -> ExecutionRequest:
    digest = desk.question(scope, request).digest
    return approving.reject(
        scope=scope, request_id=request.id, digest=digest, confirmation=make.confirmed(scope, at=AT), note=note, at=AT
    )


def test_approved__is_called_once_in_the_approved_mode(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    assert agent.calls == []
    approve(cast.bo, request)
    done = desk.execution(cast.mel, desk.worked(cast.mel, request, at=make.later(7)).id)
    assert (done.status, [call.mode for call in agent.calls]) == ("success", ["approved"])
    check = done.governance_check
    assert (check["approved_by"], check["requires_approval"]) == (cast.bo.actor.name, True)
    with pytest.raises(NotWaiting):
        approve(cast.cy, request)


def test_approved__whoever_asked_is_told_of_which_request(cast: make.Cast) -> None:
    _, request = waiting(cast)
    approve(cast.bo, request)
    with in_tenant(cast.tenant.id):
        told = list(Notice.objects.filter(kind=TOLD).order_by("id").values_list("sentence", flat=True))
    assert told[0] == "payroll wants to audit: Audit payroll compliance. It waits for your approval."
    assert told[-1] == f"{cast.bo.actor.name} approved your request “Audit payroll compliance”."


def test_rejected__is_blocked_with_the_reason_and_nobody_is_called(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    reject(cast.bo, request)
    done = desk.execution(cast.mel, request.id)
    assert (done.status, agent.calls) == ("governance_blocked", [])
    assert "Not now." in (done.error_message or "")


def test_rejected__without_a_word__is_refused(cast: make.Cast) -> None:
    _, request = waiting(cast)
    with pytest.raises(NoteMissing):
        reject(cast.bo, request, note=" ")


def test_requester__never_approves_their_own_request(cast: make.Cast) -> None:
    _, request = waiting(cast, by=cast.bo)
    with pytest.raises(OwnProposal):
        approve(cast.bo, request)
    approve(cast.cy, request)


@pytest.mark.parametrize("name", ["ada", "uma", "mel", "sam"])
def test_who_holds_another_role__does_not_approve(name: str, cast: make.Cast) -> None:
    _, request = waiting(cast, by=cast.cy)
    with pytest.raises(NotAllowed):
        approve(getattr(cast, name), request)


def test_role_that_the_constitution_names__approves_in_place_of_the_operator(cast: make.Cast) -> None:
    _, request = waiting(cast, roles={"audit": "compliance_officer"})
    with pytest.raises(NotAllowed):
        approve(cast.bo, request)
    assert approve(cast.ada, request).stage == Stage.READY.value


def test_stranger__sees_no_request(cast: make.Cast) -> None:
    _, request = waiting(cast)
    digest = desk.question(cast.bo, request).digest
    with pytest.raises(NotFound):
        approve(make.stranger(), request, digest=digest)


def test_other_digest_than_was_asked__approves_nothing(cast: make.Cast) -> None:
    _, request = waiting(cast)
    with pytest.raises(Moved):
        approve(cast.bo, request, digest="sha256:" + "0" * 64)
    assert desk.now(cast.bo, request.id).stage == Stage.AWAITING_APPROVAL.value


def test_connector_that_moved__approves_nothing_and_the_rules_are_asked_again(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    _pointed_elsewhere(cast)
    with pytest.raises(Moved, match="the way to the agent"):
        approve(cast.bo, request)
    again = desk.worked(cast.mel, request, at=make.later(8))
    assert again.stage == Stage.AWAITING_APPROVAL.value and again.question_id != request.question_id
    assert agent.calls == []


def test_connector_that_moved__after_the_approval__is_not_called_under_it(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    approve(cast.bo, request)
    _pointed_elsewhere(cast)
    again = desk.worked(cast.mel, request, at=make.later(8))
    assert (again.stage, again.approval_digest) == (Stage.AWAITING_APPROVAL.value, "")
    assert agent.calls == []


def test_two_at_once__one_of_them_approves(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    told = at_once([lambda: approve(cast.bo, request), lambda: approve(cast.cy, request)])
    refused = [one.refusal for one in told if one.refusal is not None]
    assert len(refused) == 1 and isinstance(refused[0], AlreadyDecided | NotWaiting)
    desk.worked(cast.mel, request, at=make.later(8))
    assert len(agent.calls) == 1


def test_nobody_in_72_hours__ends_it_once(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    asked_at = desk.question(cast.bo, request).asked_at
    early, late = (asked_at + timedelta(hours=hours) for hours in (71, 72))
    assert approving.expire_questions(scope=cast.tars, at=early) == 0
    assert approving.expire_questions(scope=cast.tars, at=late) == 1
    assert approving.expire_questions(scope=cast.tars, at=late) == 0
    assert (desk.execution(cast.mel, request.id).status, agent.calls) == ("governance_blocked", [])


def test_inbox__shows_who_wants_what(cast: make.Cast) -> None:
    _, request = waiting(cast)
    with in_tenant(cast.tenant.id):
        row = approving.Handler().rows(scope=cast.bo, ids=[request.id], at=AT)[request.id]
    assert row.sentence == "payroll wants to audit: Audit payroll compliance"
    assert row.url == f"/executions/{request.id}/"


def _pointed_elsewhere(cast: make.Cast) -> None:
    other = desk.Agent()
    configure(scope=cast.bo, system_name="payroll", deployment_type="local", kind="callable", target=other.name, at=AT)


def test_record__after_a_yes_and_a_no__holds_both_signed_answers(cast: make.Cast) -> None:
    approve(cast.bo, waiting(cast)[1])
    reject(cast.bo, desk.worked(cast.mel, desk.asked(cast.mel, "Audit payroll", system="payroll")))
    with in_tenant(cast.tenant.id):
        report = verify(stream(cast.tenant.id))
    assert (report.is_verified, report.counts["decision"]) == (True, 2), report.findings
