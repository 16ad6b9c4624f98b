from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from governance.assets.actions.common import LONGEST, locked, name_fault, reason_of, record
from governance.assets.models import Asset, Mandate, MandateEffect
from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.policy import text
from governance.policy.errors import NotATheory
from governance.scope import Capability, Scope
from governance.webhooks.actions import emit

MOST_ACTIONS: Final = 50
MOST_CONDITIONS: Final = 20


class BadMandate(Invalid):
    """The mandate names no action, its condition cannot be read, or it ends before it begins; `problems` says which."""

    code = "bad_mandate"


class AlreadyRevoked(DomainError):
    """The mandate was revoked before."""

    code = "mandate_already_revoked"


@governed("assets.issue_mandate", subject="asset_name")
def issue_mandate(
    *,
    scope: Scope,
    asset_name: str,
    effect: str,
    actions: Sequence[str],
    authority: str,
    expires_at: datetime,
    at: datetime,
    condition: str = "",
    revocation_conditions: Sequence[str] = (),
) -> Mandate:
    """Record what a group decided about an asset: for these actions (names or globs), under this condition, until it expires.

    `condition` is a body in the rules' text format, "" for always. Raises `NotAllowed`, `NotFound`, `Retired`, `BadMandate`.
    """
    scope.demand(Capability.GRANT_AUTHORITY, to="issue a mandate")
    asset = locked(scope=scope, name=asset_name)
    return enact(
        scope=scope,
        asset=asset,
        effect=effect,
        actions=actions,
        condition=condition,
        authority=authority,
        expires_at=expires_at,
        revocation_conditions=revocation_conditions,
        at=at,
    )


def enact(
    *,
    scope: Scope,
    asset: Asset,
    effect: str,
    actions: Sequence[str],
    condition: str,
    authority: str,
    expires_at: datetime,
    revocation_conditions: Sequence[str],
    at: datetime,
) -> Mandate:
    """Write a mandate on a locked asset, inside the caller's verb. Raises `BadMandate`."""
    mandate = Mandate(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        asset=asset,
        effect=effect,
        actions=list(dict.fromkeys(one.strip() for one in actions if one.strip())),
        condition=condition.strip(),
        authority=authority.strip(),
        issued_at=at,
        issued_by=scope.actor.name,
        expires_at=expires_at,
        revocation_conditions=list(dict.fromkeys(one.strip() for one in revocation_conditions if one.strip())),
    )
    if problems := tuple(_problems(mandate)):
        raise BadMandate("This is no mandate that can be enforced; every fault is listed.", problems=problems)
    mandate.save(force_insert=True)
    word = MandateEffect(effect).label.lower()
    said = f"{mandate.authority} {word} {', '.join(mandate.actions)} on {asset.name} until {expires_at:%d %B %Y}"
    said += f", where {mandate.condition}." if mandate.condition else "."
    data = {"authority": mandate.authority, "effect": effect, "actions": mandate.actions, "by": scope.actor.name}
    emit(scope=scope, event="mandate.issued", subject=asset.name, data=data, at=at)
    record(
        scope=scope,
        verb="issue_mandate",
        asset=asset,
        said=said,
        at=at,
        mandate_id=str(mandate.id),
        effect=effect,
        actions=mandate.actions,
        condition=mandate.condition,
        authority=mandate.authority,
        expires_at=expires_at.isoformat(),
        revocation_conditions=mandate.revocation_conditions,
    )
    return mandate


@governed("assets.revoke_mandate", subject="mandate_id")
def revoke_mandate(*, scope: Scope, mandate_id: UUID, reason: str, at: datetime, met_condition: str = "") -> Mandate:
    """End a mandate now, with a reason and, if one was met, which of its revocation conditions.

    Raises `NotAllowed`, `NotFound`, `ReasonMissing`, `BadMandate`, `AlreadyRevoked`.
    """
    scope.demand(Capability.GRANT_AUTHORITY, to="revoke a mandate")
    said = reason_of(reason)
    rows = Mandate.objects.select_for_update(of=("self",), no_key=True).select_related("asset")
    mandate = rows.filter(tenant_id=scope.tenant_id, id=mandate_id).first()
    if mandate is None:
        raise NotFound("There is no such mandate. The asset's page lists those there are.")
    if mandate.revoked_at is not None:
        raise AlreadyRevoked(f"{mandate.revoked_by} revoked this mandate before. There is nothing left to do.")
    if met_condition and met_condition not in mandate.revocation_conditions:
        known = ", ".join(mandate.revocation_conditions) or "none"
        problem = ("/met_condition", "is none of the mandate's")
        raise BadMandate(f"Its revocation conditions are: {known}.", problems=(problem,))
    mandate.revoked_at, mandate.revoked_by = at, scope.actor.name
    mandate.revoked_because, mandate.met_condition = said, met_condition
    mandate.save(update_fields=["revoked_at", "revoked_by", "revoked_because", "met_condition"])
    data = {"authority": mandate.authority, "reason": said, "by": scope.actor.name}
    emit(scope=scope, event="mandate.revoked", subject=mandate.asset.name, data=data, at=at)
    met = f" ({met_condition})" if met_condition else ""
    record(
        scope=scope,
        verb="revoke_mandate",
        asset=mandate.asset,
        said=f"The mandate of {mandate.authority} on {mandate.asset.name} was revoked{met}: {said}",
        at=at,
        mandate_id=str(mandate.id),
        met_condition=met_condition,
        reason=said,
    )
    return mandate


def _problems(mandate: Mandate) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if mandate.effect not in MandateEffect.values:
        found.append(("/effect", f"must be one of {', '.join(MandateEffect.values)}"))
    if not 1 <= len(mandate.actions) <= MOST_ACTIONS:
        found.append(("/actions", f"must name 1 to {MOST_ACTIONS} actions"))
    found += [(f"/actions/{place}", wrong) for place, one in enumerate(mandate.actions) if (wrong := _no_action(one))]
    if wrong := name_fault(mandate.authority):
        found.append(("/authority", wrong))
    if wrong := _no_condition(mandate.condition):
        found.append(("/condition", wrong))
    if mandate.expires_at <= mandate.issued_at:
        found.append(("/expires_at", "must lie in the future"))
    conditions = mandate.revocation_conditions
    if len(conditions) > MOST_CONDITIONS or any(len(one) > 200 or "\x00" in one for one in conditions):
        found.append(("/revocation_conditions", f"takes up to {MOST_CONDITIONS} of up to 200 characters"))
    return found


def _no_action(action: str) -> str:
    """What is wrong with the name of an action, which may be a glob; "" when nothing is."""
    try:
        head = text.head(f"[P] {action}")
    except NotATheory as error:
        return f"is no action: {error.sentence}"
    (literal, *rest) = head.chain
    is_plain = not rest and not literal.is_negated and not literal.atom.args
    return name_fault(action) if is_plain else "is no action: give a name such as train or a pattern such as train.*"


def _no_condition(condition: str) -> str:
    if len(condition) > LONGEST:
        return f"is longer than {LONGEST} characters"
    try:
        text.body(condition)
    except NotATheory as error:
        return f"cannot be read (line {error.line}, column {error.column}): {error.sentence}"
    return ""
