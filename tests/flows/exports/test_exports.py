"""What leaves is what was shown, checks with sha256sum, and is on the ledger first."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from hashlib import sha256
from typing import Any

import pytest

from governance.audit.export import read_lines
from governance.audit.queries import EVENT_LABELS, explained, head, verified
from governance.audit.verify import verify
from governance.exports import actions, sources
from governance.jobs.attempts import attempt
from governance.jobs.models import Job
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


def _entry(cast: make.Cast, back: int = 0) -> dict[str, Any]:
    with in_tenant(cast.tenant.id):
        last = head(cast.uma)[0]
        return explained(scope=cast.uma, sequence=last - back).document["content"]["action"]


def _open(content: bytes) -> tuple[dict[str, Any], bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for line in archive.read("SHA256SUMS").decode().splitlines():
            digest, name = line.split("  ")
            assert sha256(archive.read(name)).hexdigest() == digest
        said = json.loads(archive.read("manifest.json"))
        return said, archive.read(said["file"])


@pytest.mark.parametrize("format", ["csv", "jsonl", "pdf"])
def test_ledger__filtered__exactly_those_with_manifest_and_entry(format: str, cast: make.Cast) -> None:
    with in_tenant(cast.tenant.id):
        before, before_hash = head(cast.uma)
    body = {"format": format, "query": "action=amendments.apply&before=3&actor="}
    response = client_of(cast.uma).post("/exports/ledger/", body)
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith('attachment; filename="ledger-oms-consulting-')
    said, data = _open(response.content)
    entry = _entry(cast)
    assert entry["name"] == "audit.export" and entry["digest"] == f"sha256:{sha256(data).hexdigest()}"
    assert entry["filter"] == said["filter"]["words"] == "action amendments.apply"
    assert said["count"] == entry["count"] == 1
    assert said["chain_head"] == {"sequence": before, "entry_hash": f"sha256:{before_hash.hex()}"}
    with in_tenant(cast.tenant.id):
        assert said["ledger_entry"] == head(cast.uma)[0]
    assert said["exported_by"] == cast.uma.actor.name and said["tenant"]["name"] == "OMS Consulting"
    if format == "csv":
        (row,) = csv.DictReader(io.StringIO(data.decode()))
        assert row["action"] == "amendments.apply" and "took effect" in row["sentence"]
    if format == "jsonl":
        assert json.loads(data)["content"]["action"]["name"] == "amendments.apply"


def test_ledger__unreadable_filter__refused_and_nothing_leaves(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    for query in ("since=nonsense", "event=nonsense", "actor=nobody"):
        assert client.post("/exports/ledger/", {"format": "csv", "query": query}).status_code == 422
    assert client.post("/exports/ledger/", {"format": "exe", "query": ""}).status_code == 422
    assert client.post("/exports/nothing/", {"format": "csv", "query": ""}).status_code == 404
    assert _entry(cast)["name"] != "audit.export"


def test_ledger__member__refused_and_that_is_recorded(cast: make.Cast) -> None:
    assert client_of(cast.mel).post("/exports/ledger/", {"format": "csv", "query": ""}).status_code == 403


def test_ledger__long__is_made_by_the_worker_once(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(actions.AT_ONCE, "csv", 3)
    client = client_of(cast.uma)
    response = client.post("/exports/ledger/", {"format": "csv", "query": ""})
    assert response["Location"] == "/exports/"
    assert "Under way" in client.get("/exports/").content.decode()
    with in_tenant(cast.tenant.id):
        job, last = Job.objects.get(kind="export"), head(cast.uma)[0]
    assert attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=now) == "done"
    assert _entry(cast)["asked_by"] == cast.uma.actor.name and _entry(cast)["count"] == last
    page = client.get("/exports/").content.decode()
    with in_tenant(cast.tenant.id):
        job.refresh_from_db()
    assert job.result["url"] in page
    said, data = _open(client.get(job.result["url"]).content)
    assert said["count"] == last == len(data.decode().strip().splitlines()) - 1
    assert client_of(make.stranger()).get(job.result["url"]).status_code == 404
    with in_tenant(cast.tenant.id):
        job.state, job.attempt = "queued", 0
        job.save()
        entries = head(cast.uma)[0]
    attempt(tenant_id=cast.tenant.id, job_id=job.id, clock=now)
    with in_tenant(cast.tenant.id):
        assert head(cast.uma)[0] == entries, "a second run keeps the first one's file"


def test_ledger__more_than_a_file_holds__refused(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(actions.MOST, "csv", 3)
    assert client_of(cast.uma).post("/exports/ledger/", {"format": "csv", "query": ""}).status_code == 422


def test_record__is_on_the_ledger_before_and_after(cast: make.Cast) -> None:
    response = client_of(cast.uma).post("/exports/record/")
    assert _entry(cast)["name"] == "audit.export_record"
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert _entry(cast)["digest"] == f"sha256:{sha256(body).hexdigest()}" and _entry(cast)["is_whole"] is True
    assert verify(read_lines(body.splitlines(keepends=True))).is_verified


def test_record__cut_off__says_so(cast: make.Cast) -> None:
    response = client_of(cast.uma).post("/exports/record/")
    lines = iter(response.streaming_content)  # type: ignore[attr-defined]
    next(lines)
    response.close()
    assert _entry(cast)["name"] == "audit.end_export" and _entry(cast)["is_whole"] is False


def test_chain__with_exports__verifies(cast: make.Cast) -> None:
    client_of(cast.uma).post("/exports/ledger/", {"format": "csv", "query": ""})
    with in_tenant(cast.tenant.id):
        assert verified(cast.uma).is_verified


def test_kinds__are_named_on_the_ledger_page() -> None:
    assert {"export", "override"} <= EVENT_LABELS.keys()
    assert "ledger" in sources.kinds()
