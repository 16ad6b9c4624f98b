"""The page as it was when somebody decided: written with the decision, named on the ledger, never changed."""

from __future__ import annotations

import json

from governance.amendments import actions as amendments
from governance.amendments.models import DecisionSnapshot
from governance.audit import queries as audit
from governance.audit.verify import verify
from governance.canonical import digest_bytes
from governance.files.actions import upload
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make


def test_approve__keeps_the_page_with_everything_on_it() -> None:
    cast = make.cast()
    file = upload(scope=cast.bo, name="why.txt", content=b"Measured.", at=make.AT)
    proposal = make.proposed(cast, attachments=[file.id])
    make.proposed(cast, fallback_delay_ms=250)
    amendments.comment(scope=cast.ada, number=proposal.number, pointer="/fallback_delay_ms", text="Why?", at=make.AT)
    make.approve(cast.cy, proposal, note="Measured and fine.")
    with in_tenant(cast.tenant.id):
        snapshot = DecisionSnapshot.objects.get(proposal=proposal)
        openings = LedgerEntry.objects.get(action_name="amendments.approve").openings
    content = json.loads(bytes(snapshot.content))
    assert snapshot.digest == digest_bytes(bytes(snapshot.content))
    assert json.loads(bytes(openings))["/action/snapshot"][1] == snapshot.digest
    assert content["amendment"]["state"] == "proposed", "as it was before the answer"
    assert content["changes"][0]["pointer"] == "/fallback_delay_ms"
    assert content["attachments"][0]["digest"] == file.digest
    assert content["comments"][0]["remarks"][0]["text"] == "Why?"
    assert [rival["id"] for rival in content["conflicts"]] == ["AMD-2"]
    assert content["decision"]["note"] == "Measured and fine."
    assert content["revision"]["digest"] == content["decision"]["statement"].split('"digest":"')[1].split('"')[0]


def test_every_answer__also_a_refusal_and_tars_alone__has_its_page_and_the_record_verifies() -> None:
    cast = make.cast()
    for verb in (amendments.reject, amendments.request_changes):
        proposal = make.proposed(cast)
        verb(
            scope=cast.cy,
            number=proposal.number,
            digest=make.digest_of(cast.bo, proposal),
            confirmation=make.confirmed(cast.cy, at=make.AT),
            note="No.",
            at=make.AT,
        )
    make.applied(cast, fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        assert DecisionSnapshot.objects.count() == 3
        report = verify(audit.records(cast.tess))
    assert report.is_verified, report.findings
    assert report.counts["page"] == 3
