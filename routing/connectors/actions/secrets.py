from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from governance.errors import Invalid, NotAllowed, NotFound
from governance.ids import new_id
from governance.keys.actions import box
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from routing.connectors import ways
from routing.connectors.actions.common import AlreadySo, connector_of, record
from routing.connectors.models import ConnectorSecret

OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=30)


@governed("connectors.set_secret", subject="system_name")
def set_secret(
    *, scope: Scope, system_name: str, value: str, at: datetime, name: str = "", overlap: timedelta = OVERLAP
) -> ConnectorSecret:
    """Seal the next version of a secret; from now on it is the one that is sent. It is never shown again.

    The version before it is kept for `overlap`, and is sent again if the new one is retired in that time. `name` "" is the usual
    one of the kind. Raises `NotAllowed`, `NotFound`, `Invalid`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="set a secret")
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise Invalid(
            "The former version is kept for up to 30 days.", problems=(("/overlap_hours", "is out of range"),)
        )
    connector = connector_of(scope, system_name)
    name = name.strip() or ways.usual_name(connector.kind)
    if wrong := ways.wrong_name(connector.kind, name):
        raise Invalid(wrong, problems=(("/name", wrong),))
    if wrong := ways.wrong_value(value):
        raise Invalid(wrong, problems=(("/value", wrong),))
    rows = ConnectorSecret.objects.filter(tenant_id=scope.tenant_id, connector=connector)
    if ways.usual_name(connector.kind) and rows.filter(retired_at=None).exclude(name=name).exists():
        other = rows.filter(retired_at=None).exclude(name=name).values_list("name", flat=True)[0]
        sentence = f"This kind of connector sends one secret, and it has {other}. Retire that one first."
        raise Invalid(sentence, problems=(("/name", sentence),))
    rows = rows.filter(name=name)
    last = rows.aggregate(last=Max("version"))["last"] or 0
    former = rows.filter(retired_at=None).first()
    if former is not None:
        rows.filter(id=former.id).update(retired_at=at + overlap, **({} if overlap else {"sealed": b""}))
    secret = ConnectorSecret.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        connector=connector,
        name=name,
        version=last + 1,
        sealed=box().encrypt(value.encode()),
        created_at=at,
        created_by=scope.actor.name,
    )
    said = f"Version {secret.version} of the secret {name} of {system_name} was set."
    if former is not None:
        said += f" Version {former.version} ends {'now' if not overlap else f'in {overlap}'}."
    facts = {"secret": name, "version": secret.version, "former": former.version if former else None}
    record(scope, connector, at, verb="set_secret", said=said, **facts)
    return secret


@governed("connectors.retire_secret", subject="system_name")
def retire_secret(*, scope: Scope, system_name: str, name: str, version: int, at: datetime) -> ConnectorSecret:
    """Forget one version of a secret now. Without another version in force, a system that needs a secret is not called.

    Raises `NotAllowed`, `NotFound`, `AlreadySo`.
    """
    scope.demand(Capability.MANAGE_SYSTEMS, to="retire a secret")
    connector = connector_of(scope, system_name)
    rows = ConnectorSecret.objects.filter(tenant_id=scope.tenant_id, connector=connector, name=name, version=version)
    secret = rows.first()
    if secret is None:
        raise NotFound(f"{system_name} has no version {version} of a secret {name[:80]}.")
    if secret.retired_at is not None and secret.retired_at <= at:
        raise AlreadySo(f"Version {version} of {name} was retired already.")
    rows.update(retired_at=at, sealed=b"")
    secret.retired_at, secret.sealed = at, b""
    said = f"Version {version} of the secret {name} of {system_name} was retired and forgotten."
    record(scope, connector, at, verb="retire_secret", said=said, secret=name, version=version)
    return secret


@governed("connectors.forget_over")
def forget_over(*, scope: Scope, at: datetime) -> int:
    """TARS's own: drop what is sealed of versions whose overlap has ended; returns how many."""
    if not scope.actor.is_tars:
        raise NotAllowed("Only TARS forgets secrets whose time is over.")
    rows = ConnectorSecret.objects.filter(tenant_id=scope.tenant_id, retired_at__lte=at).exclude(sealed=b"")
    return rows.update(sealed=b"")
