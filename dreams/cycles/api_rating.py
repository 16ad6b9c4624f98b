"""REST over stars for two answers, given blind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from dreams.cycles import rating
from dreams.cycles import shapes_rating as shapes
from governance.rest import Face, endpoint
from governance.scope import Scope
from governance.web import now, reading


class Compare(Face):
    @endpoint(gives=shapes.Comparison)
    def get(self, request: Request, dream_id: UUID) -> Response:
        """Up to forty pairs of answers that differ, in an order that does not say which is which, and what they were given."""
        return Response(_record(self.scope(request), dream_id))

    @endpoint(gives=shapes.Comparison, takes=shapes.TwoStars)
    def post(self, request: Request, dream_id: UUID, body: dict[str, Any]) -> Response:
        """Give stars to both answers of a pair as they were shown; a second time revises one's own."""
        scope = self.scope(request)
        rating.rate(scope=scope, dream_id=dream_id, at=now(), **body)
        with reading(request._request):
            return Response(_record(scope, dream_id))


def _record(scope: Scope, dream_id: UUID) -> dict[str, Any]:
    found = rating.comparison(scope=scope, dream_id=dream_id)
    return {
        "pairs": [
            {
                "request_key": one.request_key,
                "request": one.request,
                "first": one.first,
                "second": one.second,
                "given": list(one.given) if one.given else None,
            }
            for one in found.pairs
        ],
        "rated": found.stars.n,
        "normal_stars": found.stars.normal,
        "dream_stars": found.stars.dream,
        "waits_for": found.waits,
    }
