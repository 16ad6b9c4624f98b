"""Ageing on pages and over the API: where everything is, one click back, holds, counts before anything is destroyed."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.audit.queries import verified
from governance.registry.models import Status
from governance.registry.queries import names
from governance.scope import Scope
from governance.tenancy import in_tenant
from routing.lifecycle import api, noting, pruning, tasks, views
from routing.lifecycle import holds as hold_verbs
from routing.lifecycle.models import Archive, LegalHold
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.routing.executions import desk
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


@pytest.fixture
def at_the_end(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The clock of the faces stands at the end of the retention."""
    for module in (api, views):
        monkeypatch.setattr(module, "now", lambda: END)
    return END


def _post(scope: Scope, path: str, **data: Any) -> Any:
    return client_of(scope).post(path, data, follow=True)


def _json(scope: Scope, method: str, path: str, body: Any = None) -> Any:
    client = client_of(scope)
    if method == "GET":
        return client.get(f"/api/v1/{path}")
    return client.post(f"/api/v1/{path}", body or {}, content_type="application/json")


def test_page__says_where_everything_is__in_as_many_queries_for_more_systems(cast: make.Cast) -> None:
    old.archived(cast, "Run payroll of May", "Run payroll of June")
    client = client_of(cast.uma)
    text = client.get("/archives/").content.decode()
    assert "ARCHIVED 2" in text and "payroll" in text and "2, 2 of them away" in text and "7 years" in text
    with CaptureQueriesContext(connection) as few:
        client.get("/archives/")
    for name in ("audit", "invoices", "letters"):
        desk.agent(cast, name)
    with CaptureQueriesContext(connection) as many:
        assert "letters" in client.get("/archives/").content.decode()
    assert len(many) == len(few)


def test_page__of_a_member__refused(cast: make.Cast) -> None:
    for path in ("/archives/", "/archives/prune/", "/archives/retention/"):
        assert client_of(cast.mel).get(path).status_code == 403


def test_archived_execution__says_so_and_comes_back_with_one_click(cast: make.Cast) -> None:
    (made,) = old.done(cast, "Run payroll of May for everybody")
    here = client_of(cast.bo).get(f"/executions/{made.id}/").content.decode()
    old.ageing.age(scope=cast.tars, at=old.LATER)
    assert old.moving.archive(scope=cast.tars, at=old.LATER) is not None
    page = f"/executions/{made.id}/"
    text = client_of(cast.bo).get(page).content.decode()
    assert "It is archived" in text and "Bring it back" in text and "paid" not in text and "Ask again" not in text
    assert "You need the role" in client_of(cast.uma).get(page).content.decode()
    assert _post(cast.uma, f"/archives/restore/{made.id}/").status_code == 403
    assert old.state(cast.bo, made.id) == "ARCHIVED"
    assert _post(make.stranger(), f"/archives/restore/{made.id}/").status_code == 404
    text = _post(cast.bo, f"/archives/restore/{made.id}/").content.decode()
    assert "It is back, as it was." in text and "It is archived" not in text
    assert "paid" in here and "paid" in text and old.state(cast.bo, made.id) == "HOT"


def test_archived_execution__is_neither_rated_nor_asked_again_before_it_is_back(cast: make.Cast) -> None:
    _, (made,) = old.archived(cast)
    assert _json(cast.bo, "POST", f"executions/{made.id}/rate/", {"stars": 1}).json()["code"] == "archived"
    text = _post(cast.bo, f"/executions/{made.id}/again/", text="Run payroll").content.decode()
    assert "Bring it back first" in text


def test_opening__is_counted_by_a_task__and_warms(cast: make.Cast) -> None:
    (made,) = old.done(cast, "Run payroll")
    old.ageing.age(scope=cast.tars, at=old.moment(100))
    assert old.state(cast.bo, made.id) == "COLD"
    client_of(cast.uma).get(f"/executions/{made.id}/")
    _json(cast.uma, "GET", f"executions/{made.id}/")
    client_of(cast.uma).get("/systems/payroll/")
    client_of(cast.uma).get(f"/executions/{made.id}/", headers={"HX-Request": "true"})
    assert desk.execution(cast.bo, made.id).access_count == 0
    before = desk.system(cast.bo, "payroll").access_count
    assert (noting.fold(scope=cast.tars, at=make.AT), noting.fold(scope=cast.tars, at=make.AT)) == (3, 0)
    assert desk.execution(cast.bo, made.id).access_count == 2
    assert desk.system(cast.bo, "payroll").access_count == before + 1
    assert old.state(cast.bo, made.id) == "HOT"


def test_night__a_task_for_each_tenant(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    (made,) = old.done(cast, "Run payroll")
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: asked.append(args))
    monkeypatch.setattr(tasks.timezone, "now", lambda: old.LATER)
    monkeypatch.setattr(tasks, "active_tenant_ids", lambda: [cast.tenant.id])
    assert tasks.night() == 1 and asked == [(str(cast.tenant.id),)]
    assert tasks.put_away(*asked.pop()) > 0 and old.state(cast.bo, made.id) == "ARCHIVED"
    assert tasks.put_away(str(cast.tenant.id)) == 0 and tasks.fold() == 0 and asked == []


