"""A person answers for one call on its page, exactly as it was shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from governance.web import now
from routing.connectors.actions import configure
from routing.executions import work
from routing.executions.actions import handle
from routing.executions.models import ExecutionRequest
from routing.executions.stages import Stage
from tests import factories as make
from tests.db.budgets.money import planned
from tests.db.routing.executions import desk
from tests.web import client_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def waiting(cast: make.Cast, **agent: Any) -> tuple[desk.Agent, ExecutionRequest]:
    """An audit that Mel asked for just now, which waits for an answer."""
    made = desk.agent(cast, "payroll", approvals=("audit",), **agent)
    desk.agent(cast, "ledger-keeper")
    request = handle(scope=cast.mel, text="Audit payroll", system="payroll", input={"month": "May"}, at=now())
    worked(cast, request)
    assert desk.now(cast.mel, request.id).stage == Stage.AWAITING_APPROVAL.value
    return made, request


def worked(cast: make.Cast, request: ExecutionRequest) -> None:
    work.advance(tenant_id=cast.tenant.id, request_id=request.id, clock=now)


def body(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return str(response.content.decode())


def answer(client: Client, request: ExecutionRequest, verb: str, **more: str) -> Any:
    """Press a button as it stands on the page."""
    digest = re.search(r'name="digest" value="([^"]+)"', body(client, f"/executions/{request.id}/"))
    said = {"digest": digest[1] if digest else "", "note": "", "confirm": make.PASSWORD, **more}
    return client.post(f"/executions/{request.id}/{verb}/", said)


def test_preview__says_exactly_what_will_happen(cast: make.Cast) -> None:
    planned(cast)
    _, request = waiting(cast, maximums={"usd_budget": "0.50"})
    page = body(client_of(cast.bo), f"/executions/{request.id}/")
    for words in (
        "Exactly this will happen, once",
        "still as asked",
        "0.50 USD",
        "&quot;month&quot;: &quot;May&quot;",
        "version 1",
        "sha256:",
        "Needs 1 of Operator; nobody has approved.",
        'data-key="a"',
        'data-key="r"',
        "as Operator",
    ):
        assert words in page, words
    assert f"/executions/{request.id}/" in body(client_of(cast.bo), "/inbox/")
    shown = body(client_of(cast.bo), "/executions/?waiting=true")
    assert "Audit payroll" in shown
    assert "Audit payroll" not in body(client_of(cast.uma), "/executions/?waiting=true")


def test_approved__runs_once_as_it_was_shown(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    bo = client_of(cast.bo)
    assert answer(bo, request, "approve", confirm="wrong").status_code == 403
    assert answer(bo, request, "approve").status_code == 302
    worked(cast, request)
    assert [call.mode for call in agent.calls] == ["approved"]
    page = body(client_of(cast.mel), f"/executions/{request.id}/")
    assert "payroll answered." in page and f"Approved by {cast.bo.actor.name}" in page
    again = answer(client_of(cast.cy), request, "approve")
    assert again.status_code == 409 and b"Nobody is asked about this request now" in again.content


def test_rejected__needs_a_reason__which_whoever_asked_reads(cast: make.Cast) -> None:
    agent, request = waiting(cast)
    bo = client_of(cast.bo)
    refused = answer(bo, request, "reject")
    assert refused.status_code == 422 and b"a note is needed to reject" in refused.content
    assert answer(bo, request, "reject", note="Not this month.").status_code == 302
    page = body(client_of(cast.mel), f"/executions/{request.id}/")
    assert "Not this month." in page and "Blocked" in page and agent.calls == []


def test_whoever_asked__another_role__and_somebody_who_reads__are_told_why_not(cast: make.Cast) -> None:
    _, request = waiting(cast)
    digest = desk.question(cast.bo, desk.now(cast.bo, request.id)).digest
    for scope in (cast.mel, cast.ada, cast.uma):
        client = client_of(scope)
        page = body(client, f"/executions/{request.id}/")
        reason = re.search(r'class="reason" id="approve-why">([^<]+)<', page)
        assert 'id="decide-form"' not in page and reason is not None, scope.actor.name
        refused = answer(client, request, "approve", digest=digest)
        assert refused.status_code == 403 and reason[1] in refused.content.decode(), reason[1]
    assert client_of(make.stranger()).post(f"/executions/{request.id}/approve/", {}).status_code in {403, 404}


def test_requester_who_is_an_operator__never_approves_their_own(cast: make.Cast) -> None:
    desk.agent(cast, "payroll", approvals=("audit",))
    request = handle(scope=cast.bo, text="Audit payroll", system="payroll", at=now())
    worked(cast, request)
    client = client_of(cast.bo)
    assert "a second person must decide it" in body(client, f"/executions/{request.id}/")
    digest = desk.question(cast.bo, desk.now(cast.bo, request.id)).digest
    assert b"a second person must decide" in answer(client, request, "approve", digest=digest).content


def test_nudge__somebody_who_could_answer__once_a_day(cast: make.Cast) -> None:
    _, request = waiting(cast)
    client, here = client_of(cast.uma), f"/executions/{request.id}/"
    person = re.search(r'name="person" value="([^"]+)"', body(client, here))
    assert person is not None
    assert client.post(f"{here}nudge/", {"person": person[1]}).status_code == 302
    assert client.post(f"{here}nudge/", {"person": person[1]}).status_code == 409
    assert client.post(f"{here}nudge/", {"person": "nobody"}).status_code == 404
    assert "nudge/" not in body(client_of(cast.mel), here)
    assert client_of(cast.mel).post(f"{here}nudge/", {"person": person[1]}).status_code == 403


def test_moved__nothing_is_approved__and_the_rules_are_asked_again(cast: make.Cast) -> None:
    _, request = waiting(cast)
    other = desk.Agent()
    configure(
        scope=cast.bo, system_name="payroll", deployment_type="local", kind="callable", target=other.name, at=now()
    )
    client = client_of(cast.bo)
    page = body(client, f"/executions/{request.id}/")
    assert "no longer as asked" in page and "the way to the agent" in page and 'data-key="a"' not in page
    digest = desk.question(cast.bo, desk.now(cast.bo, request.id)).digest
    assert client.post(f"/executions/{request.id}/renew/").status_code == 302
    worked(cast, request)
    assert desk.question(cast.bo, desk.now(cast.bo, request.id)).digest != digest
    assert "still as asked" in body(client, f"/executions/{request.id}/")
    stale = answer(client, request, "approve", digest=digest)
    assert stale.status_code == 409 and b"This changed since you opened it" in stale.content
