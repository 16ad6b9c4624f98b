"""REST over tokens (docs/api.md). The secret is in the answer that issues it and nowhere else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.registry.records import utc
from governance.rest import Because, Face, endpoint, paged, paging, unknown_cursor
from governance.scope import Capability, Scope
from governance.tenants.models import Tenant
from governance.tokens import actions, queries, shapes
from governance.tokens.models import ApiToken
from governance.web import now, reading


class Tokens(Face):
    @endpoint(gives=shapes.Token, is_paged=True)
    def get(self, request: Request) -> Response:
        """One's own tokens and those one may revoke, newest first. Never a secret."""
        scope = self.scope(request)
        limit, after = paging(request)
        rows = queries.tokens(scope=scope)
        if after:
            rows = rows.filter(id__lt=_id(after))
        found = list(rows[: limit + 1])
        results = [_record(token, scope) for token in found[:limit]]
        return paged(request, results, next_after=str(found[limit - 1].id) if len(found) > limit else None)

    @endpoint(gives=shapes.Issued, status=201, takes=shapes.Wish, problems=(actions.BadWish,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Issue a token for oneself or for a system. A token cannot issue tokens."""
        scope = self.scope(request)
        made = actions.issue_token(
            scope=scope,
            name=body["name"],
            scopes=[Capability(one) for one in body["scopes"]],
            days=body["days"],
            system_name=body["system"],
            at=now(),
        )
        with reading(request._request):
            record = {**_record(queries.token(scope=scope, token_id=made.token.id), scope), "secret": made.secret}
        location = reverse("api-token", args=[made.token.id])
        return Response(record, status=201, headers={"Location": location, "Cache-Control": "no-store"})


class OneToken(Face):
    @endpoint(gives=shapes.Token)
    def get(self, request: Request, token_id: UUID) -> Response:
        """One token."""
        scope = self.scope(request)
        return Response(_record(queries.token(scope=scope, token_id=token_id), scope))


class Revoke(Face):
    @endpoint(gives=shapes.Token, takes=Because, problems=(actions.AlreadyRevoked,))
    def post(self, request: Request, token_id: UUID, body: dict[str, Any]) -> Response:
        """End a token now."""
        scope = self.scope(request)
        actions.revoke_token(scope=scope, token_id=token_id, because=body["words"], at=now())
        with reading(request._request):
            return Response(_record(queries.token(scope=scope, token_id=token_id), scope))


class Me(Face):
    @endpoint(gives=shapes.Me)
    def get(self, request: Request) -> Response:
        """Who these credentials speak for, in which tenant, and what they may do there."""
        scope = self.scope(request)
        return Response(
            {
                "tenant": {"id": str(scope.tenant_id), "name": Tenant.objects.get(id=scope.tenant_id).name},
                "actor": scope.actor.name,
                "kind": scope.actor.kind,
                "roles": sorted(scope.roles),
                "grants": None if scope.grants is None else sorted(scope.grants),
                "may": sorted(filter(scope.can, Capability)),
                "is_visit": scope.is_visit,
            }
        )


def _record(token: ApiToken, scope: Scope) -> dict[str, Any]:
    line = queries.line_of(token, scope=scope, at=now())
    return {
        "id": str(line.id),
        "name": line.name,
        "prefix": line.prefix,
        "holder": line.holder,
        "kind": "system" if line.is_of_system else "person",
        "scopes": list(line.scopes),
        "state": line.state,
        "created_by": line.created_by,
        "created_at": utc(line.created_at),
        "expires_at": utc(line.expires_at),
        "last_used_at": utc(line.last_used_at),
        "revoked_at": utc(line.revoked_at),
        "revoked_because": line.revoked_because,
    }


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise unknown_cursor() from None
