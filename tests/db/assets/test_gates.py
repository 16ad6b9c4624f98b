"""Each verb of assets: a stranger, a wrong role, a second time, two at once (what test_verbs.py does not say already)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governance.assets import actions
from governance.assets.models import Asset, Mandate
from governance.errors import NotAllowed, NotFound
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make
from tests.db.amendments.desk import at_once
from tests.db.assets.test_verbs import acts, issued, registered
from tests.unit.governance.assets.test_document import SEED

Verb = Callable[[Scope], Any]


def imported(scope: Scope) -> Asset:
    return actions.import_asset(scope=scope, document=SEED, at=make.AT)


def changed(scope: Scope, cap: int = 5) -> Asset:
    values = {"usage_cap_per_hour": cap}
    return actions.change_asset(scope=scope, name="gpu-pool", values=values, reason="Crowded.", at=make.AT)


def retired(scope: Scope) -> Asset:
    return actions.retire_asset(scope=scope, name="gpu-pool", reason="Sold.", at=make.AT)


def contested(scope: Scope, mediator: str = "ombud") -> Asset:
    return actions.mark_contested(scope=scope, name="gpu-pool", mediator=mediator, reason="Both.", at=make.AT)


def settled(scope: Scope) -> Asset:
    return actions.settle(scope=scope, name="gpu-pool", reason="Agreed.", at=make.AT)


@pytest.fixture
def cast() -> make.Cast:
    return make.cast()


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        (imported, ("ada", "sam", "tess", "uma", "mel")),
        (changed, ("ada", "sam", "uma", "mel")),
        (retired, ("ada", "sam", "uma", "mel")),
        (contested, ("sam", "tess", "uma", "mel")),
        (settled, ("sam", "tess", "uma", "mel")),
    ],
)
def test_wrong_role__refused_and_nothing_is_recorded(verb: Verb, names: tuple[str, ...], cast: make.Cast) -> None:
    if verb is not imported:
        registered(cast.bo)
    for name in names:
        with pytest.raises(NotAllowed):
            verb(getattr(cast, name))
    with in_tenant(cast.tenant.id):
        assert Asset.objects.filter(retired_at=None, is_contested=False).count() == (verb is not imported)


def test_stranger__settles_nothing_of_ours_and_has_names_of_its_own(cast: make.Cast) -> None:
    registered(cast.bo)
    contested(cast.ada)
    mallory = make.stranger()
    with pytest.raises(NotFound):
        settled(mallory)
    registered(mallory)
    retired(mallory)
    with in_tenant(cast.tenant.id):
        assert Asset.objects.get().is_contested and Asset.objects.get().retired_at is None


@pytest.mark.parametrize(
    ("verb", "kinds", "entries"),
    [
        (imported, ["Asset", "AssetExists"], 1),
        (changed, ["Asset", "Asset"], 1),
        (retired, ["Asset", "Retired"], 1),
        (settled, ["AlreadySettled", "Asset"], 1),
    ],
)
def test_two_at_once__one_does_it(verb: Verb, kinds: list[str], entries: int, cast: make.Cast) -> None:
    if verb is not imported:
        registered(cast.bo)
    if verb is settled:
        contested(cast.ada)
    told = at_once([lambda: verb(cast.bo), lambda: verb(cast.cy)])
    assert sorted(type(one.result or one.refusal).__name__ for one in told) == kinds
    done = {imported: "import_asset", changed: "change_asset", retired: "retire_asset", settled: "settle"}
    assert acts(cast, done[verb]) == entries


def test_change__two_members_at_once__both_stay(cast: make.Cast) -> None:
    registered(cast.bo)
    change = {"name": "gpu-pool", "reason": "Crowded.", "at": make.AT}
    at_once(
        [
            lambda: actions.change_asset(scope=cast.bo, values={"usage_cap_per_hour": 5}, **change),
            lambda: actions.change_asset(scope=cast.cy, values={"usage_cap_per_user": 7}, **change),
        ]
    )
    with in_tenant(cast.tenant.id):
        asset = Asset.objects.get()
    assert (asset.usage_cap_per_hour, asset.usage_cap_per_user) == (5, 7)


def test_contested__again_or_two_at_once__names_one_mediator(cast: make.Cast) -> None:
    registered(cast.bo)
    contested(cast.ada)
    assert contested(cast.bo, "arbiter").mediator == "arbiter"
    told = at_once([lambda: contested(cast.ada, "one"), lambda: contested(cast.bo, "two")])
    assert all(one.refusal is None for one in told)
    with in_tenant(cast.tenant.id):
        assert Asset.objects.get().mediator in ("one", "two")
    assert acts(cast, "mark_contested") == 4


def test_mandate__a_second_time_and_two_at_once__each_stands_for_itself(cast: make.Cast) -> None:
    registered(cast.bo)
    issued(cast.ada)
    told = at_once([lambda: issued(cast.ada), lambda: issued(cast.bo)])
    assert all(one.refusal is None for one in told)
    with in_tenant(cast.tenant.id):
        assert Mandate.objects.filter(revoked_at=None).count() == 3
    assert acts(cast, "issue_mandate") == 3


def test_mandate__and_retirement_at_once__no_order_leaves_one_half(cast: make.Cast) -> None:
    registered(cast.bo)
    told = at_once([lambda: issued(cast.ada), lambda: retired(cast.bo)])
    assert isinstance(told[1].result, Asset)
    assert isinstance(told[0].result, Mandate) or isinstance(told[0].refusal, actions.Retired)
