"""The page as it was decided, drawn again from its snapshot alone."""

from __future__ import annotations

import json

from governance.amendments import actions as amendments
from governance.amendments.models import AmendmentProposal, DecisionSnapshot
from governance.canonical import digest_bytes
from governance.files.actions import upload
from governance.registry.actions import fix_system
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.audit.superuser import superuser
from tests.flows.amendments.scenes import address, ago, body, proposed
from tests.web import client_of


def page_of(cast: make.Cast, proposal: AmendmentProposal) -> str:
    with in_tenant(cast.tenant.id):
        snapshot = DecisionSnapshot.objects.get(proposal=proposal)
    return address(proposal, "decisions", str(snapshot.decision_id))


def decided(cast: make.Cast) -> AmendmentProposal:
    file = upload(scope=cast.bo, name="why.txt", content=b"Because.", at=ago(10))
    proposal = proposed(cast, attachments=[file.id])
    amendments.comment(scope=cast.ada, number=proposal.number, pointer="/fallback_delay_ms", text="Fine.", at=ago(6))
    return make.approve(cast.cy, proposal, at=ago(5), note="Measured.")


def test_decision_page__shows_what_was_there_and_that_the_ledger_names_it() -> None:
    cast = make.cast()
    proposal = decided(cast)
    client = client_of(cast.uma)
    where = page_of(cast, proposal)
    assert where in body(client.get(address(proposal)))
    page = body(client.get(where))
    for words in (
        "and the ledger names it",
        "Fine.",
        "Measured.",
        "Operator recognised the pattern",
        "0 of 1",
        "why.txt",
    ):
        assert words in page
    raw = client.get(f"{where}?format=json")
    assert json.loads(raw.content)["form"] == "tars.decision-page.v1"


def test_decision_page__everything_changes_afterwards__it_stays() -> None:
    cast = make.cast()
    proposal = decided(cast)
    where, client = page_of(cast, proposal), client_of(cast.uma)
    main = body(client.get(where)).split('<article id="decision_page"')[1].split("</article>")[0]
    amendments.comment(scope=cast.bo, number=proposal.number, text="Later.", at=ago(4))
    make.rolled_back(cast.bo, proposal, at=ago(3))
    proposed(cast, fallback_delay_ms=900, at=ago(2))
    fix_system(
        scope=cast.tess, system_name=cast.system.name, values={"description": "Other."}, reason="Typing.", at=ago(1)
    )
    after = body(client.get(where)).split('<article id="decision_page"')[1].split("</article>")[0]
    assert after == main


def test_decision_page__changed_behind_our_back__says_so() -> None:
    cast = make.cast()
    proposal = decided(cast)
    with superuser() as raw:
        row = raw.execute("SELECT content FROM decision_snapshots WHERE tenant_id = %s", [cast.tenant.id]).fetchone()
        assert row is not None
        other = bytes(row[0]).replace(b"Measured.", b"Guessed..")
        raw.execute(
            "UPDATE decision_snapshots SET content = %s, digest = %s WHERE tenant_id = %s",
            [other, digest_bytes(other), cast.tenant.id],
        )
    page = body(client_of(cast.uma).get(page_of(cast, proposal)))
    assert "This is not the page that the ledger names" in page


def test_decision_page__of_another_tenant_or_without_a_desk__refused() -> None:
    cast = make.cast()
    where = page_of(cast, decided(cast))
    assert client_of(make.stranger()).get(where).status_code == 404
    assert client_of(cast.mel).get(where).status_code == 403
