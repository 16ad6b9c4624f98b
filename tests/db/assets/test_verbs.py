from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from governance.assets import actions, queries
from governance.assets.document import written
from governance.assets.models import Asset, AssetUse, Mandate
from governance.errors import DomainError, Invalid, NotAllowed, NotFound
from governance.ledger.models import LedgerEntry
from governance.scope import Actor, ActorKind, Capability, Scope, agent_name
from governance.tenancy import in_tenant
from governance.tenants.actions import ReasonMissing
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.tenants.catalogue import run
from tests.unit.governance.assets.test_document import SEED


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


def registered(scope: Scope, name: str = "gpu-pool", **fields: Any) -> Asset:
    wish = {"asset_type": "compute", "ownership_model": "shared", "at": make.AT, **fields}
    return actions.register_asset(scope=scope, name=name, **wish)


def issued(scope: Scope, **fields: Any) -> Mandate:
    wish: dict[str, Any] = {
        "asset_name": "gpu-pool",
        "effect": "permits",
        "actions": ["train.*"],
        "authority": "did:group:ml",
        "expires_at": make.AT + timedelta(days=30),
        "at": make.AT,
        "revocation_conditions": ["majority_vote", "safety_violation"],
        **fields,
    }
    return actions.issue_mandate(scope=scope, **wish)


def used(scope: Scope, amount: int = 1, *, minutes: float = 0, by: str = "") -> AssetUse:
    at = make.later(minutes)
    return actions.record_use(scope=scope, asset_name="gpu-pool", amount=amount, used_by=by, at=at)


def acts(cast: make.Cast, verb: str) -> int:
    with in_tenant(cast.tenant.id):
        return LedgerEntry.objects.filter(action_name=f"assets.{verb}", event_type="asset").count()


def test_register__is_listed_and_on_the_ledger(cast: make.Cast) -> None:
    registered(cast.bo, parties=["clay", " clay ", "memvid"], externality_pricing=Decimal("0.25"))
    with in_tenant(cast.tenant.id):
        rows = queries.assets(scope=cast.uma, filter=queries.AssetFilter(), at=make.AT)
        (line,) = map(queries.line_of, rows)
    assert (line.name, line.parties, line.state) == ("gpu-pool", ("clay", "memvid"), "active")
    assert acts(cast, "register_asset") == 1


@pytest.mark.parametrize("name", ["uma", "mel", "ada", "sam"])
def test_register__by_somebody_who_may_not__refused(name: str, cast: make.Cast) -> None:
    with pytest.raises(NotAllowed, match="register an asset"):
        registered(getattr(cast, name))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"ownership_model": "personal"}, "/owner"),
        ({"asset_type": "gold"}, "/asset_type"),
        ({"ownership_model": "mine"}, "/ownership_model"),
        ({"fallback_allocation": "luck"}, "/fallback_allocation"),
        ({"owner": "x" * 201}, "/owner"),
        ({"parties": ["a\u202eb"]}, "/parties/0"),
        ({"parties": ['a"b']}, "/parties/0"),
        ({"usage_cap_per_hour": -1}, "/usage_cap_per_hour"),
        ({"externality_pricing": Decimal("0.0000001")}, "/externality_pricing"),
        ({"externality_pricing": Decimal("NaN")}, "/externality_pricing"),
        ({"name": "no spaces"}, "/name"),
        ({"name": ""}, "/name"),
    ],
)
def test_register__what_cannot_be_shared__refused_by_its_member(fields: Any, pointer: str, cast: make.Cast) -> None:
    with pytest.raises(actions.BadAsset) as refusal:
        registered(cast.bo, **fields)
    assert pointer in dict(refusal.value.problems)


def test_register__a_name_twice_or_two_at_once__one(cast: make.Cast) -> None:
    found = at_once([lambda: registered(cast.bo), lambda: registered(cast.tess)])
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["Asset", "AssetExists"]
    with pytest.raises(actions.AssetExists):
        registered(cast.cy)


