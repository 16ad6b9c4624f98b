"""Session rules over REST, as an agent and a person use them."""

from __future__ import annotations

from typing import Any

import pytest

from governance.scope import Capability
from tests import factories as make
from tests.flows.api.programs import EVERYTHING, Program, is_problem, program

RULES = "sessions/session-123/rules/"
LOOSENS = (*EVERYTHING, Capability.ROLL_BACK)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def added(asker: Program, rule: str, path: str = RULES) -> Any:
    response = asker.post(path, {"rule": rule})
    assert response.status_code == 200, response.json()
    return response.json()


def test_agent__adds_asks_and_is_told(cast: make.Cast) -> None:
    clay = program(cast.bo, *EVERYTHING[:2], system="clay-consigliere")
    made = added(clay, "no external network calls")
    assert made["is_new"] and made["rule"]["is_enforced"] and made["evicted"] == []
    assert not added(clay, "no external network calls")["is_new"]
    seen = clay.get(RULES).json()
    assert (seen["touched"], seen["system"], seen["total"], seen["most"]) == (True, "clay-consigliere", 1, 50)
    assert clay.get(f"{RULES}?peek=true").json()["touched"] is False
    assert is_problem(clay.post("sessions/session-123/reset/"), 403, "not_allowed")
    assert is_problem(clay.post(f"{RULES}{made['rule']['id']}/revoke/"), 403, "not_allowed")


def test_agent__in_a_session_of_people__may_ask_and_not_add(cast: make.Cast) -> None:
    added(program(cast.bo), "no network calls")
    clay = program(cast.bo, *EVERYTHING[:2], system="clay-consigliere")
    assert clay.get(RULES).json()["touched"] is True
    assert is_problem(clay.post(RULES, {"rule": "be brief"}), 403, "not_its_session")


def test_person__extends_revokes_and_resets(cast: make.Cast) -> None:
    bo = program(cast.bo, *LOOSENS)
    rule = added(bo, "no network calls")["rule"]
    longer = bo.post(f"{RULES}{rule['id']}/extend/", {"minutes": 15}).json()
    assert longer["ends_at"] > rule["ends_at"]
    assert bo.get(f"{RULES}{rule['id']}/").json()["rule"] == "no network calls"
    assert bo.post(f"{RULES}{rule['id']}/extend/", {"minutes": 7}).status_code == 422
    left = bo.post(f"{RULES}{rule['id']}/revoke/").json()
    assert left["total"] == 0 and [end["because"] for end in left["ended"]] == ["revoked"]
    assert left["touched"] is False
    assert is_problem(bo.post(f"{RULES}{rule['id']}/revoke/"), 409, "rule_ended")
    reset = bo.post("sessions/session-123/reset/", {"rules": ["a", "b"]}).json()
    assert (reset["total"], reset["touched"]) == (2, True)


def test_auditor__looks_without_extending(cast: make.Cast) -> None:
    added(program(cast.bo), "no network calls")
    uma = program(cast.uma, Capability.READ_RECORD)
    assert uma.get(RULES).json()["touched"] is False
    assert is_problem(uma.post(RULES, {"rule": "x"}), 403, "not_allowed")


def test_list__pages_by_name(cast: make.Cast) -> None:
    bo = program(cast.bo)
    for name in ("a", "b", "c"):
        added(bo, "no network calls", f"sessions/{name}/rules/")
    first = bo.get("sessions/?limit=2").json()
    assert [row["name"] for row in first["results"]] == ["a", "b"]
    rest = bo.client.get(first["next"]).json()
    assert [row["name"] for row in rest["results"]] == ["c"] and rest["next"] is None
    assert bo.get("sessions/?q=payroll").json()["results"] == []


def test_understood__says_what_a_sentence_would_do(cast: make.Cast) -> None:
    bo = program(cast.bo)
    found = bo.get("session_rules/understood/?rule=no+payroll.run").json()
    assert found == {
        "rule": "no payroll.run",
        "is_enforced": True,
        "effect": "forbids payroll.run",
        "rules": found["rules"],
    }
    assert not bo.get("session_rules/understood/?rule=be+brief").json()["is_enforced"]
    assert bo.get("session_rules/understood/?rule=").status_code == 422


@pytest.mark.parametrize("name", ["a%20b", "%00", "-x", "x" * 101])
def test_name__that_no_session_has(cast: make.Cast, name: str) -> None:
    bo = program(cast.bo)
    assert bo.get(f"sessions/{name}/rules/").status_code == 404
    assert bo.post(f"sessions/{name}/rules/", {"rule": "x"}).status_code in {404, 422}


def test_stranger__of_the_same_session_name__sees_nothing(cast: make.Cast) -> None:
    rule = added(program(cast.bo), "no network calls")["rule"]
    mallory = program(make.stranger(), *LOOSENS)
    assert mallory.get(RULES).json()["total"] == 0
    assert mallory.get(f"{RULES}{rule['id']}/").status_code == 404
    assert mallory.post(f"{RULES}{rule['id']}/revoke/").status_code == 404
