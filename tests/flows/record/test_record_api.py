"""What the pages of the record do, programs can."""

from __future__ import annotations

import io
import json
import zipfile
from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest

from governance.exports import actions
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.web import now
from tests import factories as make
from tests.web import client_of

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    make.rolled_back(cast.ada, make.applied(cast), at=make.later(5))
    return cast


def call(scope: Scope, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    options = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
    answer = getattr(client_of(scope), method)(f"/api/v1/{path}", **options)
    return answer.status_code, answer.json() if answer.content else None


def test_ledger__pages_through_everything_once(cast: make.Cast) -> None:
    seen: list[int] = []
    path = "ledger/?limit=4"
    while path:
        status, found = call(cast.uma, "get", path)
        assert status == 200
        seen += [one["sequence"] for one in found["results"]]
        path = (found["next"] or "").removeprefix("/api/v1/")
    assert seen == list(range(len(seen), 0, -1)) and len(seen) > 10


def test_ledger__filters_by_time__page_in_the_order_of_time(cast: make.Cast) -> None:
    seen: list[str] = []
    path = "ledger/?limit=3&since=2020-01-01&until=2999-01-01"
    while path:
        _, found = call(cast.uma, "get", path)
        seen += [one["at"] for one in found["results"]]
        path = (found["next"] or "").removeprefix("/api/v1/")
    _, whole = call(cast.uma, "get", "ledger/?limit=200")
    assert seen == sorted(seen, reverse=True) and len(seen) == len(whole["results"])


def test_ledger__unknown_filter_or_value__refused(cast: make.Cast) -> None:
    for query in ("since=nonsense", "event=nonsense", "nothing=1", "outcome=maybe", "cursor=eA=="):
        assert call(cast.uma, "get", f"ledger/?{query}")[0] == 422, query
    assert call(cast.mel, "get", "ledger/")[0] == 403


def test_entry__with_document_and_neighbours(cast: make.Cast) -> None:
    _, found = call(cast.uma, "get", "ledger/?action=amendments.apply")
    (line,) = found["results"]
    status, entry = call(cast.uma, "get", f"ledger/{line['sequence']}/")
    assert status == 200 and entry["document"]["content"]["action"]["name"] == "amendments.apply"
    assert {one["sequence"] for one in entry["related"]} and line["sequence"] not in {
        one["sequence"] for one in entry["related"]
    }
    assert call(cast.uma, "get", "ledger/99999/")[0] == 404
    assert call(make.stranger(), "get", f"ledger/{line['sequence'] + 20}/")[0] == 404


def test_compare_and_blame(cast: make.Cast) -> None:
    status, found = call(cast.uma, "get", "systems/clay-consigliere/compare/?from=1&to=2")
    assert status == 200 and [one["pointer"] for one in found["changes"]] == ["/fallback_delay_ms"]
    assert found["new"]["amendment"] == "AMD-1"
    assert call(cast.uma, "get", "systems/clay-consigliere/compare/?from=77")[0] == 404
    status, found = call(cast.uma, "get", "systems/clay-consigliere/blame/?pointer=/fallback_delay_ms")
    assert status == 200
    assert [(one["value"], one["version"]["cause"], one["version"]["number"]) for one in found["results"]] == [
        (500, "rollback", 3)
    ]
    _, first = call(cast.uma, "get", "systems/clay-consigliere/blame/?limit=3")
    assert len(first["results"]) == 3 and first["next"]
    assert call(make.stranger(), "get", "systems/clay-consigliere/blame/")[0] == 404


def test_export__content_and_digest(cast: make.Cast) -> None:
    wish = {"list": "ledger", "format": "csv", "filters": {"action": "amendments.apply"}}
    status, found = call(cast.uma, "post", "exports/", wish)
    assert status == 200 and found["state"] == "ready" and found["count"] == 1
    with zipfile.ZipFile(io.BytesIO(b64decode(found["content"]))) as archive:
        said = json.loads(archive.read("manifest.json"))
        assert f"sha256:{sha256(archive.read(said['file'])).hexdigest()}" == found["digest"]
    _, entry = call(cast.uma, "get", f"ledger/{found['ledger_entry']}/")
    assert entry["action"] == "audit.export"
    assert call(cast.uma, "post", "exports/", {**wish, "list": "nothing"})[0] == 404
    assert call(cast.uma, "post", "exports/", {**wish, "filters": {"since": "x"}})[0] == 422
    assert call(cast.mel, "post", "exports/", wish)[0] == 403


def test_export__long__job_then_file(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(actions.AT_ONCE, "csv", 3)
    status, found = call(cast.uma, "post", "exports/", {"list": "ledger", "format": "csv"})
    assert status == 200 and found["state"] == "queued"
    with in_tenant(cast.tenant.id):
        job = Job.objects.get(id=found["job"])
    assert attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=now) == "done"
    _, kept = call(cast.uma, "get", "exports/")
    (file,) = kept["results"]
    status, whole = call(cast.uma, "get", f"exports/{file['id']}/")
    assert status == 200 and f"sha256:{sha256(b64decode(whole['content'])).hexdigest()}" == file["digest"]
    assert call(make.stranger(), "get", f"exports/{file['id']}/")[0] == 404


def test_searches__save_change_forget(cast: make.Cast) -> None:
    wish = {"page": "ledger:list", "name": "Refusals", "query": "outcome=refused"}
    status, made = call(cast.uma, "post", "searches/", wish)
    assert status == 201 and made["url"] == "/ledger/?outcome=refused" and made["is_mine"]
    status, changed = call(
        cast.uma, "patch", f"searches/{made['id']}/", {"is_shared": True, "name": "No", "is_default": True}
    )
    assert (status, changed["name"], changed["is_shared"], changed["is_default"]) == (200, "No", True, True)
    _, found = call(cast.ada, "get", "searches/?page=ledger:list")
    assert [one["is_mine"] for one in found["results"]] == [False]
    assert call(cast.ada, "delete", f"searches/{made['id']}/")[0] == 404
    assert call(make.stranger(), "get", f"searches/{made['id']}/")[0] == 404
    assert call(cast.uma, "delete", f"searches/{made['id']}/")[0] == 204
    assert call(cast.uma, "post", "searches/", {**wish, "page": "nowhere"})[0] == 422