def test_change__keeps_before_and_after__and_needs_a_reason(cast: make.Cast) -> None:
    registered(cast.bo)
    values = {"usage_cap_per_hour": 50, "requires_consensus": True}
    changed = actions.change_asset(scope=cast.bo, name="gpu-pool", values=values, reason="Crowded.", at=make.AT)
    assert (changed.usage_cap_per_hour, changed.requires_consensus) == (50, True)
    actions.change_asset(scope=cast.bo, name="gpu-pool", values=values, reason="Again.", at=make.AT)
    assert acts(cast, "change_asset") == 1, "nothing changed the second time"
    with pytest.raises(ReasonMissing):
        actions.change_asset(scope=cast.bo, name="gpu-pool", values=values, reason=" ", at=make.AT)
    with pytest.raises(Invalid, match="no member"):
        actions.change_asset(scope=cast.bo, name="gpu-pool", values={"name": "x"}, reason="x", at=make.AT)


@pytest.mark.parametrize(
    "values",
    [
        {"ownership_model": "personal"},
        {"owner": "clay"},
        {"parties": ["memvid", "clay"]},
        {"requires_consensus": True},
    ],
)
def test_change__of_who_decides__is_granting_authority(values: dict[str, Any], cast: make.Cast) -> None:
    registered(cast.bo, owner="memvid", parties=["memvid"])

    def change(scope: Scope, **others: Any) -> Asset:
        wish = {**values, **others}
        return actions.change_asset(scope=scope, name="gpu-pool", values=wish, reason="Sold.", at=make.AT)

    for scope in (cast.tess, cast.ada, cast.sam):
        with pytest.raises(NotAllowed):
            change(scope, usage_cap_per_hour=5)
    assert acts(cast, "change_asset") == 0, "nothing of it"
    change(cast.bo)
    change(cast.tess, usage_cap_per_hour=5)
    assert acts(cast, "change_asset") == 2, "what stays as it is takes no authority"


def test_retire__ends_every_change_and_use(cast: make.Cast) -> None:
    registered(cast.bo)
    actions.retire_asset(scope=cast.bo, name="gpu-pool", reason="Sold.", at=make.AT)
    for call in (
        lambda: used(cast.bo),
        lambda: issued(cast.ada),
        lambda: actions.retire_asset(scope=cast.bo, name="gpu-pool", reason="Sold.", at=make.AT),
        lambda: actions.mark_contested(scope=cast.ada, name="gpu-pool", mediator="o", reason="x", at=make.AT),
    ):
        with pytest.raises(actions.Retired):
            call()
    with in_tenant(cast.tenant.id):
        found = queries.for_decision(tenant_id=cast.tenant.id, asset="gpu-pool", used_by="clay", at=make.AT)
    assert found.facts["asset"]["is_known"] is False and "unknown" in found.rules[0]


def test_contested__a_neutral_mediator_decides__until_it_is_settled(cast: make.Cast) -> None:
    registered(cast.bo, parties=["clay"])
    for mediator in ("", "clay", "a\x00b"):
        with pytest.raises(actions.BadAsset):
            actions.mark_contested(scope=cast.ada, name="gpu-pool", mediator=mediator, reason="x", at=make.AT)
    asset = actions.mark_contested(
        scope=cast.ada, name="gpu-pool", mediator="ombud", reason="Both want it.", at=make.AT
    )
    assert (asset.is_contested, asset.mediator) == (True, "ombud")
    with pytest.raises(NotAllowed):
        actions.settle(scope=cast.sam, name="gpu-pool", reason="Agreed.", at=make.AT)
    asset = actions.settle(scope=cast.ada, name="gpu-pool", reason="Agreed.", at=make.AT)
    assert (asset.is_contested, asset.mediator) == (False, "")
    with pytest.raises(actions.AlreadySettled):
        actions.settle(scope=cast.ada, name="gpu-pool", reason="Agreed.", at=make.AT)