def test_night__goes_step_by_step_until_nothing_is_due__no_longer_than_a_night(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = old.done(cast, "Run payroll one", "Run payroll two", "Run payroll three")
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "async_task", lambda name, *args, **_: asked.append(args))
    monkeypatch.setattr(tasks.timezone, "now", lambda: old.LATER)
    for name in ("BATCHES", "FILES"):
        monkeypatch.setattr(tasks, name, 1)
    monkeypatch.setattr(old.ageing, "BATCH", 1)
    monkeypatch.setattr(tasks.moving, "archive", partial(tasks.moving.archive, most=1))
    counts = [tasks.put_away(str(cast.tenant.id), 2)]
    assert asked == [(str(cast.tenant.id), 1)]
    counts.append(tasks.put_away(*asked.pop()))
    assert asked == [], "a night has so many steps"
    assert [old.state(cast.bo, one.id) for one in made].count("ARCHIVED") == 2
    counts.append(tasks.put_away(str(cast.tenant.id)))
    counts.append(tasks.put_away(*asked.pop()))
    assert asked == [] and counts[-1] == 0 and min(counts[:3]) > 0
    assert {old.state(cast.bo, one.id) for one in made} == {"ARCHIVED"}


def test_hold__placed_and_released_on_the_page(cast: make.Cast) -> None:
    assert "Choose what is held" in client_of(cast.ada).post("/archives/holds/place/", {"reason": "x"}).content.decode()
    text = _post(cast.ada, "/archives/holds/place/", system="*", reason="A court asked.").content.decode()
    assert "A court asked." in text and "Everything in this tenant" in text
    again = client_of(cast.ada).post("/archives/holds/place/", {"system": "*", "reason": "Again."})
    assert again.status_code == 409 and "on hold already" in again.content.decode()
    assert client_of(cast.bo).post("/archives/holds/place/", {"system": "*", "reason": "x"}).status_code == 403
    with in_tenant(cast.tenant.id):
        hold = LegalHold.objects.get(tenant_id=cast.tenant.id)
    assert _post(make.stranger(), f"/archives/holds/{hold.id}/release/", reason="x").status_code == 404
    assert (
        "Nothing is on hold" in _post(cast.ada, f"/archives/holds/{hold.id}/release/", reason="Over.").content.decode()
    )


def test_prune__shows_counts_then_takes_a_password(cast: make.Cast, at_the_end: datetime) -> None:
    _, (made, stays) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    hold_verbs.place(scope=cast.ada, execution_id=stays.id, reason="A court asked.", at=END)
    client = client_of(cast.ada)
    text = client.get("/archives/prune/").content.decode()
    assert "Destroy 1 execution" in text and "Kept by a legal hold" in text
    assert "You need the role" in client_of(cast.bo).get("/archives/prune/").content.decode()
    with in_tenant(cast.tenant.id):
        digest = pruning.due(scope=cast.ada, at=END).digest
    wrong = client.post("/archives/prune/", {"digest": digest, "reason": "Over.", "confirm": "wrong"})
    assert wrong.status_code == 403 and old.state(cast.bo, made.id) == "ARCHIVED"
    done = _post(cast.ada, "/archives/prune/", digest=digest, reason="Over.", confirm=make.PASSWORD).content.decode()
    assert "1 execution is destroyed" in done
    assert (old.state(cast.bo, made.id), old.state(cast.bo, stays.id)) == ("PRUNED", "ARCHIVED")
    stone = client_of(cast.uma).get(f"/executions/{made.id}/").content.decode()
    assert "Its contents were destroyed" in stone and "Bring it back" not in stone
    assert "No execution is due" in client.get("/archives/prune/").content.decode()
    assert verified(cast.uma).is_verified


def test_retention__dry_run_then_change(cast: make.Cast) -> None:
    old.archived(cast, "Run payroll of May", "Run payroll of June")
    client = client_of(cast.tess)
    assert "2 move, 0 pruned, 0 held" in client.get("/archives/retention/?years=9").content.decode()
    assert client.post("/archives/retention/", {"years": 9, "reason": "x", "confirm": "no"}).status_code == 403
    done = _post(cast.tess, "/archives/retention/", years=9, reason="Tax law.", confirm=make.PASSWORD).content.decode()
    assert "9 years" in done
    assert client_of(cast.tess).post("/archives/retention/", {"years": 0}).status_code == 422


