"""An auditor reads, searches, verifies and takes the record away."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.audit import checks
from governance.audit.export import read_lines
from governance.audit.queries import head
from governance.audit.tasks import verify as verify_task
from governance.audit.verify import verify
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of


@pytest.fixture
def cast() -> make.Cast:
    cast = make.cast()
    first = make.applied(cast)
    make.rolled_back(cast.ada, first, at=make.later(5))
    return cast


def last_of(cast: make.Cast) -> int:
    with in_tenant(cast.tenant.id):
        return head(cast.uma)[0]


def test_list__auditor__sees_what_happened(cast: make.Cast) -> None:
    text = client_of(cast.uma).get("/ledger/").content.decode()
    assert "AMD-1 on clay-consigliere was rolled back" in text
    assert "/amendments/AMD-1/" in text
    assert f"/ledger/{last_of(cast)}/" in text


def test_list__member_without_a_desk__refused(cast: make.Cast) -> None:
    assert client_of(cast.mel).get("/ledger/").status_code == 403


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("q=rolled", "Nothing fits", "took effect"),
        ("q=AMD-1", "took effect", "The tenant OMS Consulting was opened"),
        ("event=registration", "was registered with its first constitution", "took effect"),
        ("action=amendments.roll_back", "was rolled back", "took effect"),
        ("subject=clay-consigliere", "was registered", "took effect"),
        ("until=2020-01-01", "Nothing fits", "took effect"),
        (f"since={make.AT:%Y-%m-%d}&until={make.AT:%Y-%m-%d}", "took effect", "Nothing fits"),
        ("since=nonsense&event=nonsense&before=x", "took effect", "Nothing fits"),
    ],
)
def test_list__filters_in_the_url__narrow(cast: make.Cast, query: str, shown: str, hidden: str) -> None:
    text = client_of(cast.uma).get(f"/ledger/?{query}").content.decode()
    assert shown in text
    assert hidden not in text


def test_list__actor_filter__only_theirs(cast: make.Cast) -> None:
    text = client_of(cast.uma).get("/ledger/", {"actor": cast.ada.actor.name}).content.decode()
    assert "was rolled back" in text
    assert "took effect" not in text


def test_list__pages__by_sequence(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(cast.uma)
    text = client.get("/ledger/?before=6").content.decode()
    assert "Entries 5 to 1" in text
    assert "after=5" in text
    assert 'href="/ledger/6/"' in client.get("/ledger/?after=5").content.decode()


def test_list__htmx__fragment_only(cast: make.Cast) -> None:
    text = client_of(cast.uma).get("/ledger/?q=AMD-1", headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith('<div id="_entries"')


def test_list__queries__constant_in_rows(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    client.get("/ledger/")
    counts = []
    for query in ("event=refusal", "all=1"):
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/ledger/?{query}")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_entry__every_entry__has_its_page(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    for sequence in range(1, last_of(cast) + 1):
        page = client.get(f"/ledger/{sequence}/")
        assert page.status_code == 200, sequence
        document = json.loads(client.get(f"/ledger/{sequence}.json").content)
        assert document["sequence"] == sequence
        assert document["log_version"] == "1.0"
        assert document["merkle_root"] is None
        assert document["signatures"][0]["signature_type"] == "ed25519"
        assert document["content"]["agent_id"] == document["signatures"][0]["signer"]


def test_entry__anothers_tenant__not_found(cast: make.Cast) -> None:
    mallory = make.stranger()
    client = client_of(mallory)
    page = client.get(f"/ledger/{last_of(cast)}/")
    assert page.status_code == 404
    first = client.get("/ledger/1/").content.decode()
    assert str(cast.tenant.id) not in first


def test_verify__without_javascript__answers_on_its_page(cast: make.Cast) -> None:
    page = client_of(cast.uma).post("/ledger/verify/", follow=True)
    text = page.content.decode()
    assert f"Verified: {last_of(cast)} entries of OMS Consulting." in text
    assert "What this does not establish" in text
    assert "cut off at the end" in text


def test_verify__htmx__fragment_and_remembered(cast: make.Cast) -> None:
    client = client_of(cast.uma)
    text = client.post("/ledger/verify/", headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith("<section")
    assert "Verified:" in text
    assert "Verified:" in client.get("/ledger/").content.decode()


def test_verify__long_ledger__in_the_worker(cast: make.Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[tuple[str, ...]] = []
    monkeypatch.setattr(checks, "AT_ONCE", 3)
    monkeypatch.setattr(checks, "async_task", lambda *args, **options: queued.append(args))
    client = client_of(cast.uma)
    page = client.post("/ledger/verify/", follow=True)
    assert "Verifying …" in page.content.decode()
    address = page.redirect_chain[-1][0]
    function, *arguments = queued[0]
    assert function == "governance.audit.tasks.verify"
    assert verify_task(*arguments).startswith("Verified:")
    assert "Verified:" in client.get(address).content.decode()
    assert client_of(make.stranger()).get(address).status_code == 404


def test_verify__member__refused(cast: make.Cast) -> None:
    assert client_of(cast.mel).post("/ledger/verify/").status_code == 403


def test_export__downloaded__verifies_without_the_database(cast: make.Cast) -> None:
    response = client_of(cast.uma).post("/exports/record/")
    assert response["Content-Disposition"].startswith('attachment; filename="ledger-oms-consulting-')
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    report = verify(read_lines(body.splitlines(keepends=True)))
    assert report.is_verified, [str(finding) for finding in report.findings]
    assert report.tenant_id == str(cast.tenant.id)


def test_export__get__refused(cast: make.Cast) -> None:
    assert client_of(cast.uma).get("/exports/record/").status_code == 405


def test_how_to__auditor__names_key_and_head(cast: make.Cast) -> None:
    text = client_of(cast.uma).get("/ledger/how-to-verify/").content.decode()
    assert "did:key:z" in text
    assert "tars ledger verify" in text
