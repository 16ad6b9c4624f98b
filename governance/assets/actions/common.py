"""What the verbs of assets share: refusals, the row under its lock, the ledger entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from governance.assets.models import Asset
from governance.errors import DomainError, Invalid, NotFound
from governance.ledger import actions as ledger
from governance.policy.names import fault
from governance.scope import Scope
from governance.tenants.actions import ReasonMissing

LONGEST: Final = 1_000
LONGEST_NAME: Final = 200


class BadAsset(Invalid):
    """A member of the asset is missing, too long or contradicts another; `problems` says which."""

    code = "bad_asset"


class AssetExists(DomainError):
    """An asset of that name exists, or existed, in the tenant."""

    code = "asset_exists"


class Retired(DomainError):
    """The asset is retired: nothing about it changes any more."""

    code = "asset_retired"


def locked(*, scope: Scope, name: str) -> Asset:
    """The asset under its lock. Raises `NotFound`, `Retired`."""
    rows = Asset.objects.select_for_update(no_key=True).filter(tenant_id=scope.tenant_id, name=name)
    found = None if "\x00" in name else rows.first()
    if found is None:
        raise NotFound("There is no such asset. The page Assets lists those there are.")
    if found.retired_at is not None:
        raise Retired(f"{found.name} was retired. Register another asset under another name.")
    return found


def reason_of(reason: str) -> str:
    """The reason without blanks around it. Raises `ReasonMissing`."""
    said = reason.strip()
    if not said or len(said) > LONGEST:
        problems = (("/reason", f"is missing or longer than {LONGEST} characters"),)
        raise ReasonMissing("Say why: the reason stands on the ledger.", problems=problems)
    return said


def name_fault(name: str) -> str:
    """What is wrong with a name of somebody, which also stands in rules; "" when nothing is."""
    if not name or len(name) > LONGEST_NAME:
        return f"is missing or longer than {LONGEST_NAME} characters"
    found = fault(name)
    return (
        found[1] if found else "" if '"' not in name and "\\" not in name else "holds a quotation mark or a backslash"
    )


def record(*, scope: Scope, verb: str, asset: Asset, said: str, at: datetime, **details: Any) -> None:
    """The ledger entry of a verb about an asset."""
    action = {"name": f"assets.{verb}", "subject": asset.name, "asset_id": str(asset.id), **details}
    ledger.append(scope=scope, at=at, event_type="asset", action=action, explanation=said)
