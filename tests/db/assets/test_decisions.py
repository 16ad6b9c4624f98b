"""What an asset, its mandates and its uses do to a decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.assets import actions as assets
from governance.estop.actions import lift, stop
from governance.policy.verdict import Verdict
from governance.rulebook.actions import decide
from tests import factories as make
from tests.db.assets.test_verbs import issued, registered, used

ME = "clay-consigliere"


@pytest.fixture
def cast() -> make.Cast:
    return make.cast(constitution={**make.CLAY, "capabilities": ["train.small"], "requires_approval": []})


def asked(cast: make.Cast, action: str = "train.small", *, minutes: float = 1, **facts: Any) -> Verdict:
    wish = {"uses_asset": "gpu-pool", **facts}
    at = make.later(minutes)
    return decide(scope=cast.bo, system_name=ME, action=action, facts=wish, at=at).verdict


def test_decision__about_a_shared_asset__follows_its_mandates_as_they_come_and_go(cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME])
    assert asked(cast).outcome == "permit"
    mandate = issued(cast.ada, effect="forbids", at=make.later(2), expires_at=make.later(60))
    refused = asked(cast, minutes=3)
    assert refused.outcome == "deny"
    assert refused.because[0].source == "asset gpu-pool: mandate of did:group:ml"
    assert asked(cast, minutes=61).outcome == "permit", "it has expired"
    assets.revoke_mandate(scope=cast.ada, mandate_id=mandate.id, reason="Voted.", at=make.later(4))
    assert asked(cast, minutes=5).outcome == "permit", "it was revoked"


def test_decision__caps__count_what_is_used_and_what_is_asked(cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME], usage_cap_per_hour=5)
    used(cast.bo, 3, by="memvid")
    assert asked(cast, uses_amount=2).outcome == "permit"
    assert asked(cast, uses_amount=3).outcome == "deny"
    assert asked(cast, uses_amount=3, minutes=61).outcome == "permit"


def test_decision__contested__asks_for_the_mediator(cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME])
    assets.mark_contested(scope=cast.ada, name="gpu-pool", mediator="ombud", reason="Both.", at=make.AT)
    found = asked(cast)
    assert found.outcome == "require_approval"
    assert {name for duty in found.obligations for name in duty.approvers} == {"ombud"}


def test_decision__personal__is_the_owners(cast: make.Cast) -> None:
    registered(cast.bo, ownership_model="personal", owner=ME)
    assert asked(cast).outcome == "permit"
    registered(cast.bo, "calendar", ownership_model="personal", owner="ann")
    assert asked(cast, uses_asset="calendar").outcome == "require_approval"


@pytest.mark.parametrize("name", ["ghost", "", "A" * 300])
def test_decision__about_an_asset_that_does_not_exist__denied(name: str, cast: make.Cast) -> None:
    assert asked(cast, uses_asset=name).outcome == "deny"


@pytest.mark.parametrize("amount", [0, -1, "many", 1.5, True, [1], None])
def test_decision__with_an_amount_that_is_none__denied(amount: Any, cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME])
    assert asked(cast, uses_amount=amount).outcome == "deny"


def test_decision__while_it_is_stopped__denied_until_it_is_lifted(cast: make.Cast) -> None:
    registered(cast.bo, parties=[ME])
    issued(cast.ada, expires_at=make.AT + timedelta(days=9))
    made = stop(scope=cast.bo, system_name=ME, reason="Odd.", at=make.AT)
    assert asked(cast).outcome == "deny"
    lift(scope=cast.sam, stop_id=made.id, reason="Fine.", at=make.later(2))
    assert asked(cast, minutes=3).outcome == "permit"
