"""The one place where a refusal gets its face: page, fragment, or RFC 9457 problem JSON."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import DomainError
from governance.tenancy import in_tenant
from governance.web import wants_fragment

PROBLEM = "application/problem+json"


def problem(
    *, request: HttpRequest, status: int, code: str, title: str, detail: str, errors: object = (), link: str = ""
) -> dict[str, Any]:
    """An RFC 9457 problem. `errors` are pairs of pointer and sentence; `link` is where a person can do it."""
    return {
        "type": f"urn:tars:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in errors],  # type: ignore[attr-defined]
        **({"link": link} if link else {}),
    }


def refusal_problem(request: HttpRequest, error: DomainError) -> dict[str, Any]:
    return problem(
        request=request,
        status=error.status,
        code=error.code,
        title=error.code.replace("_", " ").capitalize(),
        detail=error.sentence,
        errors=error.problems,
        link=error.link,
    )


def refusal_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal for whoever asked: the API, an HTMX swap, or a person's page."""
    if request.path.startswith("/api/"):
        return JsonResponse(refusal_problem(request, error), status=error.status, content_type=PROBLEM)
    template = "errors/_refusal.html" if wants_fragment(request) else "errors/refusal.html"
    scope = getattr(request, "scope", None)
    context = {"error": error, "request_id": getattr(request, "request_id", "")}
    if scope is None:
        return render(request, template, context, status=error.status)
    with in_tenant(scope.tenant_id):
        return render(request, template, context, status=error.status)


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every failure is a problem."""
    request = context["request"]._request
    if isinstance(error, DomainError):
        return Response(refusal_problem(request, error), status=error.status, content_type=PROBLEM)
    response = exception_handler(error, context)
    if response is None:
        return None
    code, detail = _named(error)
    body = problem(
        request=request,
        status=response.status_code,
        code=code,
        title=code.replace("_", " ").capitalize(),
        detail=detail,
    )
    headers = {
        name: value for name, value in response.items() if name.lower() not in {"content-type", "content-length"}
    }
    return Response(body, status=response.status_code, headers=headers, content_type=PROBLEM)


def _named(error: Exception) -> tuple[str, str]:
    if isinstance(error, Http404):
        return "not_found", "There is nothing at this address."
    if isinstance(error, PermissionDenied):
        return "not_allowed", "You may not do this."
    if isinstance(error, APIException):
        return str(getattr(error, "default_code", "error")), str(error.detail)
    return "error", str(error)