def test_mandate__is_in_force_until_it_expires_or_is_revoked(cast: make.Cast) -> None:
    registered(cast.bo)
    one, two = issued(cast.ada, condition="hours <= 4"), issued(cast.bo, expires_at=make.later(10))
    actions.revoke_mandate(
        scope=cast.ada, mandate_id=one.id, reason="A fan burnt.", met_condition="safety_violation", at=make.later(20)
    )
    with in_tenant(cast.tenant.id):
        page = queries.page_of(scope=cast.uma, name="gpu-pool", at=make.later(30))
    assert {line.id: line.state for line in page.mandates} == {two.id: "expired", one.id: "revoked"}
    assert {line.met_condition for line in page.mandates} == {"safety_violation", ""}
    assert (acts(cast, "issue_mandate"), acts(cast, "revoke_mandate")) == (2, 1)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"actions": []}, "/actions"),
        ({"actions": ["train(x)"]}, "/actions/0"),
        ({"actions": ["~train"]}, "/actions/0"),
        ({"actions": ["a, b"]}, "/actions/0"),
        ({"actions": ["train now"]}, "/actions/0"),
        ({"effect": "allows"}, "/effect"),
        ({"authority": ""}, "/authority"),
        ({"condition": "hours <="}, "/condition"),
        ({"condition": "r: => x"}, "/condition"),
        ({"expires_at": make.AT}, "/expires_at"),
        ({"revocation_conditions": ["x" * 201]}, "/revocation_conditions"),
    ],
)
def test_mandate__that_cannot_be_enforced__refused_by_its_member(fields: Any, pointer: str, cast: make.Cast) -> None:
    registered(cast.bo)
    with pytest.raises(actions.BadMandate) as refusal:
        issued(cast.ada, **fields)
    assert pointer in dict(refusal.value.problems)


def test_mandate__wrong_role_second_time_and_unknown_condition__refused(cast: make.Cast) -> None:
    registered(cast.bo)
    for scope in (cast.sam, cast.tess, cast.uma, cast.mel):
        with pytest.raises(NotAllowed):
            issued(scope)
    one = issued(cast.ada)
    revoke = {"mandate_id": one.id, "at": make.AT}
    with pytest.raises(NotAllowed):
        actions.revoke_mandate(scope=cast.uma, reason="x", **revoke)
    with pytest.raises(actions.BadMandate, match="majority_vote"):
        actions.revoke_mandate(scope=cast.ada, reason="x", met_condition="whim", **revoke)
    found = at_once([lambda: actions.revoke_mandate(scope=cast.ada, reason="Over.", **revoke)] * 2)
    assert sorted(type(one.result or one.refusal).__name__ for one in found) == ["AlreadyRevoked", "Mandate"]


def test_use__a_cap_is_never_exceeded__whoever_records_at_once(cast: make.Cast) -> None:
    registered(cast.bo, usage_cap_per_hour=5)
    found = at_once([lambda by=f"user{n}": used(cast.bo, by=by) for n in range(8)])
    assert sum(isinstance(one.refusal, actions.CapReached) for one in found) == 3
    with in_tenant(cast.tenant.id):
        assert AssetUse.objects.count() == 5


def test_use__caps_are_of_the_last_hour_and_of_each_users_day(cast: make.Cast) -> None:
    registered(cast.bo, usage_cap_per_hour=3, usage_cap_per_user=4)
    used(cast.bo, 3, by="ann")
    with pytest.raises(actions.CapReached, match="an hour"):
        used(cast.bo, by="ben", minutes=59)
    used(cast.bo, by="ann", minutes=61)
    with pytest.raises(actions.CapReached, match="for ann"):
        used(cast.bo, by="ann", minutes=62)
    used(cast.bo, 2, by="ben", minutes=62)
    used(cast.bo, by="ann", minutes=24 * 60 + 1)
    assert acts(cast, "record_use") == 4


def test_use__without_a_cap__none(cast: make.Cast) -> None:
    registered(cast.bo)
    used(cast.bo, 1_000_000)
    for amount in (0, -1):
        with pytest.raises(actions.BadAsset):
            used(cast.bo, amount)


