"""The inbox over REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance.scope import Role, Scope
from tests import factories as make
from tests.flows.inbox.test_together import alike, asks
from tests.web import client_of


def recent(minutes: float = 0) -> Any:
    return timezone.now() - timedelta(days=1, minutes=minutes)


def get(scope: Scope, address: str = "", status: int = 200) -> Any:
    response = client_of(scope).get(f"/api/v1/inbox/{address}")
    assert response.status_code == status, response.content
    return response.json()


def post(scope: Scope, address: str, body: Any = None, status: int = 200) -> Any:
    response = client_of(scope).post(f"/api/v1/inbox/{address}", body or {}, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json()


def test_list__question_of_my_role__with_risk_due_and_needs() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, at=recent())
    (row,) = get(cast.cy)["results"]
    assert (row["subject"], row["kind"]) == (proposal.label, "amendment")
    assert row["due"] in {"week", "later"}
    assert row["risk"] == {"level": "low", "reasons": ["gives no more room, and can be rolled back"]}
    assert (row["needs"], row["given"], row["is_mine_to_answer"]) == ("Operator", 0, True)
    assert row["digest"] == make.digest_of(cast.cy, proposal)
    assert row["holder"] is row["snoozed_until"] is None


def test_list__tabs_filters_and_order__as_on_the_page() -> None:
    cast = make.cast()
    low = make.proposed(cast, fallback_delay_ms=300, at=recent(5))
    high = make.proposed(cast, by=cast.sam, requires_approval=["audit"], at=recent())
    subjects = lambda query: [row["subject"] for row in get(cast.cy, query)["results"]]  # noqa: E731
    assert subjects("") == [high.label, low.label]
    assert subjects("?sort=oldest") == [low.label, high.label]
    assert subjects("?risk=high") == subjects("?q=no+longer+needs") == [high.label]
    assert [row["subject"] for row in get(cast.bo, "?tab=mine")["results"]] == [low.label]
    get(cast.cy, "?tab=nonsense", status=422)
    get(cast.cy, "?colour=red", status=422)


def test_list__pages__each_row_once() -> None:
    cast = make.cast()
    for step in range(5):
        make.proposed(cast, fallback_delay_ms=200 + step, at=recent(step))
    seen: list[str] = []
    page = get(cast.cy, "?limit=2")
    while True:
        seen += [row["subject"] for row in page["results"]]
        if page["next"] is None:
            break
        page = client_of(cast.cy).get(page["next"]).json()
    assert len(seen) == len(set(seen)) == 5
    get(cast.cy, "?cursor=bm9uc2Vuc2U=", status=422)


def test_desk__take_hand_over_release__shown_on_the_question() -> None:
    cast = make.cast()
    dee, dees = make.seated(tenant=cast.tenant, name="dee", roles=[Role.OPERATOR])
    question = str(make.proposed(cast, at=recent()).request_id)
    assert post(cast.cy, f"{question}/take/")["holder"]["name"] == "Cy"
    assert post(cast.cy, f"{question}/hand-over/", {"person": str(dee.id)})["holder"]["id"] == str(dee.id)
    assert post(dees, f"{question}/release/")["holder"] is None
    post(dees, f"{question}/release/", status=409)
    post(cast.cy, f"{question}/hand_over/", {"person": str(cast.users["ada"].id)}, status=422)


def test_desk__snooze_and_wake() -> None:
    cast = make.cast()
    question = str(make.proposed(cast, at=recent()).request_id)
    assert post(cast.cy, f"{question}/snooze/", {"for": "hour"})["snoozed_until"]
    assert get(cast.cy)["results"] == []
    assert len(get(cast.cy, "?tab=snoozed")["results"]) == 1
    assert post(cast.cy, f"{question}/wake/")["snoozed_until"] is None
    until = (timezone.now() + timedelta(days=2)).isoformat()
    assert post(cast.cy, f"{question}/snooze/", {"until": until})["snoozed_until"]
    post(cast.cy, f"{question}/snooze/", {"until": until, "for": "hour"}, status=422)
    post(cast.cy, f"{question}/snooze/", {"for": "ever"}, status=422)
    post(cast.cy, f"{question}/snooze/", {}, status=422)


@pytest.mark.parametrize("verb", ["take", "release", "wake"])
def test_desk__stranger__not_found(verb: str) -> None:
    cast, mallory = make.cast(), make.stranger()
    question = str(make.proposed(cast, at=recent()).request_id)
    post(mallory, f"{question}/{verb}/", status=404)
    get(mallory, f"{question}/", status=404)


def test_desk__wrong_role__refused() -> None:
    cast = make.cast()
    question = str(make.proposed(cast, at=recent()).request_id)
    post(cast.ada, f"{question}/take/", status=403)
    post(cast.bo, f"{question}/take/", status=403)
    get(cast.mel, status=403)


def items(scope: Scope, *proposals: Any) -> list[dict[str, str]]:
    return [{"id": one.label, "digest": make.digest_of(scope, one)} for one in proposals]


def test_batch__alike__decided_and_the_unlike_named() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    odd = asks(cast, "odd", requires_approval=["odd_pay", "audit", "print"])
    done = post(cast.ada, "batch/", {"items": items(cast.ada, *found, odd), "password": make.PASSWORD})
    assert [row["is_decided"] for row in done["results"]] == [True, True, False]
    assert "unlike" in done["results"][2]["detail"]
    assert [make.state_of(cast.ada, one) for one in (*found, odd)] == ["applied", "applied", "proposed"]


def test_batch__without_a_password__sent_to_the_page() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    problem = post(cast.ada, "batch/", {"items": items(cast.ada, *found)}, status=403)
    assert problem["code"] == "not_confirmed"
    assert f"/inbox/together/?n={found[0].label}&n={found[1].label}" in problem["detail"]


def test_batch__bad_bodies__refused() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    both = items(cast.ada, *found)
    post(cast.ada, "batch/", {"items": [], "password": make.PASSWORD}, status=422)
    post(cast.ada, "batch/", {"items": [*both, both[0]], "password": make.PASSWORD}, status=422)
    post(cast.ada, "batch/", {"items": both, "password": "wrong"}, status=403)
    many = [{"id": f"AMD-{number}", "digest": "x"} for number in range(101)]
    post(cast.ada, "batch/", {"items": many, "password": make.PASSWORD}, status=422)
    post(make.stranger(), "batch/", {"items": both, "password": make.PASSWORD}, status=422)
