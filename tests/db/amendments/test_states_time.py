"""Expiry and effective dates: what the clock does, twice without harm."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.amendments import actions as amendments
from governance.amendments.errors import (
    BaseMoved,
    Expired,
)
from governance.amendments.models import ConstitutionalAmendment
from governance.approvals.actions import AlreadyDecided
from governance.ledger.models import LedgerEntry
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import demand_whole

DAY = timedelta(days=1)


@pytest.fixture
def cast(database: None) -> make.Cast:
    return make.cast()


def test_expiry__nobody_decided_in_time__is_over(cast: make.Cast) -> None:
    proposal = make.proposed(cast)
    with pytest.raises(Expired):
        make.approve(cast.cy, proposal, at=proposal.expires_at)
    due = amendments.expire_due(scope=cast.tars, number=proposal.number, at=proposal.expires_at - timedelta(seconds=1))
    assert due.state == "proposed", "not yet"
    for _ in range(2):
        assert amendments.expire_due(scope=cast.tars, number=proposal.number, at=proposal.expires_at).state == "expired"
    with in_tenant(cast.tenant.id):
        assert LedgerEntry.objects.filter(action_name="amendments.expire_due").count() == 1, "twice without harm"


def test_schedule__takes_effect_at_its_date_and_not_before(cast: make.Cast) -> None:
    proposal = make.approve(cast.cy, make.proposed(cast, effective_at=make.AT + DAY))
    assert proposal.state == "scheduled" and make.constitution_of(cast.bo) == make.CLAY
    early = amendments.apply_due(scope=cast.tars, number=proposal.number, at=make.AT + DAY / 2)
    assert early.state == "scheduled"
    for _ in range(2):
        assert amendments.apply_due(scope=cast.tars, number=proposal.number, at=make.AT + DAY).state == "applied"
    with in_tenant(cast.tenant.id):
        amendment = ConstitutionalAmendment.objects.get()
    assert amendment.approved_at == make.AT + DAY and amendment.approved_by == cast.cy.actor.name
    demand_whole(cast.tenant.id)


def test_schedule__whose_base_moved__asks_again_instead(cast: make.Cast) -> None:
    proposal = make.approve(cast.cy, make.proposed(cast, effective_at=make.AT + DAY))
    make.applied(cast, persona_id="x")
    assert amendments.apply_due(scope=cast.tars, number=proposal.number, at=make.AT + DAY).state == "proposed"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 500
    with pytest.raises((BaseMoved, AlreadyDecided)):
        make.approve(cast.cy, proposal, at=make.AT + DAY)
    amendments.rebase(scope=cast.bo, number=proposal.number, at=make.AT + DAY)
    assert make.approve(cast.cy, proposal, at=make.AT + DAY).state == "applied"
    assert make.constitution_of(cast.bo)["fallback_delay_ms"] == 200
    demand_whole(cast.tenant.id)
