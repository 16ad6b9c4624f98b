from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from governance.assets.document import AssetDocument, MandateDocument
from governance.assets.law import AssetLaw, MandateLaw
from governance.assets.models import Asset, AssetType, AssetUse, Mandate, MandateEffect, Ownership
from governance.assets.rules import no_amount, rules_of, theory_of, unknown
from governance.errors import NotFound
from governance.policy.rules import Theory
from governance.policy.writing import rule_text
from governance.scope import Scope

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MOST: Final = 1_000
"""Assets that the list of all rules reads."""


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """What the URL asks for; empty means any. Retired assets are shown only when asked for."""

    text: str = ""
    asset_type: str = ""
    ownership: str = ""
    state: str = ""

    @property
    def is_narrow(self) -> bool:
        return any((self.text, self.asset_type, self.ownership, self.state))


@dataclass(frozen=True, slots=True)
class MandateLine:
    """One mandate; `state` is in_force, expired or revoked."""

    id: UUID
    effect: str
    actions: tuple[str, ...]
    condition: str
    authority: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    revocation_conditions: tuple[str, ...]
    revoked_at: datetime | None
    revoked_by: str
    revoked_because: str
    met_condition: str
    state: str

    @property
    def effect_label(self) -> str:
        return str(MandateEffect(self.effect).label)


@dataclass(frozen=True, slots=True)
class Use:
    """One use that was recorded."""

    used_by: str
    amount: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AssetLine:
    """An asset, as lists and its page read it. `state` is active, contested or retired."""

    id: UUID
    name: str
    asset_type: str
    ownership: str
    owner: str
    parties: tuple[str, ...]
    requires_consensus: bool
    fallback_allocation: str
    externality_pricing: Decimal | None
    cap_per_user: int | None
    cap_per_hour: int | None
    mediator: str
    state: str
    created_at: datetime
    created_by: str
    retired_at: datetime | None
    mandates_in_force: int = 0

    @property
    def type_label(self) -> str:
        return str(AssetType(self.asset_type).label)


@dataclass(frozen=True, slots=True)
class AssetPage:
    """One asset with its mandates (newest first), its latest uses and what is used of its hour."""

    asset: AssetLine
    mandates: tuple[MandateLine, ...]
    uses: tuple[Use, ...]
    uses_this_hour: int


@dataclass(frozen=True, slots=True)
class ForDecision:
    """What a question about an asset is decided by: rules in the text format, and the facts that TARS asserts."""

    rules: tuple[str, ...]
    facts: dict[str, Any]


def assets(*, scope: Scope, filter: AssetFilter, at: datetime) -> QuerySet[Asset]:
    """The filtered assets by name; slice it and give each to `line_of`."""
    rows = Asset.objects.filter(tenant_id=scope.tenant_id)
    if filter.text:
        rows = rows.filter(Q(name__icontains=filter.text) | Q(owner__icontains=filter.text))
    if filter.asset_type:
        rows = rows.filter(asset_type=filter.asset_type)
    if filter.ownership:
        rows = rows.filter(ownership_model=filter.ownership)
    rows = rows.filter(retired_at__isnull=filter.state != "retired")
    if filter.state == "contested":
        rows = rows.filter(is_contested=True)
    in_force = Q(mandates__revoked_at=None, mandates__expires_at__gt=at)
    return rows.annotate(in_force=Count("mandates", filter=in_force)).order_by("name")


def line_of(row: Asset) -> AssetLine:
    """One row of `assets`."""
    return AssetLine(
        id=row.id,
        name=row.name,
        asset_type=row.asset_type,
        ownership=row.ownership_model,
        owner=row.owner,
        parties=tuple(row.parties),
        requires_consensus=row.requires_consensus,
        fallback_allocation=row.fallback_allocation,
        externality_pricing=row.externality_pricing,
        cap_per_user=row.usage_cap_per_user,
        cap_per_hour=row.usage_cap_per_hour,
        mediator=row.mediator,
        state="retired" if row.retired_at else "contested" if row.is_contested else "active",
        created_at=row.created_at,
        created_by=row.created_by,
        retired_at=row.retired_at,
        mandates_in_force=getattr(row, "in_force", 0),
    )


def asset(*, scope: Scope, name: str) -> Asset:
    """One asset, retired ones too. Raises `NotFound`."""
    # PostgreSQL has no text with U+0000, so nothing is called that.
    found = None if "\x00" in name else Asset.objects.filter(tenant_id=scope.tenant_id, name=name).first()
    if found is None:
        raise NotFound("There is no such asset. The page Assets lists those there are.")
    return found


def page_of(*, scope: Scope, name: str, at: datetime) -> AssetPage:
    """One asset with everything about it. Four queries. Raises `NotFound`."""
    row = asset(scope=scope, name=name)
    mandates = tuple(mandate_line(one, at=at) for one in mandates_of(scope=scope, asset=row)[:MOST])
    uses = AssetUse.objects.filter(tenant_id=scope.tenant_id, asset_id=row.id).order_by("-at", "-id")
    latest = tuple(Use(*one) for one in uses.values_list("used_by", "amount", "at")[:10])
    return AssetPage(line_of(row), mandates, latest, used(row, since=at - HOUR))


def mandates_of(*, scope: Scope, asset: Asset) -> QuerySet[Mandate]:
    """The mandates on an asset, newest first."""
    return Mandate.objects.filter(tenant_id=scope.tenant_id, asset_id=asset.id).order_by("-id")


