from __future__ import annotations

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import EvidenceMissing, NotReversible, TypeMisfit
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import ConstitutionalAmendment
from governance.approvals.actions import Moved, OwnProposal
from governance.errors import NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make


def test_approve__second_operator__applies_and_derives_everything() -> None:
    cast = make.cast()
    proposal = make.proposed(cast, fallback_delay_ms=200)
    done = make.approve(cast.cy, proposal)
    assert done.state == "applied"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200
    with in_tenant(cast.tenant.id):
        amendment = ConstitutionalAmendment.objects.get(number=proposal.number)
        assert amendment.approved_by == cast.cy.actor.name
        assert amendment.diff == {"fallback_delay_ms": {"old": 500, "new": 200, "change": -300}}
        assert amendment.can_rollback


def test_approve__proposer_is_operator__refused_and_on_the_ledger() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    with pytest.raises(OwnProposal):
        make.approve(cast.bo, proposal)
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(event_type="refusal", action_name="amendments.approve").count() == 1
    assert make.state_of(cast.bo, proposal) == "proposed"


def test_approve__other_digest__refused() -> None:
    cast = make.cast()
    proposal = make.proposed(cast)
    with pytest.raises(Moved):
        make.approve(cast.cy, proposal, digest="sha256:" + "0" * 64)


def test_approve__auditor__refused() -> None:
    cast = make.cast()
    with pytest.raises(NotAllowed):
        make.approve(cast.uma, make.proposed(cast))


def test_approve__stranger__finds_nothing() -> None:
    cast, mallory = make.cast(), make.stranger()
    proposal = make.proposed(cast)
    with pytest.raises(NotFound):
        amendments.approve(
            scope=mallory,
            number=proposal.number,
            digest=make.digest_of(cast.bo, proposal),
            confirmation=make.confirmed(mallory, at=make.AT),
            at=make.AT,
        )


def test_expansion__needs_operator_and_compliance() -> None:
    cast = make.cast()
    proposal = make.proposed(
        cast,
        type=AmendmentType.CAPABILITY_EXPANSION,
        capabilities=["payroll", "compliance", "pdf-processing", "voice-synthesis"],
    )
    assert make.approve(cast.cy, proposal, at=make.later(1)).state == "proposed"
    assert make.approve(cast.ada, proposal, at=make.later(2)).state == "applied"
    with in_tenant(cast.tenant.id):
        assert ConstitutionalAmendment.objects.get().approved_by == f"{cast.cy.actor.name}, {cast.ada.actor.name}"


def test_propose__tightening_that_expands__refused() -> None:
    cast = make.cast()
    with pytest.raises(TypeMisfit):
        make.proposed(cast, by=cast.ada, type=AmendmentType.GOVERNANCE_TIGHTENING, requires_approval=["audit"])


def test_propose__without_evidence__refused_by_item() -> None:
    cast = make.cast()
    with pytest.raises(EvidenceMissing) as refusal:
        make.proposed(cast, evidence={"jira_ticket": "OMS-1"})
    assert refusal.value.problems == (("/evidence/reason", "Reason is missing"),)


def test_roll_back__ordinary_then_compliance__keeps_the_compliance_rule() -> None:
    cast = make.cast()
    ordinary = make.applied(cast, fallback_delay_ms=200)
    tightening = make.proposed(
        cast,
        by=cast.bo,
        type=AmendmentType.GOVERNANCE_TIGHTENING,
        basis=Basis.COMPLIANCE,
        requires_approval=["upload_payroll_entries", "audit", "delete"],
    )
    make.approve(cast.ada, tightening)
    make.rolled_back(cast.bo, ordinary)
    now = make.constitution_of(cast.bo)
    assert now["fallback_delay_ms"] == 500
    assert "delete" in now["requires_approval"]
    with pytest.raises(NotReversible):
        make.rolled_back(cast.bo, tightening)


def test_dream_promotion__under_standing_authority__applies_alone() -> None:
    cast = make.cast()
    amendments.grant_authority(
        scope=cast.bo,
        systems=["clay-consigliere"],
        pointers={"/routing_confidence_threshold": 0.05},
        max_per_week=1,
        expires_at=make.later(60 * 24 * 30),
        reason="Small steps of the router are safe to try.",
        at=make.AT,
    )
    first = make.proposed(
        cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION, at=make.later(), routing_confidence_threshold=0.65
    )
    assert make.state_of(cast.bo, first) == "applied"
    with in_tenant(cast.tenant.id):
        assert ConstitutionalAmendment.objects.get().approved_by == "TARS (autonomous)"
    second = make.proposed(
        cast, by=cast.tars, type=AmendmentType.DREAM_PROMOTION, at=make.later(2), routing_confidence_threshold=0.6
    )
    assert make.state_of(cast.bo, second) == "proposed", "the weekly cap is used up"
