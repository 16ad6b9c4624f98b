from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction

from governance.assets.actions.common import AssetExists, BadAsset, locked, name_fault, reason_of, record
from governance.assets.actions.mandates import enact
from governance.assets.document import PRICE_DIGITS, BadDocument, read
from governance.assets.models import Asset, AssetType, Fallback, MandateEffect, Ownership
from governance.errors import Invalid
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"
CHANGEABLE: Final = (
    "asset_type",
    "ownership_model",
    "owner",
    "parties",
    "requires_consensus",
    "fallback_allocation",
    "externality_pricing",
    "usage_cap_per_user",
    "usage_cap_per_hour",
)
OWNERSHIP: Final = ("ownership_model", "owner", "parties", "requires_consensus")
"""Who decides about an asset: changing one of these changes whose authority counts."""
MOST_PARTIES: Final = 50


@governed("assets.register_asset", subject="name")
def register_asset(
    *,
    scope: Scope,
    name: str,
    asset_type: str,
    ownership_model: str,
    at: datetime,
    owner: str = "",
    parties: Sequence[str] = (),
    requires_consensus: bool = False,
    fallback_allocation: str = Fallback.EQUAL_SHARES,
    externality_pricing: Decimal | None = None,
    usage_cap_per_user: int | None = None,
    usage_cap_per_hour: int | None = None,
) -> Asset:
    """Register something that several parties use, with how it is shared. Raises `NotAllowed`, `BadAsset`, `AssetExists`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="register an asset")
    values = {
        "asset_type": asset_type,
        "ownership_model": ownership_model,
        "owner": owner,
        "parties": list(parties),
        "requires_consensus": requires_consensus,
        "fallback_allocation": fallback_allocation,
        "externality_pricing": externality_pricing,
        "usage_cap_per_user": usage_cap_per_user,
        "usage_cap_per_hour": usage_cap_per_hour,
    }
    asset = _inserted(scope=scope, name=name, values=values, at=at)
    said = f"{asset.name} was registered as {asset.ownership_model} {asset.asset_type}."
    record(scope=scope, verb="register_asset", asset=asset, said=said, at=at, after=_plain(asset))
    return asset


@governed("assets.import_asset")
def import_asset(*, scope: Scope, document: Any, at: datetime, owner: str = "", parties: Sequence[str] = ()) -> Asset:
    """Register an asset from the document of seeds/002 6.2; its mandate, if it has one, is issued with it.

    Raises `NotAllowed`, `BadDocument`, `BadAsset`, `BadMandate`, `AssetExists`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="register an asset")
    found = read(document)
    if found.mandate is not None:
        scope.demand(Capability.GRANT_AUTHORITY, to="issue a mandate")
    shared = {key: getattr(found, key) for key in CHANGEABLE if key not in ("owner", "parties")}
    values = {**shared, "owner": owner, "parties": list(parties)}
    asset = _inserted(scope=scope, name=found.name, values=values, at=at)
    said = f"{asset.name} was imported as {asset.ownership_model} {asset.asset_type}."
    record(scope=scope, verb="import_asset", asset=asset, said=said, at=at, after=_plain(asset))
    if found.mandate is not None:
        enact(
            scope=scope,
            asset=asset,
            effect=MandateEffect.PERMITS,
            actions=found.mandate.actions,
            condition="",
            authority=found.mandate.authority,
            expires_at=found.mandate.expires_at,
            revocation_conditions=found.mandate.revocation_conditions,
            at=at,
        )
    return asset