def mandate(*, scope: Scope, mandate_id: UUID) -> Mandate:
    """One mandate with its asset. Raises `NotFound`."""
    rows = Mandate.objects.select_related("asset").filter(tenant_id=scope.tenant_id, id=mandate_id)
    found = rows.first()
    if found is None:
        raise NotFound("There is no such mandate. The asset's page lists those there are.")
    return found


def mandate_line(row: Mandate, *, at: datetime) -> MandateLine:
    """One row of `mandates_of`."""
    columns = ("id", "effect", "actions", "condition", "authority", "issued_at", "issued_by", "expires_at")
    after = ("revocation_conditions", "revoked_at", "revoked_by", "revoked_because", "met_condition")
    values = {name: getattr(row, name) for name in (*columns, *after)}
    lists = {name: tuple(values[name]) for name in ("actions", "revocation_conditions")}
    state = "revoked" if row.revoked_at else "in_force" if row.expires_at > at else "expired"
    return MandateLine(**{**values, **lists}, state=state)


def used(row: Asset, *, since: datetime, by: str = "") -> int:
    """Units that were used since a moment, by everybody or by one. What is recorded as later counts too: fail closed."""
    rows = AssetUse.objects.filter(tenant_id=row.tenant_id, asset_id=row.id, at__gt=since)
    rows = rows.filter(used_by=by) if by else rows
    return int(rows.aggregate(sum=Sum("amount"))["sum"] or 0)


def for_decision(*, tenant_id: UUID, asset: str, used_by: str, at: datetime, amount: int = 1) -> ForDecision:
    """The rules and facts of the asset that a question names. Three queries; an unknown or retired one, or an amount below one,
    forbids everything."""
    rows = Asset.objects.filter(tenant_id=tenant_id, name=asset, retired_at=None)
    row = None if "\x00" in asset else rows.first()
    if row is None:
        name = asset.replace("\x00", "")[:200] or "none"
        return ForDecision((rule_text(unknown(name)),), {"asset": {"name": name, "is_known": False}})
    rules = rules_of(_law(row, _valid(row.mandates.filter(tenant_id=tenant_id), at)), at=at)
    rules = rules if amount >= 1 else (*rules, no_amount(row.name))
    return ForDecision(tuple(map(rule_text, rules)), {"asset": _facts(row, used_by=used_by, amount=amount, at=at)})


def law(*, scope: Scope, at: datetime) -> Theory:
    """The rules of every asset, for the list of rules in force. Two queries."""
    rows = list(Asset.objects.filter(tenant_id=scope.tenant_id, retired_at=None).order_by("name")[:MOST])
    mandates: dict[UUID, list[Mandate]] = {}
    for one in _valid(Mandate.objects.filter(tenant_id=scope.tenant_id, asset__in=rows), at):
        mandates.setdefault(one.asset_id, []).append(one)
    return theory_of([_law(row, mandates.get(row.id, ())) for row in rows], at=at)


def document_of(*, scope: Scope, asset: Asset, at: datetime) -> AssetDocument:
    """The asset in the form of seeds/002 6.2, which knows permitting mandates without a condition: the newest in force."""
    rows = _valid(mandates_of(scope=scope, asset=asset).filter(effect=MandateEffect.PERMITS, condition=""), at)
    newest = rows.order_by("-id").first()
    return AssetDocument(
        name=asset.name,
        asset_type=asset.asset_type,
        ownership_model=asset.ownership_model,
        requires_consensus=asset.requires_consensus,
        fallback_allocation=asset.fallback_allocation,
        externality_pricing=asset.externality_pricing,
        usage_cap_per_user=asset.usage_cap_per_user,
        usage_cap_per_hour=asset.usage_cap_per_hour,
        mandate=MandateDocument(
            actions=tuple(newest.actions),
            authority=newest.authority,
            expires_at=newest.expires_at,
            revocation_conditions=tuple(newest.revocation_conditions),
        )
        if newest
        else None,
    )


def _valid(rows: QuerySet[Mandate], at: datetime) -> QuerySet[Mandate]:
    return rows.filter(revoked_at=None, expires_at__gt=at).order_by("id")


def _law(row: Asset, mandates: Iterable[Mandate]) -> AssetLaw:
    return AssetLaw(
        name=row.name,
        ownership=row.ownership_model,
        owner=row.owner,
        parties=tuple(row.parties),
        requires_consensus=row.requires_consensus,
        cap_per_user=row.usage_cap_per_user,
        cap_per_hour=row.usage_cap_per_hour,
        is_contested=row.is_contested,
        mediator=row.mediator,
        mandates=tuple(
            MandateLaw(
                id=one.id.hex,
                effect=one.effect,
                actions=tuple(one.actions),
                authority=one.authority,
                issued_at=one.issued_at,
                expires_at=one.expires_at,
                condition=one.condition,
                revoked_at=one.revoked_at,
            )
            for one in mandates
        ),
    )


def _facts(row: Asset, *, used_by: str, amount: int, at: datetime) -> dict[str, Any]:
    uses = AssetUse.objects.filter(tenant_id=row.tenant_id, asset_id=row.id, at__gt=at - DAY)
    sums = uses.aggregate(hour=Sum("amount", filter=Q(at__gt=at - HOUR)), user=Sum("amount", filter=Q(used_by=used_by)))
    return {
        "name": row.name,
        "is_known": True,
        "type": row.asset_type,
        "ownership": row.ownership_model,
        "owner": row.owner,
        "is_owner": bool(row.owner) and row.owner == used_by,
        "is_party": used_by in (*row.parties, row.owner),
        "is_public": row.ownership_model == Ownership.PUBLIC,
        "is_contested": row.is_contested,
        "uses_this_hour": int(sums["hour"] or 0),
        "uses_by_user": int(sums["user"] or 0),
        "amount": amount,
    }
