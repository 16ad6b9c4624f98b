"""REST over assets and mandates (docs/api.md)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.assets import actions, queries, shapes
from governance.assets.document import BadDocument, written
from governance.assets.models import Mandate
from governance.assets.queries import AssetFilter
from governance.registry.records import utc
from governance.rest import Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Scope
from governance.tenants.actions import ReasonMissing
from governance.web import now, reading

_CHANGING = (actions.Retired, actions.BadAsset, ReasonMissing)


class Assets(Face):
    @endpoint(gives=shapes.Asset, query=shapes.AssetQuery, is_paged=True)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """Assets by name; retired ones only with `state=retired`."""
        scope = self.reader(request)
        limit, after = paging(request)
        filter = AssetFilter(
            asked.get("q", ""), asked.get("type", ""), asked.get("ownership", ""), asked.get("state", "")
        )
        rows = queries.assets(scope=scope, filter=filter, at=now())
        if after:
            rows = rows.filter(name__gt=after)
        found = list(rows[: limit + 1])
        results = [_record(queries.line_of(row)) for row in found[:limit]]
        return paged(request, results, next_after=found[limit - 1].name if len(found) > limit else None)

    @endpoint(gives=shapes.Asset, status=201, takes=shapes.NewAsset, problems=(actions.AssetExists, actions.BadAsset))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Register an asset."""
        scope = self.scope(request)
        made = actions.register_asset(scope=scope, at=now(), **body)
        return _answered(request, scope, made.name, status=201)


class Documents(Face):
    @endpoint(
        gives=shapes.Asset,
        status=201,
        takes=shapes.Import,
        problems=(actions.AssetExists, actions.BadAsset, BadDocument, actions.BadMandate),
    )
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Register an asset from its document, with the mandate that it holds."""
        scope = self.scope(request)
        made = actions.import_asset(scope=scope, at=now(), **body)
        return _answered(request, scope, made.name, status=201)


class OneAsset(Face):
    @endpoint(gives=shapes.Asset)
    def get(self, request: Request, asset_name: str) -> Response:
        """One asset."""
        found = queries.asset(scope=self.reader(request), name=asset_name)
        return Response(_record(queries.line_of(found)))

    @endpoint(gives=shapes.Asset, takes=shapes.Change, problems=_CHANGING)
    def patch(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Change how it is shared; what is not given stays."""
        scope = self.scope(request)
        reason = body.pop("reason")
        actions.change_asset(scope=scope, name=asset_name, values=body, reason=reason, at=now())
        return _answered(request, scope, asset_name)


class Document(Face):
    @endpoint(gives=shapes.Document)
    def get(self, request: Request, asset_name: str) -> Response:
        """The asset as the document that `POST asset_documents/` takes."""
        scope = self.reader(request)
        found = queries.asset(scope=scope, name=asset_name)
        return Response(written(queries.document_of(scope=scope, asset=found, at=now())))


