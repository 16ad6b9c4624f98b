"""REST over saved searches (docs/api.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from governance.rest import Face, endpoint
from governance.scope import Scope
from governance.searches import actions, queries, shapes
from governance.searches.models import PAGES
from governance.web import now, reading


class Searches(Face):
    @endpoint(gives=shapes.Found, query=shapes.SearchQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Response:
        """One's own searches of each page by name, then those that others share."""
        scope = self.scope(request)
        pages = [asked["page"]] if "page" in asked else PAGES
        found = [one for page in pages for one in queries.searches_of(scope=scope, page=page)]
        return Response({"results": [_record(one) for one in found]})

    @endpoint(gives=shapes.Search, status=201, takes=shapes.Wish, problems=(actions.TooManySearches,))
    def post(self, request: Request, body: dict[str, Any]) -> Response:
        """Keep a list's filters under a name."""
        scope = self.scope(request)
        made = actions.save_search(scope=scope, at=now(), **body)
        location = reverse("api-search", args=[made.id])
        return Response(_read(request, scope, made.id), status=201, headers={"Location": location})


class OneSearch(Face):
    @endpoint(gives=shapes.Search)
    def get(self, request: Request, search_id: UUID) -> Response:
        """One search."""
        return Response(_record(queries.one(scope=self.scope(request), search_id=search_id)))

    @endpoint(gives=shapes.Search, takes=shapes.Change, problems=(actions.NameTaken,))
    def patch(self, request: Request, search_id: UUID, body: dict[str, Any]) -> Response:
        """Rename it, share it, open its page with it."""
        scope, at = self.scope(request), now()
        actions.change_search(scope=scope, search_id=search_id, at=at, **body)
        return Response(_read(request, scope, search_id))

    @endpoint(gives=None, status=204)
    def delete(self, request: Request, search_id: UUID) -> Response:
        """Forget it."""
        actions.remove_search(scope=self.scope(request), search_id=search_id, at=now())
        return Response(status=204)


def _read(request: Request, scope: Scope, search_id: UUID) -> dict[str, Any]:
    with reading(request._request):
        return _record(queries.one(scope=scope, search_id=search_id))


def _record(one: queries.Search) -> dict[str, Any]:
    return {**asdict(one), "id": str(one.id)}
