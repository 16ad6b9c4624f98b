"""The batch lane: alike and harmless amendments are decided with one look; whatever is unlike falls out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.amendments import actions as amendments
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal
from governance.approvals.models import ApprovalDecision
from governance.audit import queries as audit
from governance.audit.verify import verify
from governance.ledger.models import LedgerEntry
from governance.registry.actions import register_system
from governance.registry.models import SystemType
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.web import client_of


def recent(minutes: float = 0) -> Any:
    return timezone.now() - timedelta(days=1, minutes=minutes)


def plain(**fields: Any) -> dict[str, Any]:
    return {"skill": "x", "version": "1.0.0", "capabilities": ["a"], "requires_approval": ["audit"], **fields}


def asks(
    cast: make.Cast,
    name: str,
    *,
    type: AmendmentType = AmendmentType.GOVERNANCE_TIGHTENING,
    basis: Basis = Basis.ORDINARY,
    **fields: Any,
) -> AmendmentProposal:
    """A system of this name, and a tightening of it by Bo."""
    document = plain(requires_approval=[f"{name}_pay", "audit"])
    register_system(
        scope=cast.bo, name=name, type=SystemType.COMPONENT, constitution=document, description="", at=recent(9)
    )
    needs = fields or {"requires_approval": [*document["requires_approval"], "delete"]}
    return amendments.propose(
        scope=cast.bo,
        system_name=name,
        type=type,
        basis=basis,
        constitution={**document, **needs},
        evidence=make.EVIDENCE[type],
        at=recent(),
    )


def alike(cast: make.Cast, count: int = 3) -> list[AmendmentProposal]:
    return [asks(cast, f"alike-{number}") for number in range(count)]


def decide(scope: Scope, *proposals: AmendmentProposal, **fields: str) -> Any:
    digests = {f"digest-{one.label}": make.digest_of(scope, one) for one in proposals}
    data = {"n": [one.label for one in proposals], "confirm": make.PASSWORD, **digests, **fields}
    return client_of(scope).post("/inbox/together/", data)


def look(scope: Scope, *proposals: AmendmentProposal) -> str:
    query = "&".join(f"n={one.label}" for one in proposals)
    return client_of(scope).get(f"/inbox/together/?{query}").content.decode()


def test_lane__three_alike__a_card_on_the_inbox_and_the_look_shows_each_digest() -> None:
    cast = make.cast()
    found = alike(cast)
    html = client_of(cast.ada).get("/inbox/").content.decode()
    assert "3 alike, low risk:" in html
    page = look(cast.ada, *found)
    assert "3 systems ask for exactly this change." in page
    assert all(make.digest_of(cast.ada, one) in page for one in found)


def test_lane__somebody_who_cannot_answer__no_card() -> None:
    cast = make.cast()
    alike(cast)
    assert "alike, low risk" not in client_of(cast.cy).get("/inbox/").content.decode()


def test_together__approved__each_with_its_own_signature_entry_and_batch() -> None:
    cast = make.cast()
    found = alike(cast)
    response = decide(cast.ada, *found, note="Same clause.")
    assert response["Location"] == "/inbox/"
    assert [make.state_of(cast.ada, one) for one in found] == ["applied"] * 3
    with in_tenant(cast.tenant.id):
        decisions = list(ApprovalDecision.objects.all())
        batches = [
            json.loads(bytes(entry.openings))["/action/batch"][1]
            for entry in LedgerEntry.objects.filter(action_name="amendments.approve")
        ]
        report = verify(audit.records(cast.ada))
    assert {decision.note for decision in decisions} == {"Same clause. Decided together with 2 alike."}
    assert len({bytes(decision.signature) for decision in decisions}) == 3
    assert report.is_verified, report
    assert len(batches) == 3
    assert len(set(batches)) == 1


def test_together__one_moved_meanwhile__left_out_and_said() -> None:
    cast = make.cast()
    found = alike(cast)
    response = decide(cast.ada, *found, **{f"digest-{found[1].label}": "sha256:old"})
    html = response.content.decode()
    assert "2 decided, 1 left for a look of their own" in html
    assert "changed since you opened it" in html
    assert [make.state_of(cast.ada, one) for one in found] == ["applied", "proposed", "applied"]


def test_together__unlike_and_harmful__fall_out() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    odd = asks(cast, "odd", requires_approval=["odd_pay", "audit", "print"])
    lasting = asks(cast, "lasting", basis=Basis.COMPLIANCE)
    page = look(cast.ada, *found, odd, lasting)
    assert f"It is unlike {found[0].label}." in page
    assert "Its basis is not ordinary" in page
    html = decide(cast.ada, *found, odd, lasting).content.decode()
    assert "2 decided, 2 left" in html
    assert {make.state_of(cast.ada, one) for one in (odd, lasting)} == {"proposed"}


def test_together__expansions__never() -> None:
    cast = make.cast()
    grown = asks(cast, "grown", type=AmendmentType.MANUAL_UPDATE, capabilities=["a", "voice"])
    response = decide(cast.cy, grown)
    assert response.status_code == 422
    assert "more room" in response.content.decode()
    assert make.state_of(cast.ada, grown) == "proposed"


def test_together__rivals_on_one_system__fall_out() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    document = plain(requires_approval=["alike-0_pay", "audit", "print"])
    amendments.propose(
        scope=cast.cy,
        system_name="alike-0",
        type=AmendmentType.MANUAL_UPDATE,
        basis=Basis.ORDINARY,
        constitution=document,
        evidence=make.EVIDENCE[AmendmentType.MANUAL_UPDATE],
        at=recent(),
    )
    assert "asks for the same place" in look(cast.ada, *found)


def test_together__wrong_password__nothing_decided_and_the_note_is_kept() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    response = decide(cast.ada, *found, confirm="wrong", note="My thoughts")
    assert response.status_code == 403
    assert "My thoughts" in response.content.decode()
    assert {make.state_of(cast.ada, one) for one in found} == {"proposed"}


def test_together__again__nothing_left_to_decide() -> None:
    cast = make.cast()
    found = alike(cast, 2)
    decide(cast.ada, *found)
    response = decide(cast.ada, *found)
    assert response.status_code == 422
    assert "None of these waits for you any more" in response.content.decode()


@pytest.mark.parametrize("who", ["bo", "uma", "cy"])
def test_together__proposer_auditor_or_other_role__decides_nothing(who: str) -> None:
    cast = make.cast()
    found = alike(cast, 2)
    assert decide(getattr(cast, who), *found).status_code == 422
    assert {make.state_of(cast.ada, one) for one in found} == {"proposed"}


def test_together__stranger_and_member__see_and_decide_nothing() -> None:
    cast, mallory = make.cast(), make.stranger()
    found = alike(cast, 2)
    assert "Nothing here can be decided together" in look(mallory, *found)
    data = {"n": [one.label for one in found], "confirm": make.PASSWORD}
    assert client_of(mallory).post("/inbox/together/", data).status_code == 422
    assert client_of(cast.mel).get("/inbox/together/").status_code == 403
    assert client_of(cast.mel).post("/inbox/together/", data).status_code == 403


def test_together__more_than_a_hundred__refused() -> None:
    query = "&".join(f"n=AMD-{number}" for number in range(101))
    assert client_of(make.cast().ada).get(f"/inbox/together/?{query}").status_code == 422


def test_lane__more_alike__same_number_of_queries() -> None:
    cast = make.cast()
    client = client_of(cast.ada)

    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/inbox/").status_code == 200
        return len(seen)

    alike(cast, 2)
    few = count()
    for number in range(5):
        asks(cast, f"more-{number}")
    assert count() == few