class Retire(Face):
    @endpoint(gives=shapes.Asset, takes=shapes.Reason, problems=_CHANGING)
    def post(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Take it out of use for good."""
        scope = self.scope(request)
        actions.retire_asset(scope=scope, name=asset_name, reason=body["reason"], at=now())
        return _answered(request, scope, asset_name)


class Contest(Face):
    @endpoint(gives=shapes.Asset, takes=shapes.Contest, problems=_CHANGING)
    def post(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Mark it as contested, or name another mediator."""
        scope = self.scope(request)
        actions.mark_contested(scope=scope, name=asset_name, at=now(), **body)
        return _answered(request, scope, asset_name)


class Settle(Face):
    @endpoint(gives=shapes.Asset, takes=shapes.Reason, problems=(*_CHANGING, actions.AlreadySettled))
    def post(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Say that the dispute is over."""
        scope = self.scope(request)
        actions.settle(scope=scope, name=asset_name, reason=body["reason"], at=now())
        return _answered(request, scope, asset_name)


class Uses(Face):
    @endpoint(
        gives=shapes.Use,
        status=201,
        takes=shapes.NewUse,
        problems=(actions.CapReached, actions.Retired, actions.BadAsset),
    )
    def post(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Record a use; refused where it would exceed a cap."""
        use = actions.record_use(scope=self.scope(request), asset_name=asset_name, at=now(), **body)
        record = {
            "id": str(use.id),
            "asset": use.asset.name,
            "used_by": use.used_by,
            "amount": use.amount,
            "at": utc(use.at),
        }
        return Response(record, status=201, headers={"Location": reverse("api-asset", args=[asset_name])})


class Mandates(Face):
    @endpoint(gives=shapes.Mandate, is_paged=True)
    def get(self, request: Request, asset_name: str) -> Response:
        """The mandates on an asset, newest first: in force, expired and revoked."""
        scope = self.reader(request)
        limit, after = paging(request)
        asset = queries.asset(scope=scope, name=asset_name)
        rows = queries.mandates_of(scope=scope, asset=asset)
        if after:
            rows = rows.filter(id__lt=_id(after))
        found = list(rows[: limit + 1])
        results = [_mandate(row, asset.name) for row in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Mandate, status=201, takes=shapes.NewMandate, problems=(actions.BadMandate, actions.Retired))
    def post(self, request: Request, asset_name: str, body: dict[str, Any]) -> Response:
        """Issue a mandate."""
        made = actions.issue_mandate(scope=self.scope(request), asset_name=asset_name, at=now(), **body)
        location = reverse("api-mandate", args=[made.id])
        return Response(_mandate(made, asset_name), status=201, headers={"Location": location})


class OneMandate(Face):
    @endpoint(gives=shapes.Mandate)
    def get(self, request: Request, mandate_id: UUID) -> Response:
        """One mandate."""
        found = queries.mandate(scope=self.reader(request), mandate_id=mandate_id)
        return Response(_mandate(found, found.asset.name))


class Revoke(Face):
    @endpoint(
        gives=shapes.Mandate,
        takes=shapes.Revocation,
        problems=(actions.AlreadyRevoked, actions.BadMandate, ReasonMissing),
    )
    def post(self, request: Request, mandate_id: UUID, body: dict[str, Any]) -> Response:
        """End a mandate now."""
        found = actions.revoke_mandate(scope=self.scope(request), mandate_id=mandate_id, at=now(), **body)
        return Response(_mandate(found, found.asset.name))


def _answered(request: Request, scope: Scope, name: str, *, status: int = 200) -> Response:
    with reading(request._request):
        record = _record(queries.line_of(queries.asset(scope=scope, name=name)))
    headers = {"Location": reverse("api-asset", args=[name])} if status == 201 else None
    return Response(record, status=status, headers=headers)


def _record(line: queries.AssetLine) -> dict[str, Any]:
    price = line.externality_pricing
    return {
        "name": line.name,
        "asset_type": line.asset_type,
        "ownership_model": line.ownership,
        "owner": line.owner,
        "parties": list(line.parties),
        "requires_consensus": line.requires_consensus,
        "fallback_allocation": line.fallback_allocation,
        "externality_pricing": None if price is None else f"{price.normalize():f}",
        "usage_cap_per_user": line.cap_per_user,
        "usage_cap_per_hour": line.cap_per_hour,
        "state": line.state,
        "mediator": line.mediator,
        "created_at": utc(line.created_at),
        "created_by": line.created_by,
        "retired_at": utc(line.retired_at),
    }


def _mandate(row: Mandate, asset: str) -> dict[str, Any]:
    line = queries.mandate_line(row, at=now())
    return {
        "id": str(line.id),
        "asset": asset,
        "effect": line.effect,
        "actions": list(line.actions),
        "condition": line.condition,
        "authority": line.authority,
        "issued_at": utc(line.issued_at),
        "issued_by": line.issued_by,
        "expires_at": utc(line.expires_at),
        "revocation_conditions": list(line.revocation_conditions),
        "state": line.state,
        "revoked_at": utc(line.revoked_at),
        "revoked_by": line.revoked_by,
        "revoked_because": line.revoked_because,
        "met_condition": line.met_condition,
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