def test_use__a_system_records_its_own__and_only_that(cast: make.Cast) -> None:
    registered(cast.bo)
    sponsor = cast.bo.actor.user_id
    actor = Actor(ActorKind.SYSTEM, agent_name("clay-consigliere"), cast.system.id, sponsor_id=sponsor)
    agent = Scope(cast.tenant.id, actor, grants=frozenset({Capability.ASK}))
    assert used(agent).used_by == "clay-consigliere"
    with pytest.raises(NotAllowed, match="its own use"):
        used(agent, by="ann")
    with pytest.raises(NotAllowed):
        used(cast.uma)


def test_stranger__finds_nothing_of_ours(cast: make.Cast) -> None:
    registered(cast.bo)
    one, mallory = issued(cast.ada), make.stranger()
    calls = (
        lambda: used(mallory),
        lambda: issued(mallory),
        lambda: actions.change_asset(scope=mallory, name="gpu-pool", values={}, reason="x", at=make.AT),
        lambda: actions.retire_asset(scope=mallory, name="gpu-pool", reason="x", at=make.AT),
        lambda: actions.revoke_mandate(scope=mallory, mandate_id=one.id, reason="x", at=make.AT),
        lambda: actions.mark_contested(scope=mallory, name="gpu-pool", mediator="o", reason="x", at=make.AT),
    )
    for call in calls:
        with pytest.raises(NotFound):
            call()
    with in_tenant(mallory.tenant_id):
        found = queries.for_decision(tenant_id=mallory.tenant_id, asset="gpu-pool", used_by="x", at=make.AT)
    assert found.facts["asset"]["is_known"] is False


def test_decision__gets_rules_and_facts__with_few_queries(cast: make.Cast) -> None:
    registered(cast.bo, parties=["clay-consigliere"], usage_cap_per_hour=10)
    for _ in range(3):
        issued(cast.ada)
    used(cast.bo, 2, by="clay-consigliere")
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as seen:
        found = queries.for_decision(
            tenant_id=cast.tenant.id, asset="gpu-pool", used_by="clay-consigliere", at=make.later(1)
        )
    assert len(seen) == 3 and len(found.rules) == 5
    facts = found.facts["asset"]
    assert (facts["uses_this_hour"], facts["uses_by_user"], facts["is_party"]) == (2, 2, True)
    with in_tenant(cast.tenant.id):
        assert len(queries.law(scope=cast.uma, at=make.later(1)).rules) == 5


def test_import__of_the_seeds_document__and_back(cast: make.Cast) -> None:
    asset = actions.import_asset(scope=cast.bo, document=SEED, at=make.AT)
    with in_tenant(cast.tenant.id):
        assert written(queries.document_of(scope=cast.uma, asset=asset, at=make.AT)) == SEED
    with pytest.raises(actions.AssetExists):
        actions.import_asset(scope=cast.bo, document=SEED, at=make.AT)
    with pytest.raises(NotAllowed, match="mandate"):
        actions.import_asset(scope=cast.tess, document={**SEED, "asset_id": "other"}, at=make.AT)
    with pytest.raises(DomainError):
        actions.import_asset(
            scope=cast.bo, document={**SEED, "asset_id": "b", "ownership_model": "personal"}, at=make.AT
        )


def test_document__never_turns_a_narrow_mandate_into_a_wide_one(cast: make.Cast) -> None:
    asset = registered(cast.bo)
    issued(cast.ada, effect="forbids")
    issued(cast.ada, condition="hours <= 4")
    with in_tenant(cast.tenant.id):
        assert queries.document_of(scope=cast.uma, asset=asset, at=make.AT).mandate is None


@pytest.mark.parametrize(
    "change",
    ["UPDATE mandates SET actions = '{*}'", "UPDATE mandates SET expires_at = now()", "DELETE FROM mandates"],
)
def test_database__rewrites_no_mandate(change: str, cast: make.Cast) -> None:
    registered(cast.bo)
    issued(cast.ada)
    with pytest.raises(DatabaseError), in_tenant(cast.tenant.id):
        run(change)
