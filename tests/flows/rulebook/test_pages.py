"""The rulebook as people and programs see it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from governance.policy.verdict import Outcome
from governance.rulebook.actions.cases import save_case
from governance.rulebook.actions.deciding import decide_many
from governance.rulebook.models import PolicyCase, StoredVerdict
from governance.rulebook.question import Question
from governance.tenancy import in_tenant
from governance.web import now
from tests import factories as make
from tests.web import client_of

CLAY = "clay-consigliere"
TRY = f"/rulebook/try/?system={CLAY}"
HX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def decided(cast: make.Cast, *actions: str) -> list[StoredVerdict]:
    decide_many(scope=cast.bo, questions=[Question(CLAY, action, {}) for action in actions], at=now())
    with in_tenant(cast.tenant.id):
        return list(StoredVerdict.objects.order_by("at", "id"))


def saved(cast: make.Cast, name: str = "Payroll is permitted", **other: Any) -> PolicyCase:
    wish: dict[str, Any] = {"action": "payroll", "facts": {}, "expected": Outcome.PERMIT, **other}
    return save_case(scope=cast.bo, name=name, system_name=CLAY, at=make.AT, **wish)


def test_rules__without_law_say_so__and_a_system_adds_its_own(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    alone = client.get("/rulebook/").content.decode()
    assert "There is no law yet" in alone
    page = client.get(f"/rulebook/?system={CLAY}&modality=permits&action=payroll").content.decode()
    assert "payroll" in page and "constitution/" in page
    assert "Nothing fits" in client.get("/rulebook/?q=nothing-is-called-so").content.decode()


def test_rule__says_what_opposes_it_and_how_often_it_applied(cast: make.Cast) -> None:
    (verdict,) = decided(cast, "payroll")
    rule = next(one for one in verdict.rules_applied if one.startswith("constitution/"))
    page = client_of(cast.uma).get("/rulebook/rule/", {"id": rule, "system": CLAY}).content.decode()
    assert "in 1 of 1 verdicts" in page and "No saved case holds it" in page
    assert client_of(cast.uma).get("/rulebook/rule/?id=none").status_code == 404


def test_try__the_address_is_the_case_and_nothing_is_kept(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    assert "Nothing asked yet" in client.get("/rulebook/try/").content.decode()
    page = client.get(f"{TRY}&action=payroll&name=amount&value=5").content.decode()
    assert "Permitted" in page and 'value="amount"' in page
    assert "Denied" in client.get(f"{TRY}&action=fly", headers=HX).content.decode()
    with in_tenant(cast.tenant.id):
        assert not StoredVerdict.objects.exists()


def test_try__a_remedy_and_a_suggestion_lead_to_the_address_that_they_mean(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    answer = client.get(f"{TRY}&action=payroll&name=amount&value=5&apply=amount%3D4")
    assert answer.headers["Location"] == f"{TRY}&action=payroll&name=amount&value=4"
    assert "name=vip" in client.get(f"{TRY}&action=payroll&add=vip").headers["Location"]


@pytest.mark.parametrize("wrong", ["&json=%7B", "&moment=never", "&name=approved&value=yes"])
def test_try__what_cannot_be_asked_says_why(cast: make.Cast, wrong: str) -> None:
    assert "It could not be asked" in client_of(cast.uma).get(f"{TRY}&action=payroll{wrong}").content.decode()


def test_case__tried_saved_looked_at_and_retired_without_script(cast: make.Cast) -> None:
    client = client_of(cast.bo)
    form = {
        "system": CLAY,
        "action": "payroll",
        "name": ["amount"],
        "value": ["5"],
        "title": "One",
        "expected": "permit",
    }
    answer = client.post("/rulebook/try/save/", form)
    assert answer.status_code == 302, answer.content.decode()
    page = client.get(answer.headers["Location"]).content.decode()
    assert "One" in page and "passes" in page
    again = client.post("/rulebook/try/save/", form)
    assert again.status_code == 422 and "is there already" in again.content.decode()
    assert client_of(cast.uma).post("/rulebook/try/save/", {**form, "title": "Two"}).status_code == 422
    with in_tenant(cast.tenant.id):
        case = PolicyCase.objects.get()
    assert case.facts == {"amount": 5}
    assert client.post(f"/rulebook/cases/{case.id}/retire/", {"why": "Done."}).status_code == 302
    assert "No case yet" in client.get("/rulebook/cases/").content.decode()
    assert "One" in client.get("/rulebook/cases/?is_retired=on").content.decode()


def test_cases__filtered_by_how_they_fare__in_constant_queries(cast: make.Cast) -> None:
    saved(cast)
    saved(cast, "It fails", expected=Outcome.DENY)
    client = client_of(cast.uma)
    page = client.get("/rulebook/cases/?state=fail").content.decode()
    assert "It fails" in page and "Payroll is permitted" not in page and "1 pass, 1 fail" in page
    counts = []
    for names in ((), ("c", "d", "e")):
        for name in names:
            saved(cast, name)
        with CaptureQueriesContext(connection) as found:
            client.get("/rulebook/cases/")
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_coverage__without_law__says_what_to_do(cast: make.Cast) -> None:
    assert "There is no law yet" in client_of(cast.uma).get("/rulebook/coverage/").content.decode()


def test_verdicts__filtered_paged_and_each_with_its_why(cast: make.Cast) -> None:
    permit, deny = sorted(decided(cast, "payroll", "fly"), key=lambda row: row.outcome, reverse=True)
    client = client_of(cast.uma)
    assert "fly" in client.get("/rulebook/verdicts/").content.decode()
    narrow = client.get(f"/rulebook/verdicts/?outcome=permit&system={CLAY}").content.decode()
    assert str(permit.id) in narrow and str(deny.id) not in narrow
    by_rule = client.get("/rulebook/verdicts/", {"rule": permit.rules_applied[0]}).content.decode()
    assert str(permit.id) in by_rule
    page = client.get(f"/rulebook/verdicts/{permit.id}/").content.decode()
    assert "Try it again" in page and "On record" in page and escape(permit.sentence) in page
    assert client_of(make.stranger()).get(f"/rulebook/verdicts/{permit.id}/").status_code == 404


def test_verdicts__constant_queries(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    counts = []
    for number in (1, 6):
        decided(cast, *["payroll"] * number)
        with CaptureQueriesContext(connection) as found:
            client.get("/rulebook/verdicts/?action=payroll")
        counts.append(len(found))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("kind", "has"), [("rules", "TARS"), ("cases", "Payroll is permitted"), ("verdicts", "payroll")]
)
@pytest.mark.parametrize("format", ["csv", "json"])
def test_lists__are_taken_away(cast: make.Cast, kind: str, has: str, format: str) -> None:
    saved(cast)
    decided(cast, "payroll")
    answer = client_of(cast.uma).post(f"/exports/{kind}/", {"query": "", "format": format})
    assert answer.status_code == 200 and has in answer.content.decode()


def test_amendment__shows_cases_and_replays_at_once(cast: make.Cast) -> None:
    saved(cast)
    decided(cast, "payroll", "compliance")
    proposal = make.proposed(cast, capabilities=["compliance", "pdf-processing"])
    client = client_of(cast.uma)
    page = client.get(f"/amendments/AMD-{proposal.number}/").content.decode()
    assert "1 would change" in page
    replay = client.get(f"/amendments/AMD-{proposal.number}/replay/").content.decode()
    assert "2 of 2 decisions could be asked again" in replay and "1 permitted → denied" in replay
    said = client.get(f"/api/v1/amendments/AMD-{proposal.number}/replay/").json()
    assert said["replay"]["counts"] == [
        {"before": "permit", "after": "deny", "count": 1},
        {"before": "permit", "after": "permit", "count": 1},
    ]
    cases = client.get(f"/api/v1/amendments/AMD-{proposal.number}/cases/").json()
    assert [one["change"] for one in cases["results"]] == ["broken"]


def test_replay__by_the_worker__the_same_job_the_same_result(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.jobs.attempts import attempt
    from governance.rulebook.queries import replays

    monkeypatch.setattr(replays, "AT_ONCE", 1)
    monkeypatch.setattr(replays, "CHUNK", 2)
    decided(cast, "payroll", "compliance", "payroll", "fly", "payroll")
    proposal = make.proposed(cast, capabilities=["compliance", "pdf-processing"])
    client, address = client_of(cast.bo), f"/api/v1/amendments/AMD-{proposal.number}/replay/"
    assert client.get(address).json()["replay"] is None
    first, second = (client.post(address, content_type="application/json") for _ in range(2))
    assert (first.status_code, first.json()["id"]) == (202, second.json()["id"])
    attempt(tenant_id=cast.tenant.id, job_id=UUID(first.json()["id"]), clock=lambda: now() + timedelta(seconds=1))
    said = client.get(address).json()["replay"]
    assert (said["total"], said["stays"]) == (5, 2), said
    assert "3 permitted → denied" in client.get(f"/amendments/AMD-{proposal.number}/replay/").content.decode()


def test_api__cases_are_saved_run_and_retired_rules_and_verdicts_read(cast: make.Cast) -> None:
    client = client_of(cast.bo)
    wish = {"name": "One", "system": CLAY, "action": "payroll", "expected": "permit"}
    made = client.post("/api/v1/policy/cases/", json.dumps(wish), content_type="application/json")
    assert made.status_code == 201 and made.json()["is_pass"], made.content
    assert client.get("/api/v1/policy/cases/").json()["passed"] == 1
    assert client.post(f"{made.headers['Location']}retire/", "{}", content_type="application/json").status_code == 200
    (verdict,) = decided(cast, "payroll")
    assert client.get("/api/v1/policy/verdicts/?outcome=permit").json()["results"][0]["id"] == str(verdict.id)
    assert client.get(f"/api/v1/policy/verdicts/{verdict.id}/").json()["answer"]["outcome"] == "permit"
    rules = client.get(f"/api/v1/policy/rules/?system={CLAY}&modality=permits").json()["results"]
    assert any(rule["id"].startswith("constitution/") for rule in rules)
    assert client.get("/api/v1/policy/coverage/").json()["rules"] == 0
