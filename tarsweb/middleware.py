from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from governance.errors import DomainError
from governance.identity.models import User
from governance.identity.queries import actor_of, closed_tenants, seats
from governance.identity.views import SESSION_TENANT
from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.web import now
from tarsweb import door
from tarsweb.demo.passwords import is_refused
from tarsweb.door import SAFE
from tarsweb.errors import as_problem, is_api, refusal_response
from tarsweb.platform.visits import Visit, visit_of

Handler = Callable[[HttpRequest], HttpResponse]
APART = ("/invitations/", "/platform/", "/api/v1/platform/")
"""Pages that look into other tenants than the one somebody works in, and therefore open their own transactions."""
_REQUEST_ID = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


class RequestId:
    """Every request has an id, the caller's own when it is a decent one; error pages and problem JSON show it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        return response


class Problems:
    """Every failure under /api/ is a problem, also one that no view of ours answered; an oversized body is not read."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_api(request):
            return self.get_response(request)
        try:
            door.demand_small(request)
        except DomainError as refusal:
            return refusal_response(request, refusal)
        return as_problem(request, self.get_response(request))


class TenantScope:
    """Sets `request.scope` and `request.memberships`, and runs reading requests inside the tenant's transaction.

    HAZARD: a writing request gets no transaction here. Its verb opens its own outermost one, commits before anything is
    rendered, and the page is read in a second one (`governance.web.reading`); see DESIGN.md contract 4.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):
            return self._program(request)
        request.visit = _visit_of(request)  # type: ignore[attr-defined]
        request.scope, request.memberships = _scope_of(request)  # type: ignore[attr-defined]
        with _time_zone_of(request.user):
            return self._answer(request)

    def _program(self, request: HttpRequest) -> HttpResponse:
        """A request to the API, by token or by session, in UTC."""
        try:
            door.present(request)
        except DomainError as refusal:
            return refusal_response(request, refusal)
        request.visit = _visit_of(request)  # type: ignore[attr-defined]
        request.scope, request.memberships = _scope_of(request)  # type: ignore[attr-defined]
        scope: Scope | None = request.scope  # type: ignore[attr-defined]
        return self._answer(request) if scope is None else door.through(request, scope, self._answer)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        scope: Scope | None = request.scope  # type: ignore[attr-defined]
        if scope is None or request.method not in SAFE or request.path.startswith(APART):
            return self.get_response(request)
        with in_tenant(scope.tenant_id):
            return self.get_response(request)


class Refusals:
    """Turns a `DomainError` that a view let through into the face the caller reads."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal_response(request, exception) if isinstance(exception, DomainError) else None


def _time_zone_of(user: object) -> AbstractContextManager[None]:
    """The user's own zone for this request; UTC for everybody else and for a zone this machine does not know."""
    name = getattr(user, "time_zone", "UTC")
    try:
        return timezone.override(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return timezone.override(UTC)


def _visit_of(request: HttpRequest) -> Visit | None:
    """The visit of platform staff that this browser session is on."""
    user = request.user
    if hasattr(request, "bearer"):
        return None
    return visit_of(request.session, user=user, at=now()) if isinstance(user, User) else None


def _scope_of(request: HttpRequest) -> tuple[Scope | None, tuple[object, ...]]:
    user = request.user
    if (bearer := getattr(request, "bearer", None)) is not None:
        return (None if isinstance(user, User) and is_refused(user) else bearer.scope), ()
    if not user.is_authenticated or request.path.startswith("/static/") or is_refused(user):
        return None, ()
    mine = seats(user=user)
    visit: Visit | None = request.visit  # type: ignore[attr-defined]
    if visit is not None and isinstance(user, User):
        return visit.scope(user), (*mine, visit.seat(at=now()))
    if not mine:
        request.closed_tenants = closed_tenants(user=user)  # type: ignore[attr-defined]
        return None, ()
    chosen = request.session.get(SESSION_TENANT, "")
    first = min(mine, key=lambda seat: (seat.since, seat.tenant_id))
    seat = next((seat for seat in mine if str(seat.tenant_id) == chosen), first)
    return Scope(tenant_id=seat.tenant_id, actor=actor_of(user), roles=seat.roles), mine
