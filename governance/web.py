"""What the views of every slice share. Reads only `request.scope`, which the shell's middleware set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, Protocol

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from governance.errors import NotAllowed
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant


class ScopedView(Protocol):
    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse: ...


def now() -> datetime:
    """The clock's only door for the web faces."""
    return timezone.now()


def scope_of(request: HttpRequest) -> Scope:
    """The request's scope; raises `NotAllowed` for somebody who belongs to no tenant."""
    scope: Scope | None = getattr(request, "scope", None)
    if scope is None:
        closed: tuple[str, ...] = getattr(request, "closed_tenants", ())
        if closed:
            raise NotAllowed(f"{closed[0]} was deactivated by the platform’s staff. Its record is kept; ask them why.")
        raise NotAllowed("You belong to no tenant yet. Ask a tenant admin to add you.")
    return scope


def scoped(capability: Capability | None = Capability.READ_RECORD, *, to: str = "see this") -> Any:
    """A view for signed-in people of a tenant who hold `capability` (None: any member)."""

    def decorate(view: ScopedView) -> ScopedView:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            scope = scope_of(request)
            if capability is not None:
                scope.demand(capability, to=to)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


@contextmanager
def reading(request: HttpRequest) -> Iterator[None]:
    """The tenant's transaction for rendering after a verb has committed."""
    with in_tenant(scope_of(request).tenant_id):
        yield


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asked for a part of a page; history restoration needs the whole page (django-htmx issue 410)."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_or_fragment(
    request: HttpRequest, *, page: str, fragment: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render the full page, or only the fragment it includes when HTMX asked for it."""
    template = fragment if wants_fragment(request) else page
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
