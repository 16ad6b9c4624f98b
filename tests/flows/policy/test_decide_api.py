"""An agent asks over HTTP: its own questions, one answer for one key, errors in their place, never a page of an error."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.test import Client

from governance.rulebook.models import StoredVerdict
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.tokens.actions import issue_token
from tests import factories as make
from tests.web import client_of

DECIDE, MANY = "/api/v1/policy/decide/", "/api/v1/policy/decide-many/"


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def post(client: Client, address: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(address, body, content_type="application/json", headers=headers)


def agent(cast: make.Cast, *held: Capability) -> Client:
    issued = issue_token(
        scope=cast.bo, name="CI", scopes=held or [Capability.ASK], days=30, system_name=cast.system.name, at=make.AT
    )
    return Client(headers={"Authorization": f"Bearer {issued.secret}"})


def kept(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return StoredVerdict.objects.filter(tenant_id=cast.tenant.id).count()


def ask(cast: make.Cast, action: str = "payroll", **members: Any) -> dict[str, Any]:
    return {"system": cast.system.name, "action": action, **members}


def test_decide__an_agent_about_itself__gets_its_verdict(cast: make.Cast) -> None:
    answer = post(agent(cast), DECIDE, ask(cast, "upload_payroll_entries", facts={"amount": 3}))
    assert answer.status_code == 200
    found = answer.json()
    assert found["outcome"] == "require_approval"
    assert found["verdict"]["sentence"] == found["sentence"]
    assert found["ledger_sequence"]
    assert kept(cast) == 1


def test_decide__an_agent_about_another_or_without_the_grant__is_refused(cast: make.Cast) -> None:
    assert post(agent(cast), DECIDE, {"system": "other", "action": "payroll"}).status_code == 403
    assert post(agent(cast, Capability.READ_RECORD), DECIDE, ask(cast)).status_code == 403
    assert kept(cast) == 0


def test_decide__an_auditor__is_refused_and_nobody_signs_in_as_nobody(cast: make.Cast) -> None:
    assert post(client_of(cast.uma), DECIDE, ask(cast)).status_code == 403
    assert post(Client(), DECIDE, ask(cast)).status_code == 401


def test_decide__a_stranger__is_told_that_there_is_no_such_system(cast: make.Cast) -> None:
    found = post(client_of(make.stranger()), DECIDE, ask(cast)).json()
    assert (found["outcome"], found["id"]) == ("deny", None)
    assert kept(cast) == 0


def test_decide__the_same_key_twice__is_one_decision(cast: make.Cast) -> None:
    client, key = agent(cast), {"Idempotency-Key": "k-1"}
    one, two = (post(client, DECIDE, ask(cast), **key).json() for _ in range(2))
    assert one == two
    assert kept(cast) == 1


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"facts": {"estop": {"in_force": False}}}, "/facts/estop"),
        ({"facts": {"a b": 1}}, "/facts/a b"),
        ({"facts": []}, "/facts"),
        ({"action": "pay*"}, "/action"),
        ({"at": "2026-01-01T00:00:00Z"}, "/at"),
    ],
)
def test_decide__what_cannot_be_asked__is_named(cast: make.Cast, members: dict[str, Any], pointer: str) -> None:
    answer = post(client_of(cast.bo), DECIDE, ask(cast) | members)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert kept(cast) == 0


def test_decide__tars_itself_fails__denied_and_no_error_page(cast: make.Cast) -> None:
    with mock.patch("governance.rulebook.actions.deciding.storage.row_of", side_effect=RuntimeError("disk")):
        answer = post(client_of(cast.bo), DECIDE, ask(cast))
    assert answer.status_code == 200
    assert (answer.json()["outcome"], answer.json()["id"]) == ("deny", None)


def test_decide_many__in_order__errors_in_their_place(cast: make.Cast) -> None:
    questions = [ask(cast), {"action": "payroll"}, ask(cast, facts={"approved": True}), ask(cast, "fly")]
    answer = post(agent(cast), MANY, {"questions": questions})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [one["decision"] and one["decision"]["outcome"] for one in results] == ["permit", None, None, "deny"]
    assert results[1]["error"]["errors"] == [{"pointer": "/system", "detail": "This field is required."}]
    assert results[2]["error"]["code"] == "reserved_fact"
    assert kept(cast) == 2


def test_decide_many__more_than_a_thousand__is_refused(cast: make.Cast) -> None:
    assert post(client_of(cast.bo), MANY, {"questions": [ask(cast)] * 1001}).status_code == 422
