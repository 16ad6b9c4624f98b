from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from governance.errors import NotFound
from governance.scope import Scope
from governance.searches.kept import kept
from governance.searches.models import PAGES, SavedSearch

MOST_SHARED = 50
"""Searches of others that a page offers."""


@dataclass(frozen=True, slots=True)
class Search:
    """One saved search as its page and its list show it."""

    id: UUID
    page: str
    name: str
    query: str
    url: str
    is_mine: bool
    is_shared: bool
    is_default: bool
    owner: str
    created_at: datetime

    @property
    def page_label(self) -> str:
        return PAGES.get(self.page, self.page)


@dataclass(frozen=True, slots=True)
class Panel:
    """What `components/_searches.html` draws: the searches of one page, and the filters that could be kept."""

    page: str
    query: str
    own: tuple[Search, ...]
    shared: tuple[Search, ...]
    all_url: str

    @property
    def all(self) -> tuple[Search, ...]:
        return self.own + self.shared

    @property
    def is_kept(self) -> bool:
        """Whether the filters of now are a saved search already."""
        return any(one.query == self.query for one in self.all)


def searches_of(*, scope: Scope, page: str) -> tuple[Search, ...]:
    """One's own searches of a page by name, then those that others share. Nobody's for a system or for TARS."""
    rows = _rows(scope).filter(_mine(scope) | Q(is_shared=True), page=page)
    found = [_search(row, scope) for row in rows.order_by("name", "id")[: 2 * MOST_SHARED]]
    return tuple(sorted(found, key=lambda one: not one.is_mine))


def panel(*, scope: Scope, page: str, query: str) -> Panel:
    """The searches of a page beside the query string it was asked with (`request.GET.urlencode()`)."""
    found = searches_of(scope=scope, page=page)
    try:
        now = kept(query)
    except ValueError:
        now = ""
    own, shared = (tuple(one for one in found if one.is_mine is mine) for mine in (True, False))
    return Panel(page=page, query=now, own=own, shared=shared, all_url=f"{reverse(page)}?all=1")


def mine(*, scope: Scope) -> tuple[Search, ...]:
    """All searches of one's own, by page and name."""
    rows = _rows(scope).filter(user_id=scope.person_id).order_by("page", "name", "id")
    return tuple(_search(row, scope) for row in rows)


def one(*, scope: Scope, search_id: UUID) -> Search:
    """A search of one's own or a shared one. Raises `NotFound`."""
    row = _rows(scope).filter(_mine(scope) | Q(is_shared=True), id=search_id).first()
    if row is None:
        raise NotFound("There is no such search. It may be somebody else's, or removed.")
    return _search(row, scope)


def default_url(*, scope: Scope, page: str, query: str) -> str | None:
    """Where a page that was asked for nothing in particular leads: to the person's default search. `?all=1` leads nowhere."""
    if query:
        return None
    row = _rows(scope).filter(_mine(scope), page=page, is_default=True).first()
    return None if row is None else _search(row, scope).url


def _rows(scope: Scope) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.filter(tenant_id=scope.tenant_id, page__in=list(PAGES)).select_related("user")


def _mine(scope: Scope) -> Q:
    user_id = scope.actor.user_id
    return Q(user_id=user_id) if user_id else Q(pk__in=[])


def _search(row: SavedSearch, scope: Scope) -> Search:
    return Search(
        id=row.id,
        page=row.page,
        name=row.name,
        query=row.query,
        url=f"{reverse(row.page)}?{row.query}",
        is_mine=row.user_id == scope.actor.user_id,
        is_shared=row.is_shared,
        is_default=row.is_default,
        owner=row.user.name or row.user.email,
        created_at=row.created_at,
    )
