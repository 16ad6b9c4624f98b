"""REST over who may approve: standing authorities and quorums (docs/api.md). Deputies are set under people/."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.amendments import actions
from governance.amendments import authority_shapes as shapes
from governance.amendments.errors import BadGrant
from governance.amendments.kinds import AmendmentType
from governance.amendments.queries.grants_page import AuthorityPage, authority_page
from governance.amendments.queries.lists import utc
from governance.constitution.diff import Effect
from governance.rest import Face, endpoint
from governance.scope import Capability, Role, Scope
from governance.web import now, reading


class Authority(Face):
    @endpoint(gives=shapes.AuthorityRecord)
    def get(self, request: Request) -> Response:
        """Standing authorities, quorums and deputies of the tenant."""
        return Response(_record(_page(self.reader(request))))


class Grants(Face):
    @endpoint(gives=shapes.AuthorityRecord, status=201, takes=shapes.GrantWish, problems=(BadGrant,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Let TARS approve such dream promotions alone, until a moment."""
        scope = self.scope(request)
        actions.grant_authority(scope=scope, at=now(), **body)
        return _answered(request, scope, status=201)


class RevokeGrant(Face):
    @endpoint(gives=shapes.AuthorityRecord, takes=shapes.Why)
    def post(self, request: Request, authority_id: UUID, body: dict[str, Any]) -> Response:
        """End a standing authority now."""
        scope = self.scope(request)
        actions.revoke_authority(scope=scope, authority_id=authority_id, reason=body["reason"], at=now())
        return _answered(request, scope)


class Quorums(Face):
    @endpoint(gives=shapes.AuthorityRecord, takes=shapes.QuorumWish, problems=(BadGrant,))
    def put(self, request: Request, body: dict[str, Any]) -> Response:
        """Ask for at least so many people; open questions become stale, for the policy moved."""
        scope = self.scope(request)
        actions.set_quorum(
            scope=scope,
            type=AmendmentType(body["type"]),
            effect=Effect(body["effect"]) if body["effect"] else None,
            role=Role(body["role"]),
            count=body["count"],
            at=now(),
        )
        return _answered(request, scope)


class OneQuorum(Face):
    @endpoint(gives=None, status=204)
    def delete(self, request: Request, quorum_id: UUID) -> Response:
        """Go back to the usual requirement."""
        actions.remove_quorum(scope=self.scope(request), quorum_id=quorum_id, at=now())
        return Response(status=204)


def _answered(request: Request, scope: Scope, *, status: int = 200) -> Response:
    """Everything as it is after the verb committed."""
    with reading(request._request):
        headers = {"Location": reverse("api-authority")} if status == 201 else {}
        return Response(_record(_page(scope)), status=status, headers=headers)


def _page(scope: Scope) -> AuthorityPage:
    scope.demand(Capability.READ_RECORD, to="see who may approve")
    return authority_page(scope=scope, at=now(), may_manage=False)


def _record(page: AuthorityPage) -> dict[str, Any]:
    return {
        "grants": [
            {
                "id": grant.id,
                "state": grant.state,
                "systems": list(grant.systems),
                "pointers": dict(grant.fields),
                "max_per_week": grant.max_per_week,
                "reason": grant.reason,
                "granted_by": grant.granted_by,
                "granted_at": utc(grant.granted_at),
                "expires_at": utc(grant.expires_at),
                "revoked_at": utc(grant.revoked_at),
                "revoked_because": grant.revoked_because,
            }
            for grant in page.grants
        ],
        "used": page.used,
        "quorums": [
            {"id": wish.id, "type": wish.type, "effect": wish.effect, "role": wish.role, "count": wish.count}
            for wish in page.wishes
        ],
        "deputies": [
            {
                "id": one.id,
                "principal": one.principal,
                "deputy": one.deputy,
                "role": one.role,
                "starts_at": utc(one.starts_at),
                "ends_at": utc(one.ends_at),
                "registered_by": one.registered_by,
                "counts": one.counts,
            }
            for one in page.stand_ins
        ],
    }
