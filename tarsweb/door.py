"""What every request to the API passes before a view: who it speaks for, how often it may, and that it happens once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from governance.errors import DomainError, NotAllowed
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant
from governance.tokens.actions import admit
from governance.tokens.rates import Window, count_request
from governance.web import now
from tarsweb.errors import refusal_response
from tarsweb.once import once

Handler = Callable[[HttpRequest], HttpResponse]
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_READING: Final = frozenset({Capability.READ_RECORD})


class TooLarge(DomainError):
    """The body is over the limit."""

    code = "too_large"
    status = 413


class LengthMissing(DomainError):
    """The body does not say how long it is."""

    code = "length_required"
    status = 411


class Throttled(DomainError):
    """Too many requests in this minute."""

    code = "throttled"
    status = 429


def demand_small(request: HttpRequest) -> None:
    """Raise `TooLarge` or `LengthMissing` before a byte of the body is read."""
    length, most = request.META.get("CONTENT_LENGTH") or "", settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthMissing("Send the body with its Content-Length.")
    if length.isdecimal() and int(length) > most:
        raise TooLarge(f"A body is at most {most // 1024 // 1024} MB.")


def present(request: HttpRequest) -> None:
    """Take the request's token, if it has one: sets `request.bearer`, `request.window` and `request.user`. Raises `BadToken`."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return
    bearer, window = admit(secret=secret.strip(), limit=settings.API_RATE, at=now())
    request.bearer, request.window, request.user = bearer, window, bearer.user  # type: ignore[assignment, attr-defined]


def through(request: HttpRequest, scope: Scope, answer: Handler) -> HttpResponse:
    """Answer a request of somebody known, within their rate, with the rate in the answer's headers."""
    window = _window(request, scope)
    response = _answered(request, scope, window, answer)
    for name, value in window.headers.items():
        response[name] = value
    return response


def _window(request: HttpRequest, scope: Scope) -> Window:
    counted: Window | None = getattr(request, "window", None)
    if counted is not None:
        return counted
    with in_tenant(scope.tenant_id):
        caller = f"person:{scope.actor.user_id}"
        return count_request(tenant_id=scope.tenant_id, caller=caller, limit=settings.API_RATE, at=now())


def _answered(request: HttpRequest, scope: Scope, window: Window, answer: Handler) -> HttpResponse:
    if window.is_over:
        refusal = Throttled(f"More than {window.limit} requests in this minute. Go on in {window.reset} seconds.")
        response = refusal_response(request, refusal)
        response["Retry-After"] = str(window.reset)
        return response
    if request.method not in SAFE and scope.grants is not None and scope.grants <= _READING:
        return refusal_response(
            request, NotAllowed("This token only reads. Issue one that holds more to change something.")
        )
    return answer(request) if request.method in SAFE else once(request, scope, answer)
