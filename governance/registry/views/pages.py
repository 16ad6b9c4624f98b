from __future__ import annotations

import base64
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from governance.errors import DomainError, NotFound
from governance.registry import export, panels, queries
from governance.registry.actions import register_system, set_dependencies
from governance.registry.forms import RegisterForm
from governance.registry.models import Lifecycle, Status, SystemType
from governance.registry.views.common import document_of, number_of, tab
from governance.scope import Capability
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PAGE: Final = "systems:list"
PER_PAGE: Final = 25
RECENT: Final = 5
DEEPEST: Final = 4


@require_safe
@scoped(to="see the systems")
def list_page(request: HttpRequest) -> HttpResponse:
    """The systems of the tenant, filtered by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    asked = export.filter_of(request.GET)
    rows = queries.systems(scope=scope, filter=asked)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [queries.line_of(row) for row in page.object_list],
        "filter": asked,
        "choices": {"type": SystemType.choices, "status": Status.choices, "lifecycle": Lifecycle.choices},
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "may_register": scope.can(Capability.MANAGE_SYSTEMS),
        "register_refused": scope.why_not(Capability.MANAGE_SYSTEMS, to="register a system"),
    }
    return page_or_fragment(
        request,
        page="governance/registry/systems.html",
        fragment="governance/registry/_systems.html",
        context=context,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="register a system")
def register_page(request: HttpRequest) -> HttpResponse:
    """A new system with its first constitution."""
    scope = scope_of(request)
    if request.method != "POST":
        scope.demand(Capability.MANAGE_SYSTEMS, to="register a system")
        return render(request, "governance/registry/register.html", {"form": RegisterForm()})
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return _redrawn(request, "governance/registry/register.html", {"form": form}, status=422)
    try:
        made = register_system(
            scope=scope,
            name=form.cleaned_data["name"],
            type=SystemType(form.cleaned_data["type"]),
            description=form.cleaned_data["description"],
            constitution=form.cleaned_data["constitution"],
            at=now(),
        )
    except DomainError as error:
        context = {"form": form, "error": error}
        return _redrawn(request, "governance/registry/register.html", context, status=error.status)
    messages.success(request, f"{made.name} is registered. Every later change of its constitution is an amendment.")
    return redirect("systems:detail", name=made.name)


@require_safe
@scoped(to="see a system")
def detail_page(request: HttpRequest, name: str) -> HttpResponse:
    """The constitution in force: known fields as facts, and the JSON."""
    system = queries.system(scope=scope_of(request), name=name)
    version = queries.version(scope=scope_of(request), system=system, number=system.constitution_version)
    recent = queries.versions(scope=scope_of(request), system=system)[:RECENT]
    context = {
        "amendments": queries.amendments(scope=scope_of(request), system=system),
        "recent": [queries.version_of(row) for row in recent],
        "export": urlencode({"system": system.name}),
        "health": queries.health(system),
        "blame": reverse("systems:blame", args=[system.name]),
        "beside": panels.beside(scope=scope_of(request), system=system),
    }
    return tab(request, system, "detail", {**document_of(version), **context})


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="see a system")
def dependencies_page(request: HttpRequest, name: str) -> HttpResponse:
    """What it needs and what needs it; a POST replaces what it needs."""
    if request.method != "POST":
        return _dependencies(request, name)
    chosen = request.POST.getlist("depends_on")
    try:
        set_dependencies(scope=scope_of(request), system_name=name, depends_on=chosen, at=now())
    except NotFound:
        raise
    except DomainError as error:
        with reading(request):
            return _dependencies(request, name, chosen=chosen, error=error, status=error.status)
    messages.success(request, "The dependencies are changed; the ledger keeps what they were.")
    return redirect("systems:dependencies", name=name)


@require_safe
@scoped(to="see a system")
def health_page(request: HttpRequest, name: str) -> HttpResponse:
    """How it is doing: the metric fields of its row."""
    system = queries.system(scope=scope_of(request), name=name)
    figures = queries.amendments(scope=scope_of(request), system=system)
    return tab(request, system, "health", {"health": queries.health(system), "amendments": figures})


@require_safe
@scoped(to="download a constitution")
def download(request: HttpRequest, name: str) -> HttpResponse:
    """The canonical bytes of a version; `ETag` and `Repr-Digest` (RFC 9530) carry the digest that amendments name."""
    system = queries.system(scope=scope_of(request), name=name)
    number = number_of(request, "version", system.constitution_version)
    found = queries.version(scope=scope_of(request), system=system, number=number)
    response = _file(found.canonical, name=f"{system.name}-v{number}.json", content_type="application/json")
    response["ETag"] = f'"{found.line.digest}"'
    raw = bytes.fromhex(found.line.digest.removeprefix("sha256:"))
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(raw).decode()}:"
    return response


def _dependencies(
    request: HttpRequest,
    name: str,
    *,
    chosen: list[str] | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    system = queries.system(scope=scope_of(request), name=name)
    depth = min(max(number_of(request, "depth", 2), 1), DEEPEST)
    found = queries.dependencies(scope=scope_of(request), system=system, depth=depth)
    context = {
        "dependencies": found,
        "depth": depth,
        "depths": range(1, DEEPEST + 1),
        "chosen": [one.name for one in found.needs] if chosen is None else chosen,
        "may_edit": scope_of(request).can(Capability.MANAGE_SYSTEMS),
        "error": error,
    }
    return tab(request, system, "dependencies", context, status=status)


def _redrawn(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    with reading(request):
        return render(request, template, context, status=status)


def _file(body: str | bytes, *, name: str, content_type: str) -> HttpResponse:
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    return HttpResponse(body, content_type=content_type, headers=headers)
