"""Who comes in by token, how often, and what every failure looks like."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.amendments.models import AmendmentProposal
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from governance.tokens.actions import revoke_token
from governance.web import now
from tarsweb import door
from tests import factories as make
from tests.flows.api.programs import API, Program, is_problem, issued, program
from tests.web import client_of

READ, PROPOSE = Capability.READ_RECORD, Capability.PROPOSE


def proposal(cast: make.Cast, **fields: Any) -> dict[str, Any]:
    return {
        "system": "clay-consigliere",
        "amendment_type": "manual_update",
        "patch": [{"op": "replace", "path": "/fallback_delay_ms", "value": 200}],
        "evidence": {"reason": "Fewer timeouts"},
        "base_version": 1,
        **fields,
    }


def test_token__reads_and_proposes__without_a_session_or_csrf() -> None:
    cast = make.cast()
    mine = program(cast.bo)
    assert mine.get("systems/").json()["results"][0]["name"] == "clay-consigliere"
    assert mine.post("amendments/", proposal(cast)).status_code == 201
    assert mine.client.cookies == {}


def test_agent__proposes__its_sponsor_is_refused__a_colleague_decides() -> None:
    cast = make.cast()
    agent = program(cast.bo, READ, PROPOSE, system="clay-consigliere")
    made = agent.post("amendments/", proposal(cast)).json()
    assert made["proposed_by"] == "clay-consigliere (agent)"
    answer = {"digest": made["digest"], "password": make.PASSWORD}
    path = f"{API}amendments/AMD-1/approve"
    sponsor = client_of(cast.bo).post(path, answer, content_type="application/json")
    assert is_problem(sponsor, 403, "own_proposal")
    assert is_problem(agent.post("amendments/AMD-1/approve", answer), 403, "not_confirmed")
    assert client_of(cast.cy).post(path, answer, content_type="application/json").json()["state"] == "applied"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer nonsense", "bearer tars_00000000_x", "Bearer é"])
def test_wrong_token__is_401_and_says_so__also_beside_a_good_session(header: str) -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    response = client.get(f"{API}systems/", headers={"Authorization": header})
    assert is_problem(response, 401, "bad_token")
    assert response["WWW-Authenticate"] == 'Bearer realm="TARS", error="invalid_token"'


def test_nobody__is_401__with_the_way_in() -> None:
    for response in (Client().get(f"{API}systems/"), Client().post(f"{API}amendments/", {})):
        assert is_problem(response, 401, "not_authenticated")
        assert response["WWW-Authenticate"] == 'Bearer realm="TARS"'


def test_revoked_token_and_closed_tenant__are_refused_at_once() -> None:
    cast = make.cast()
    token, other = issued(cast.bo, READ), issued(cast.ada, READ)
    assert Program(token.secret).get("systems/").status_code == 200
    revoke_token(scope=cast.bo, token_id=token.token.id, because="Lost", at=now())
    assert is_problem(Program(token.secret).get("systems/"), 401, "bad_token")
    with in_tenant(cast.tenant.id):
        Tenant.objects.filter(id=cast.tenant.id).update(is_active=False)
    assert is_problem(Program(other.secret).get("systems/"), 401, "bad_token")


def test_token__never_opens_a_page() -> None:
    cast = make.cast()
    client = program(cast.bo).client
    for path in ("/", "/inbox/", "/tokens/", "/api/", "/admin/"):
        assert client.get(path).status_code == 302, path
    response = client.post("/tokens/issue/", {"name": "More", "scopes": ["read_record"], "days": 7})
    assert response.status_code == 403


def test_token__that_only_reads__changes_nothing() -> None:
    cast = make.cast()
    reader = program(cast.bo, READ)
    assert is_problem(reader.post("amendments/", proposal(cast)), 403, "not_allowed")
    with in_tenant(cast.tenant.id):
        assert not AmendmentProposal.objects.exists()


def test_rate__is_told_in_every_answer__and_over_it_is_429(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cast, moment = make.cast(), now()
    monkeypatch.setattr(door, "now", lambda: moment)
    settings.API_RATE = 3
    mine, colleague = program(cast.bo), program(cast.cy)
    for left in (2, 1, 0):
        answer = mine.get("systems/")
        assert answer.status_code == 200
        assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"]) == ("3", str(left))
        assert 1 <= int(answer["RateLimit-Reset"]) <= 60
    over = mine.get("systems/")
    assert is_problem(over, 429, "throttled")
    assert over["Retry-After"] == over["RateLimit-Reset"] and over["RateLimit-Remaining"] == "0"
    assert colleague.get("systems/").status_code == 200
    session = client_of(cast.bo)
    assert [session.get(f"{API}systems/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert session.get("/").status_code == 200


def test_failures_outside_the_views__are_problems() -> None:
    cast = make.cast()
    client = client_of(cast.bo)
    assert is_problem(client.get("/api/v2/systems/"), 404, "not_found")
    assert is_problem(Client().get("/api/nothing"), 404, "not_found")
    assert is_problem(client.get(f"{API}nothing"), 404, "not_found")
    assert is_problem(client.post("/api/schema/"), 405, "method_not_allowed")
    assert is_problem(client.get(f"{API}systems/", headers={"Host": "evil.example"}), 400, "bad_request")
    assert is_problem(client.get(f"{API}systems/", headers={"Accept": "text/html"}), 406, "not_acceptable")


def test_405__names_the_methods_there_are() -> None:
    client = client_of(make.cast().bo)
    response = client.delete(f"{API}amendments/")
    assert is_problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response["Allow"].split(", "))
    assert is_problem(client.options(f"{API}systems/"), 405, "method_not_allowed")


def test_body__over_the_limit_or_without_a_length__is_not_read() -> None:
    cast = make.cast()
    large = "[" + " " * (6 * 1024 * 1024) + "]"
    for client in (client_of(cast.bo), Client()):
        assert is_problem(client.post(f"{API}amendments/", large, content_type="application/json"), 413, "too_large")
    endless = Client().generic("POST", f"{API}amendments/", b"", headers={"Transfer-Encoding": "chunked"})
    assert is_problem(endless, 411, "length_required")


def test_fault_of_ours__is_a_problem_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.registry import queries

    def broken(**_: Any) -> Any:
        raise RuntimeError("the secret of the house")

    cast = make.cast()
    monkeypatch.setattr(queries, "system", broken)
    client = client_of(cast.bo)
    client.raise_request_exception = False
    response = client.get(f"{API}systems/clay-consigliere/")
    assert is_problem(response, 500, "internal_error")
    assert b"secret" not in response.content and b"Traceback" not in response.content


def test_request_id__is_the_caller_s_own_when_it_is_decent() -> None:
    mine = program(make.cast().bo)
    assert mine.get("systems/", **{"X-Request-ID": "trace-12345678"})["X-Request-ID"] == "trace-12345678"
    assert mine.get("systems/", **{"X-Request-ID": "<script>"})["X-Request-ID"] != "<script>"


@pytest.mark.parametrize("path", ["systems/", "amendments/", "tokens/", "jobs/"])
def test_list__costs_a_constant_number_of_queries(path: str) -> None:
    cast = make.cast()
    mine = program(cast.bo)

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert mine.get(f"{path}?limit=50").status_code == 200
        return len(seen)

    before = [cost(), cost()][1]
    for step in range(8):
        make.proposed(cast, fallback_delay_ms=110 + step)
        issued(cast.bo, READ)
    assert cost() == before <= 20