@governed("assets.change_asset", subject="name")
def change_asset(*, scope: Scope, name: str, values: Mapping[str, Any], reason: str, at: datetime) -> Asset:
    """Change how an asset is shared (`CHANGEABLE`), with a reason; the ledger keeps before and after.

    Changing who decides about it (`OWNERSHIP`) is granting authority. Raises `NotAllowed`, `NotFound`, `Retired`,
    `ReasonMissing`, `BadAsset`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="change an asset")
    said = reason_of(reason)
    if unknown := sorted(set(values) - set(CHANGEABLE)):
        raise Invalid(f"{unknown[0]} is no member that can be changed.", problems=((f"/{unknown[0]}", "is unknown"),))
    asset = locked(scope=scope, name=name)
    before = _plain(asset)
    _set(asset, values)
    after = _plain(asset)
    changed = [key for key in CHANGEABLE if before[key] != after[key]]
    if not changed:
        return asset
    if not set(OWNERSHIP).isdisjoint(changed):
        scope.demand(Capability.GRANT_AUTHORITY, to="change who decides about an asset")
    asset.save(update_fields=changed)
    record(
        scope=scope,
        verb="change_asset",
        asset=asset,
        said=f"{', '.join(changed)} of {asset.name} changed: {said}",
        at=at,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        reason=said,
    )
    return asset


@governed("assets.retire_asset", subject="name")
def retire_asset(*, scope: Scope, name: str, reason: str, at: datetime) -> Asset:
    """Take an asset out of use for good: from now on every use of it is refused. Raises `NotAllowed`, `NotFound`, `Retired`."""
    scope.demand(Capability.MANAGE_SYSTEMS, to="retire an asset")
    said = reason_of(reason)
    asset = locked(scope=scope, name=name)
    asset.retired_at = at
    asset.save(update_fields=["retired_at"])
    record(scope=scope, verb="retire_asset", asset=asset, said=f"{asset.name} was retired: {said}", at=at, reason=said)
    return asset


def _inserted(*, scope: Scope, name: str, values: Mapping[str, Any], at: datetime) -> Asset:
    if not re.fullmatch(NAME, name):
        problem = ("/name", "takes letters, digits, dots, dashes and underscores, at most 80")
        raise BadAsset("Give the asset a name of letters, digits, dots and dashes.", problems=(problem,))
    asset = Asset(id=new_id(at), tenant_id=scope.tenant_id, name=name, created_at=at, created_by=scope.actor.name)
    _set(asset, values)
    try:
        with transaction.atomic():
            asset.save(force_insert=True)
    except IntegrityError as error:
        if "assets_name_in_tenant" not in str(error):
            raise
        raise AssetExists(f"An asset called {name} exists, or existed, already. Choose another name.") from error
    return asset


def _set(asset: Asset, values: Mapping[str, Any]) -> None:
    """Put the values on the row and refuse what they make of it, every fault at once."""
    for key, value in values.items():
        setattr(asset, key, value)
    asset.owner = asset.owner.strip()
    asset.parties = list(dict.fromkeys(one.strip() for one in asset.parties if one.strip()))
    if problems := tuple(_problems(asset)):
        raise BadAsset("This is no asset that can be shared; every fault is listed.", problems=problems)


def _problems(asset: Asset) -> list[tuple[str, str]]:
    words = (
        ("asset_type", AssetType.values),
        ("ownership_model", Ownership.values),
        ("fallback_allocation", Fallback.values),
    )
    found = [(f"/{key}", f"must be one of {', '.join(of)}") for key, of in words if getattr(asset, key) not in of]
    if asset.ownership_model == Ownership.PERSONAL and not asset.owner:
        found.append(("/owner", "is missing: a personal asset has an owner, whose rules decide"))
    if asset.owner and (wrong := name_fault(asset.owner)):
        found.append(("/owner", wrong))
    found += [(f"/parties/{place}", wrong) for place, one in enumerate(asset.parties) if (wrong := name_fault(one))]
    if len(asset.parties) > MOST_PARTIES:
        found.append(("/parties", f"has more than {MOST_PARTIES} names"))
    for key in ("usage_cap_per_user", "usage_cap_per_hour"):
        cap = getattr(asset, key)
        if cap is not None and not 0 <= cap < 2**31:
            found.append((f"/{key}", "must be a whole number from 0, or nothing for no cap"))
    if (price := asset.externality_pricing) is not None and (
        not price.is_finite() or not 0 <= price < 10 ** PRICE_DIGITS[0] or price != round(price, PRICE_DIGITS[1])
    ):
        found.append(("/externality_pricing", "must be a price for each unit with at most 6 decimals"))
    return found


def _plain(asset: Asset) -> dict[str, Any]:
    """What can change, as the ledger keeps it."""
    values = {key: getattr(asset, key) for key in CHANGEABLE}
    price = asset.externality_pricing
    return {**values, "externality_pricing": None if price is None else f"{price.normalize():f}"}


__all__ = ["BadDocument", "change_asset", "import_asset", "register_asset", "retire_asset"]