def test_api__everything_that_the_pages_do(cast: make.Cast, at_the_end: datetime) -> None:
    _, (made, other) = old.archived(cast, "Run payroll of May", "Run payroll of June")
    (file,) = _json(cast.uma, "GET", "archives/").json()["results"]
    assert (file["rows"], file["away"]) == (2, 2) and file["digest"].startswith("sha256:")
    assert _json(cast.uma, "POST", f"archives/{file['id']}/verify/").json()["is_whole"]
    ageing = _json(cast.uma, "GET", "archives/ageing/").json()
    assert ageing["counts"]["ARCHIVED"] == 2 and {one["system"] for one in ageing["systems"]} >= {"payroll"}
    assert _json(cast.uma, "GET", f"executions/{made.id}/").json()["lifecycle_state"] == "ARCHIVED"
    assert _json(cast.bo, "POST", f"executions/{made.id}/restore/").json()["lifecycle_state"] == "HOT"
    assert _json(cast.bo, "POST", f"executions/{made.id}/restore/").json()["code"] == "not_archived"
    hold = _json(cast.ada, "POST", "legal_holds/", {"execution_id": str(other.id), "reason": "A court asked."})
    assert hold.status_code == 201 and _json(cast.uma, "GET", "archives/due/").json()["held"] == 1
    assert len(_json(cast.uma, "GET", "legal_holds/?state=in_force").json()["results"]) == 1
    released = _json(cast.ada, "POST", f"legal_holds/{hold.json()['id']}/release/", {"reason": "Over."}).json()
    assert released["released_by"] and _json(cast.uma, "GET", f"legal_holds/{released['id']}/").json() == released
    assert _json(cast.uma, "GET", "archives/retention/?years=9").json()["sentence"] == "1 move, 0 pruned, 0 held"
    wish = {"years": 9, "reason": "Tax law.", "password": make.PASSWORD}
    assert _json(cast.bo, "POST", "archives/retention/", wish).status_code == 403
    assert _json(cast.ada, "POST", "archives/retention/", wish).json()["was"] == 7
    assert _json(cast.ada, "POST", "archives/retention/", {**wish, "years": 7}).json()["was"] == 9
    due = _json(cast.ada, "GET", "archives/due/").json()
    body = {"digest": due["digest"], "reason": "Over."}
    assert _json(cast.ada, "POST", "archives/prune/", body).json()["code"] == "not_confirmed"
    assert (
        _json(cast.ada, "POST", "archives/prune/", {**body, "password": make.PASSWORD}).json()["rows"]
        == due["rows"]
        == 1
    )
    assert _json(cast.uma, "GET", "archives/").json()["results"][0]["certificate"]


def test_check__on_the_page__says_what_is_wrong(cast: make.Cast) -> None:
    old.archived(cast)
    with in_tenant(cast.tenant.id):
        archive = Archive.objects.get(tenant_id=cast.tenant.id)
    assert "as the ledger says" in _post(cast.uma, f"/archives/{archive.id}/check/").content.decode()
    (file,) = old.files(cast)
    file.write_bytes(b"other")
    assert "its digest is another" in _post(cast.uma, f"/archives/{archive.id}/check/").content.decode()
    assert _post(make.stranger(), f"/archives/{archive.id}/check/").status_code == 404


def test_systems__listed_with_why_they_stay__destroyed_with_a_password__and_gone(
    cast: make.Cast, at_the_end: datetime
) -> None:
    for name in ("letters", "invoices", "audit"):
        desk.agent(cast, name)
        if name != "audit":
            make.status(cast.bo, name, Status.DEPRECATED)
    old.ageing.age(scope=cast.tars, at=old.LATER)
    client = client_of(cast.ada)
    assert "and 2 archived systems" in client.get("/archives/").content.decode()
    text = client.get("/archives/prune/").content.decode()
    assert "Destroy 2 systems" in text and "audit</span>" in text and "it is active" in text
    assert "You need the role" in client_of(cast.bo).get("/archives/prune/").content.decode()
    due = _json(cast.uma, "GET", "archives/due/systems/").json()
    assert due["rows"] == 2 and {one["system"] for one in due["systems"] if not one["keeps"]} == {"letters", "invoices"}
    wish = {"digest": due["digest"], "reason": "Over."}
    path = "/archives/prune/systems/"
    assert client.post(path, {**wish, "confirm": "wrong"}).status_code == 403
    assert client_of(cast.bo).post(path, {**wish, "confirm": make.PASSWORD}).status_code == 403
    assert client_of(make.stranger()).post(path, {**wish, "confirm": make.PASSWORD}).status_code in {403, 409}
    assert _json(cast.ada, "POST", "archives/prune/systems/", wish).json()["code"] == "not_confirmed"
    hold_verbs.place(scope=cast.ada, system="invoices", reason="A court asked.", at=END)
    moved = client.post(path, {**wish, "confirm": make.PASSWORD})
    assert moved.status_code == 409 and "has changed since you looked" in moved.content.decode()
    digest = _json(cast.uma, "GET", "archives/due/systems/").json()["digest"]
    done = _json(cast.ada, "POST", "archives/prune/systems/", {**wish, "digest": digest, "password": make.PASSWORD})
    assert done.json()["systems"] == ["letters"]
    text = client_of(cast.uma).get("/systems/letters/").content.decode()
    assert "It was destroyed" in text and "PRUNED since" in text
    asked = _json(cast.bo, "POST", "executions/", {"text": "Write a letter", "system": "letters"})
    assert asked.status_code == 409 and asked.json()["code"] == "system_destroyed"
    with in_tenant(cast.tenant.id):
        assert "letters" not in names(scope=cast.bo)
    assert verified(cast.uma).is_verified
