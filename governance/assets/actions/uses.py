from __future__ import annotations

from datetime import datetime

from governance.assets.actions.common import BadAsset, locked, name_fault, record
from governance.assets.models import Asset, AssetUse
from governance.assets.queries import DAY, HOUR, used
from governance.errors import DomainError, NotAllowed
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import ActorKind, Capability, Scope, system_of


class CapReached(DomainError):
    """The use would exceed a usage cap of the asset."""

    code = "cap_reached"


@governed("assets.record_use", subject="asset_name")
def record_use(*, scope: Scope, asset_name: str, at: datetime, amount: int = 1, used_by: str = "") -> AssetUse:
    """Record a use of so many units. A cap is never exceeded, whoever records at once: the asset's row is locked.

    An hour's cap counts the last 60 minutes of everybody, a user's cap the last 24 hours of that user. Without `used_by` it is
    the actor's own use; a system records its own alone. Raises `NotAllowed`, `NotFound`, `Retired`, `BadAsset`, `CapReached`.
    """
    scope.demand(Capability.ASK, to="record a use")
    own = system_of(scope.actor) if scope.actor.kind is ActorKind.SYSTEM else scope.actor.name
    user = used_by.strip() or own
    if user != own and scope.actor.kind is ActorKind.SYSTEM:
        raise NotAllowed("A system records its own use and nobody else's.")
    if not 1 <= amount < 2**31:
        raise BadAsset("A use is 1 unit or more.", problems=(("/amount", "must be a whole number from 1"),))
    if wrong := name_fault(user):
        raise BadAsset("Say who used it.", problems=(("/used_by", wrong),))
    asset = locked(scope=scope, name=asset_name)
    _demand_room(asset, user, amount, at=at)
    use = AssetUse.objects.create(
        id=new_id(at), tenant_id=scope.tenant_id, asset=asset, used_by=user, amount=amount, at=at
    )
    said = f"{user} used {asset.name}: {amount}."
    record(scope=scope, verb="record_use", asset=asset, said=said, at=at, used_by=user, amount=amount)
    return use


def _demand_room(asset: Asset, user: str, amount: int, *, at: datetime) -> None:
    caps = (
        (asset.usage_cap_per_hour, HOUR, "", "an hour"),
        (asset.usage_cap_per_user, DAY, user, f"a day for {user}"),
    )
    for cap, window, by, said in caps:
        if cap is None:
            continue
        spent = used(asset, since=at - window, by=by)
        if spent + amount > cap:
            raise CapReached(
                f"{asset.name} allows {cap} {said}; {spent} are used and {amount} more do not fit. "
                "Ask again when the window has moved on, or ask an operator to raise the cap."
            )
