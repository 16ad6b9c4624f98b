"""The e-stop through its page and the API: press, see it everywhere, let somebody else lift it."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.estop import queries
from governance.estop.actions import lift, stop
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.flows.api.programs import is_problem, program
from tests.web import client_of

WISH = {"system": "clay-consigliere", "reason": "It pays twice.", "is_meant": "on"}
MAY = (Capability.READ_RECORD, Capability.STOP)


def in_force(scope: Scope) -> tuple[queries.Stop, ...]:
    with in_tenant(scope.tenant_id):
        return queries.in_force(scope=scope)


def test_press__shows_on_every_page__until_somebody_else_lifts_it() -> None:
    cast = make.cast()
    bo, sam = client_of(cast.bo), client_of(cast.sam)
    assert b"Nothing is stopped" in bo.get("/estop/").content
    page = bo.post("/estop/press/", WISH, follow=True).content.decode()
    assert "It pays twice." in page and "You need the role" in page
    for path in ("/", "/systems/", "/notices/"):
        assert "clay-consigliere is stopped." in client_of(cast.uma).get(path).content.decode(), path
    (found,) = in_force(cast.sam)
    assert sam.post(f"/estop/{found.id}/lift/", {"reason": ""}).status_code == 422
    done = sam.post(f"/estop/{found.id}/lift/", {"reason": "The bank has confirmed."}, follow=True)
    assert b"The bank has confirmed." in done.content and b"Nothing is stopped" in done.content
    assert b"is stopped." not in client_of(cast.uma).get("/").content
    assert sam.post(f"/estop/{found.id}/lift/", {"reason": "Again."}).status_code == 409


def test_press__without_the_tick__stops_nothing_and_keeps_what_was_typed() -> None:
    cast = make.cast()
    page = client_of(cast.bo).post("/estop/press/", {**WISH, "is_meant": ""})
    assert page.status_code == 422 and b"It pays twice." in page.content
    assert client_of(cast.bo).post("/estop/press/", {**WISH, "system": ""}).status_code == 422, "nothing is chosen"
    assert in_force(cast.bo) == ()


def test_press__twice_or_by_an_auditor__refused_on_the_page() -> None:
    cast = make.cast()
    assert client_of(cast.bo).post("/estop/press/", {**WISH, "system": "*"}).status_code == 302
    again = client_of(cast.ada).post("/estop/press/", {**WISH, "system": "*"})
    assert again.status_code == 409 and b"stopped already" in again.content
    refused = client_of(cast.uma).post("/estop/press/", WISH)
    assert refused.status_code == 403 and b"You need the role" in refused.content


def test_lift__by_who_pressed__says_that_somebody_else_does() -> None:
    cast = make.cast()
    made = stop(scope=cast.sam, system_name=None, reason="Odd.", at=make.AT)
    client = client_of(cast.sam)
    assert b"so somebody else lifts it" in client.get("/estop/").content
    refused = client.post(f"/estop/{made.id}/lift/", {"reason": "Fine."})
    assert refused.status_code == 403 and len(in_force(cast.sam)) == 1


def test_counts__carry_the_banner__so_that_open_pages_learn_of_it() -> None:
    cast = make.cast()
    client = client_of(cast.uma)
    assert b'id="estop-banner"' in client.get("/shell/counts/").content
    stop(scope=cast.sam, system_name=None, reason="Odd.", at=make.AT)
    page = client.get("/shell/counts/").content
    assert b"Everything is stopped." in page and page.count(b'hx-swap-oob="true"') == 3


def test_page__more_stops__same_number_of_queries() -> None:
    cast = make.cast()
    client = client_of(cast.uma)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/estop/").status_code == 200
        return len(seen)

    def history(presses: int) -> None:
        for minutes in range(presses):
            made = stop(scope=cast.bo, system_name="clay-consigliere", reason="Odd.", at=make.later(minutes))
            lift(scope=cast.sam, stop_id=made.id, reason="Fine.", at=make.later(minutes))

    history(1)
    count()
    few = count()
    history(4)
    stop(scope=cast.bo, system_name="clay-consigliere", reason="Odd.", at=make.later(9))
    assert count() == few


def test_stranger__sees_and_lifts_nothing_of_ours() -> None:
    cast = make.cast()
    made = stop(scope=cast.sam, system_name=None, reason="Odd.", at=make.AT)
    mallory = client_of(make.stranger())
    assert b"Nothing is stopped" in mallory.get("/estop/").content
    assert mallory.post(f"/estop/{made.id}/lift/", {"reason": "Mine."}).status_code == 404


def test_api__press_list_lift() -> None:
    cast = make.cast()
    bo, ada = program(cast.bo, *MAY), program(cast.ada, Capability.READ_RECORD, Capability.LIFT_STOP)
    made = bo.post("estops/", {"reason": "It pays twice."})
    assert made.status_code == 201 and made.json()["system"] is None and made.json()["is_in_force"]
    assert bo.get(made["Location"].removeprefix("/api/v1/")).json() == made.json()
    assert is_problem(bo.post("estops/", {"reason": "Again."}), 409, "already_stopped")
    assert is_problem(bo.post("estops/", {"system": "nobody", "reason": "x"}), 404, "not_found")
    assert is_problem(ada.post("estops/", {"reason": "x"}), 403, "not_allowed")
    lifted = ada.post(f"estops/{made.json()['id']}/lift/", {"reason": "Confirmed."})
    assert lifted.status_code == 200 and lifted.json()["lifted_because"] == "Confirmed."
    assert [one["id"] for one in bo.get("estops/?state=lifted").json()["results"]] == [made.json()["id"]]
    assert bo.get("estops/?state=in_force").json()["results"] == []
    assert is_problem(ada.post(f"estops/{made.json()['id']}/lift/", {"reason": "x"}), 409, "already_lifted")
