"""Undoing: forward, three-way, with a second person where it loosens something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import (
    BaseMoved,
    MergeConflict,
    NotReversible,
    WrongState,
)
from governance.amendments.kinds import AmendmentType, Basis
from governance.amendments.models import AmendmentProposal, ConstitutionalAmendment
from governance.amendments.queries import roll_back_preview
from governance.approvals.actions import AlreadyDecided, Moved
from governance.errors import Invalid, NotAllowed
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole

DAY = timedelta(days=1)
TIGHTER = ["upload_payroll_entries", "audit", "delete"]


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


# -- undoing


def _preview(cast: make.Cast, proposal: AmendmentProposal) -> Any:
    with in_tenant(cast.tenant.id):
        return roll_back_preview(scope=cast.bo, number=proposal.number, at=make.AT)


def test_roll_back__of_a_tightening__waits_for_a_second_person(cast: make.Cast) -> None:
    proposal = make.proposed(cast, type=AmendmentType.GOVERNANCE_TIGHTENING, requires_approval=TIGHTER)
    make.approve(cast.ada, proposal)
    assert _preview(cast, proposal).needs == 2
    waiting = make.rolled_back(cast.bo, proposal)
    assert waiting.state == "waiting" and "delete" in make.constitution_of(cast.bo)["requires_approval"]
    with pytest.raises(WrongState, match="asked for this rollback already"):
        make.rolled_back(cast.cy, proposal)

    def confirm(scope: Scope, digest: str = waiting.digest) -> Any:
        return amendments.approve_roll_back(
            scope=scope,
            number=proposal.number,
            digest=digest,
            confirmation=make.confirmed(scope, at=make.AT),
            at=make.AT,
        )

    with pytest.raises(AlreadyDecided):
        confirm(cast.bo)
    for scope in (cast.uma, cast.mel, cast.tess):
        with pytest.raises(NotAllowed):
            confirm(scope)
    with pytest.raises(Moved):
        confirm(cast.sam, digest="sha256:" + "0" * 64)
    assert confirm(cast.sam).state == "done"
    assert make.constitution_of(cast.bo) == make.CLAY
    demand_whole(cast.tenant.id)


def test_roll_back__waiting__can_be_taken_back_and_asked_again(cast: make.Cast) -> None:
    proposal = make.proposed(cast, type=AmendmentType.GOVERNANCE_TIGHTENING, requires_approval=TIGHTER)
    make.approve(cast.ada, proposal)
    make.rolled_back(cast.bo, proposal)
    assert amendments.withdraw_roll_back(scope=cast.cy, number=proposal.number, at=make.AT).state == "withdrawn"
    assert make.rolled_back(cast.cy, proposal).state == "waiting"


def test_roll_back__waiting_while_the_constitution_moves__must_be_asked_again(cast: make.Cast) -> None:
    proposal = make.proposed(cast, type=AmendmentType.GOVERNANCE_TIGHTENING, requires_approval=TIGHTER)
    make.approve(cast.ada, proposal)
    waiting = make.rolled_back(cast.bo, proposal)
    make.applied(cast, persona_id="x")
    with pytest.raises(BaseMoved):
        amendments.approve_roll_back(
            scope=cast.cy,
            number=proposal.number,
            digest=waiting.digest,
            confirmation=make.confirmed(cast.cy, at=make.AT),
            at=make.AT,
        )
    assert make.rolled_back(cast.bo, proposal).state == "waiting", "a stale one makes room"
    demand_whole(cast.tenant.id)


def test_roll_back__overlapping_a_later_amendment__is_a_conflict_by_pointer(cast: make.Cast) -> None:
    old = make.applied(cast, fallback_delay_ms=200)
    new = make.applied(cast, fallback_delay_ms=300)
    preview = _preview(cast, old)
    assert [one.number for one in preview.later] == [new.number] and preview.refused_because
    with pytest.raises(MergeConflict) as refusal:
        make.rolled_back(cast.bo, old)
    assert refusal.value.problems == (("/fallback_delay_ms", "changed again later"),)
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 300, "never overwritten"
    make.rolled_back(cast.bo, new)
    make.rolled_back(cast.bo, old)
    assert make.constitution_of(cast.bo) == make.CLAY
    demand_whole(cast.tenant.id)


@pytest.mark.parametrize(
    ("basis", "why"),
    [
        (Basis.COMPLIANCE, "legal requirement"),
        (Basis.DATA_INTEGRITY, "prevents corruption"),
        (Basis.SECURITY_PATCH, "fixes a vulnerability"),
    ],
)
def test_roll_back__of_what_cannot_be__says_why(cast: make.Cast, basis: Basis, why: str) -> None:
    by = cast.sam if basis is Basis.SECURITY_PATCH else cast.bo
    proposal = make.proposed(cast, by=by, basis=basis, fallback_delay_ms=600)
    if basis is Basis.SECURITY_PATCH:
        make.approve(cast.ada, proposal, override=True, note="Sam is alone in security.")
    else:
        make.approve(cast.cy, proposal)
        make.approve(cast.ada, proposal)
    with pytest.raises(NotReversible, match=why):
        make.rolled_back(cast.bo, proposal)
    assert why in _preview(cast, proposal).refused_because


def test_roll_back__without_a_reason__refused(cast: make.Cast) -> None:
    with pytest.raises(Invalid, match="Say why"):
        make.rolled_back(cast.bo, make.applied(cast), reason="  ")


def test_roll_back__undone_by_hand_already__has_nothing_left(cast: make.Cast) -> None:
    proposal = make.applied(cast, fallback_delay_ms=200)
    make.applied(cast, fallback_delay_ms=500)
    with pytest.raises((WrongState, MergeConflict)):
        make.rolled_back(cast.bo, proposal)


def test_roll_back__is_no_amendment_and_writes_a_version_with_its_cause(cast: make.Cast) -> None:
    proposal = make.applied(cast)
    make.rolled_back(cast.bo, proposal, at=make.later())
    with in_tenant(cast.tenant.id):
        amendment = ConstitutionalAmendment.objects.get()
        causes = list(cast.system.versions.order_by("number").values_list("cause", flat=True))
    assert amendment.rolled_back_at == make.later() and causes == ["registered", "amendment", "rollback"]
