"""The one place where a refusal gets its face: page, fragment, or RFC 9457 problem JSON."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import defaults
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import DomainError
from governance.tenancy import in_tenant
from governance.tokens.authentication import REALM
from governance.web import wants_fragment

PROBLEM: Final = "application/problem+json"
_SAID: Final = {
    400: ("bad_request", "The request cannot be read. Look at its address, its host and its headers."),
    403: ("not_allowed", "You may not do this."),
    404: ("not_found", "There is nothing at this address. /api/schema/ lists what there is."),
    405: ("method_not_allowed", "This address does not take that method; Allow says which it takes."),
    413: ("too_large", "The body is too large. Send less at once; nothing was done."),
    500: (
        "internal_error",
        "TARS failed at this. Nothing half-done was left behind; name request_id to its operators.",
    ),
    503: ("unavailable", "TARS is not ready. Try again in a moment."),
}
_CSRF: Final = "CSRF Failed"
_FRAMED: Final = {"content-type", "content-length", "content-encoding", "etag", "cache-control"}


def is_api(request: HttpRequest) -> bool:
    """Whether a program reads the answer; `/api/` itself is a page."""
    return request.path.startswith("/api/") and request.path != "/api/"


def problem(
    *,
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    errors: Iterable[tuple[str, str]] = (),
    link: str = "",
) -> dict[str, Any]:
    """An RFC 9457 problem. `errors` are pairs of pointer and sentence; `link` is where a person can do it."""
    request_id = getattr(request, "request_id", "")
    body: dict[str, Any] = {
        "type": f"urn:tars:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": f"urn:tars:request:{request_id}",
        "code": code,
        "request_id": request_id,
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in errors],
    }
    return body | ({"link": link} if link else {})


def refusal_problem(request: HttpRequest, error: DomainError) -> dict[str, Any]:
    return problem(
        request=request,
        status=error.status,
        code=error.code,
        detail=error.sentence,
        errors=error.problems,
        link=error.link,
    )


def refusal_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal for whoever asked: the API, an HTMX swap, or a person's page."""
    if is_api(request):
        headers = {"WWW-Authenticate": f'{REALM}, error="invalid_token"'} if error.status == 401 else {}
        body = refusal_problem(request, error)
        return JsonResponse(body, status=error.status, content_type=PROBLEM, headers=headers)
    template = "errors/_refusal.html" if wants_fragment(request) else "errors/refusal.html"
    scope = getattr(request, "scope", None)
    context = {"error": error, "request_id": getattr(request, "request_id", "")}
    if scope is None:
        return render(request, template, context, status=error.status)
    with in_tenant(scope.tenant_id):
        return render(request, template, context, status=error.status)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every failure of a view is a problem."""
    request = context["request"]._request
    if isinstance(error, DomainError):
        return Response(refusal_problem(request, error), status=error.status, content_type=PROBLEM)
    response = exception_handler(error, context)
    if response is None:
        return None
    code, detail = _named(error, response.status_code)
    body = problem(request=request, status=response.status_code, code=code, detail=detail)
    return Response(body, status=response.status_code, headers=_kept(response), content_type=PROBLEM)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of what it refuses to read; too large is said as such. `as_problem` words it for the API."""
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return defaults.bad_request(request, exception)


def as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A failure that no view of the API answered (an unknown address, a bad host, a fault of ours), as a problem."""
    if response.status_code < 400 or response.get("Content-Type", "").startswith(PROBLEM):
        return response
    status = response.status_code
    code, detail = _said(status)
    body = problem(request=request, status=status, code=code, detail=detail)
    return JsonResponse(body, status=status, content_type=PROBLEM, headers=_kept(response))


def _said(status: int) -> tuple[str, str]:
    phrase = HTTPStatus(status).phrase
    return _SAID.get(status, (phrase.lower().replace(" ", "_"), f"{phrase}."))


def _kept(response: HttpResponseBase) -> dict[str, str]:
    return {name: value for name, value in response.items() if name.lower() not in _FRAMED}


def _named(error: Exception, status: int) -> tuple[str, str]:
    if isinstance(error, Http404):
        return _SAID[404]
    if isinstance(error, PermissionDenied):
        return _SAID[403]
    if not isinstance(error, APIException):
        return _said(status)
    if str(error.detail).startswith(_CSRF):
        return (
            "csrf_failed",
            "A session that writes sends its CSRF token in X-CSRFToken. A program uses a token of its own.",
        )
    return str(getattr(error, "default_code", "error")), str(error.detail)
