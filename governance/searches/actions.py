from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from governance.errors import DomainError, Invalid, NotFound
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.searches.kept import kept
from governance.searches.models import PAGES, SavedSearch

LONGEST_NAME, MOST = 80, 50


class NameTaken(DomainError):
    """The person has another search of that name for the page."""

    code = "name_taken"


class TooManySearches(DomainError):
    """The person keeps as many searches for the page as anybody can overlook."""

    code = "too_many_searches"


@governed("searches.save", subject="name")
def save_search(
    *,
    scope: Scope,
    page: str,
    name: str,
    query: str,
    is_shared: bool = False,
    is_default: bool = False,
    at: datetime,
) -> SavedSearch:
    """Keep a list's filters under a name; one's own search of that name is replaced. Sharing needs the right to read the record.

    Raises `Invalid` (an unknown page, no name, no filter), `TooManySearches`, `NotAllowed`.
    """
    name, query = _name(name), _query(page, query)
    if is_shared:
        scope.demand(Capability.READ_RECORD, to="share a search")
    own = _locked(scope, page)
    found = own.filter(name=name).first()
    if found is None:
        if own.count() >= MOST:
            raise TooManySearches(f"You keep {MOST} searches for this page. Remove one first.")
        found = SavedSearch(
            id=new_id(at), tenant_id=scope.tenant_id, page=page, name=name, user_id=scope.person_id, created_at=at
        )
    found.query, found.is_shared = query, is_shared
    found.save()
    if is_default:
        _set_default(own, found, is_default=True)
    return found


@governed("searches.change", subject="search_id")
def change_search(
    *,
    scope: Scope,
    search_id: UUID,
    name: str | None = None,
    is_shared: bool | None = None,
    is_default: bool | None = None,
    at: datetime,
) -> SavedSearch:
    """Rename one's own search, share it or stop, open its page with it or stop; what is None stays.

    Raises `Invalid`, `NameTaken`, `NotAllowed`, `NotFound`.
    """
    own, found = _own(scope, search_id)
    if name is not None:
        found.name = _name(name)
        if own.filter(name=found.name).exclude(id=found.id).exists():
            raise NameTaken(
                f"You have another search called {found.name} here. Choose another name, or remove that one."
            )
    if is_shared is not None:
        found.is_shared = is_shared
        if is_shared:
            scope.demand(Capability.READ_RECORD, to="share a search")
    found.save(update_fields=["name", "is_shared"])
    if is_default is not None:
        _set_default(own, found, is_default=is_default)
    return found


@governed("searches.remove", subject="search_id")
def remove_search(*, scope: Scope, search_id: UUID, at: datetime) -> None:
    """Forget one's own search. Raises `NotFound`."""
    _, found = _own(scope, search_id)
    found.delete()


def _own(scope: Scope, search_id: UUID) -> tuple[QuerySet[SavedSearch], SavedSearch]:
    mine = SavedSearch.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id)
    page = mine.filter(id=search_id).values_list("page", flat=True).first()
    own = _locked(scope, page or "")
    found = own.filter(id=search_id).first()
    if found is None:
        raise NotFound("You keep no such search. It may be somebody else's, or removed.")
    return own, found


def _locked(scope: Scope, page: str) -> QuerySet[SavedSearch]:
    """One's own searches of a page, one writer at a time: the name, the default and the number depend on the others."""
    with connection.cursor() as cursor:
        key = f"searches:{scope.tenant_id}:{scope.person_id}:{page}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    return SavedSearch.objects.filter(tenant_id=scope.tenant_id, user_id=scope.person_id, page=page)


def _set_default(own: QuerySet[SavedSearch], one: SavedSearch, *, is_default: bool) -> None:
    own.filter(is_default=True).exclude(id=one.id).update(is_default=False) if is_default else None
    one.is_default = is_default
    one.save(update_fields=["is_default"])


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise Invalid(f"Give the search a name of 1 to {LONGEST_NAME} characters.", problems=(("/name", "is needed"),))
    return name


def _query(page: str, text: str) -> str:
    if page not in PAGES:
        known = ", ".join(PAGES)
        raise Invalid(f"There is no list page {page[:40]}. Known are {known}.", problems=(("/page", "is unknown"),))
    try:
        query = kept(text)
    except ValueError as error:
        raise Invalid(str(error), problems=(("/query", str(error)),)) from None
    if not query:
        sentence = "Filter the list first; a search keeps its filters."
        raise Invalid(sentence, problems=(("/query", sentence),))
    return query
