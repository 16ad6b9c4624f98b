from __future__ import annotations

from datetime import datetime

from governance.assets.actions.common import BadAsset, locked, name_fault, reason_of, record
from governance.assets.models import Asset
from governance.errors import DomainError
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.webhooks.actions import emit


class AlreadySettled(DomainError):
    """The asset is not contested."""

    code = "not_contested"


@governed("assets.mark_contested", subject="name")
def mark_contested(*, scope: Scope, name: str, mediator: str, reason: str, at: datetime) -> Asset:
    """Say that it is disputed who may use an asset: mandates rest and a neutral mediator approves every action.

    On a contested asset it names another mediator. Raises `NotAllowed`, `NotFound`, `Retired`, `ReasonMissing`, `BadAsset`.
    """
    scope.demand(Capability.GRANT_AUTHORITY, to="mark an asset as contested")
    said = reason_of(reason)
    asset = locked(scope=scope, name=name)
    neutral = mediator.strip()
    if wrong := name_fault(neutral):
        raise BadAsset("Name the mediator who decides while it is contested.", problems=(("/mediator", wrong),))
    if neutral in (asset.owner, *asset.parties):
        problem = ("/mediator", "is the owner or a party")
        raise BadAsset("A mediator is neutral: name somebody who is neither owner nor party.", problems=(problem,))
    asset.is_contested, asset.mediator = True, neutral
    asset.save(update_fields=["is_contested", "mediator"])
    data = {"mediator": neutral, "reason": said, "by": scope.actor.name}
    emit(scope=scope, event="asset.contested", subject=asset.name, data=data, at=at)
    sentence = f"{asset.name} is contested; {neutral} decides about every use: {said}"
    record(scope=scope, verb="mark_contested", asset=asset, said=sentence, at=at, mediator=neutral, reason=said)
    return asset


@governed("assets.settle", subject="name")
def settle(*, scope: Scope, name: str, reason: str, at: datetime) -> Asset:
    """Say that a dispute is over: mandates count again. Raises `NotAllowed`, `NotFound`, `Retired`, `AlreadySettled`."""
    scope.demand(Capability.GRANT_AUTHORITY, to="settle a contested asset")
    said = reason_of(reason)
    asset = locked(scope=scope, name=name)
    if not asset.is_contested:
        raise AlreadySettled(f"{asset.name} is not contested. There is nothing to settle.")
    before, asset.is_contested, asset.mediator = asset.mediator, False, ""
    asset.save(update_fields=["is_contested", "mediator"])
    sentence = f"{asset.name} is no longer contested: {said}"
    record(scope=scope, verb="settle", asset=asset, said=sentence, at=at, mediator=before, reason=said)
    return asset
