from __future__ import annotations

import base64
from datetime import datetime, time
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.views.decorators.http import require_http_methods, require_safe

from governance.errors import DomainError, NotFound
from governance.registry import export, queries
from governance.registry.actions import register_system, set_dependencies
from governance.registry.compare import compare
from governance.registry.facts import facts
from governance.registry.forms import RegisterForm
from governance.registry.models import Lifecycle, Status, System, SystemType
from governance.registry.queries import MOST_SYSTEMS, SystemFilter, VersionText
from governance.scope import Capability
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, reading, scope_of, scoped

PAGE: Final = "systems:list"
PER_PAGE: Final = 25
MOST_SHOWN: Final = 200_000
"""Bytes of a constitution that a page draws line by line; a longer one is downloaded."""
_EXPORTS: Final = {
    "csv": (export.as_csv, "text/csv; charset=utf-8"),
    "json": (export.as_json, "application/json"),
}


@require_safe
@scoped(to="see the systems")
def list_page(request: HttpRequest) -> HttpResponse:
    """The systems of the tenant, filtered by the URL; `format` gives exactly the filtered ones as a file."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    asked = SystemFilter(
        **{
            field: request.GET.get(name, "").strip()
            for field, name in (
                ("text", "q"),
                ("type", "type"),
                ("status", "status"),
                ("lifecycle", "lifecycle"),
                ("capability", "capability"),
            )
        }
    )
    rows = queries.systems(scope=scope, filter=asked)
    if (wanted := request.GET.get("format", "")) in _EXPORTS:
        write, content_type = _EXPORTS[wanted]
        body = write(queries.line_of(row) for row in rows[:MOST_SYSTEMS])
        return _file(body, name=f"systems.{wanted}", content_type=content_type)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [queries.line_of(row) for row in page.object_list],
        "filter": asked,
        "choices": {"type": SystemType.choices, "status": Status.choices, "lifecycle": Lifecycle.choices},
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "may_register": scope.can(Capability.MANAGE_SYSTEMS),
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
    figures = queries.amendments(scope=scope_of(request), system=system)
    return _tab(request, system, "detail", {**_document(version), "amendments": figures})


@require_safe
@scoped(to="see a system")
def versions_page(request: HttpRequest, name: str) -> HttpResponse:
    """Every version: what changed, why and by whom."""
    system = queries.system(scope=scope_of(request), name=name)
    rows = queries.versions(scope=scope_of(request), system=system)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    lines = [queries.version_of(row) for row in page.object_list]
    return _tab(request, system, "versions", {"page": page, "lines": lines})


@require_safe
@scoped(to="see a system")
def compare_page(request: HttpRequest, name: str) -> HttpResponse:
    """Any two versions beside each other."""
    system = queries.system(scope=scope_of(request), name=name)
    latest = system.constitution_version
    old, new = (
        queries.version(scope=scope_of(request), system=system, number=_number(request, parameter, default))
        for parameter, default in (("from", max(latest - 1, 1)), ("to", latest))
    )
    context = {
        "old": old,
        "new": new,
        "old_document": old.constitution,
        "new_document": new.constitution,
        "comparison": compare(old.constitution, new.constitution),
        "is_shown": len(old.canonical) + len(new.canonical) <= MOST_SHOWN,
    }
    return _tab(request, system, "compare", context)


@require_safe
@scoped(to="see a system")
def time_machine_page(request: HttpRequest, name: str) -> HttpResponse:
    """The constitution that held at a moment."""
    system = queries.system(scope=scope_of(request), name=name)
    text = request.GET.get("on", "").strip()
    on = _moment(text) if text else now()
    found = queries.in_force(scope=scope_of(request), system=system, on=on) if on else None
    context = {"on": on, "asked": text, "is_unread": on is None, **(_document(found) if found else {})}
    return _tab(request, system, "time-machine", context)


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
    return _tab(request, system, "health", {"health": queries.health(system), "amendments": figures})


@require_safe
@scoped(to="download a constitution")
def download(request: HttpRequest, name: str) -> HttpResponse:
    """The canonical bytes of a version; `ETag` and `Repr-Digest` (RFC 9530) carry the digest that amendments name."""
    system = queries.system(scope=scope_of(request), name=name)
    number = _number(request, "version", system.constitution_version)
    found = queries.version(scope=scope_of(request), system=system, number=number)
    response = _file(found.canonical, name=f"{system.name}-v{number}.json", content_type="application/json")
    response["ETag"] = f'"{found.line.digest}"'
    raw = bytes.fromhex(found.line.digest.removeprefix("sha256:"))
    response["Repr-Digest"] = f"sha-256=:{base64.b64encode(raw).decode()}:"
    return response


_TABS: Final = {
    "detail": "Constitution",
    "versions": "Versions",
    "compare": "Compare",
    "time-machine": "Time machine",
    "dependencies": "Dependencies",
    "health": "Health",
}


def _tab(request: HttpRequest, system: System, tab: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    tabs = [
        {
            "label": label,
            "url": reverse(f"systems:{key}", args=[system.name]),
            "current": key == tab,
            "count": system.constitution_version if key == "versions" else None,
        }
        for key, label in _TABS.items()
    ]
    may_propose = scope_of(request).can(Capability.PROPOSE)
    shared = {"system": system, "tab": tab, "tab_label": _TABS[tab], "tabs": tabs, "may_propose": may_propose}
    template = f"governance/registry/{tab.replace('-', '_')}.html"
    return render(request, template, {**shared, **context}, status=status)


def _dependencies(
    request: HttpRequest,
    name: str,
    *,
    chosen: list[str] | None = None,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    system = queries.system(scope=scope_of(request), name=name)
    found = queries.dependencies(scope=scope_of(request), system=system)
    context = {
        "dependencies": found,
        "chosen": [one.name for one in found.needs] if chosen is None else chosen,
        "may_edit": scope_of(request).can(Capability.MANAGE_SYSTEMS),
        "error": error,
    }
    return _tab(request, system, "dependencies", context, status=status)


def _document(version: VersionText) -> dict[str, Any]:
    document = version.constitution
    is_shown = len(version.canonical) <= MOST_SHOWN
    return {"version": version, "document": document, "facts": facts(document), "is_shown": is_shown}


def _number(request: HttpRequest, parameter: str, default: int) -> int:
    """A version number from the URL; raises `NotFound` for text that is none."""
    text = request.GET.get(parameter, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise NotFound(f"“{text[:40]}” is no version. Versions are numbered 1, 2, 3 …")
    return int(text) if text else default


def _moment(text: str) -> datetime | None:
    """A date (what held when that day was over) or a date and time in the reader's zone; None if it is neither."""
    try:
        found, day = parse_datetime(text) if len(text) > 10 else None, parse_date(text)
    except ValueError:
        return None
    if found is None and day is not None:
        found = datetime.combine(day, time.max)
    if found is None:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _redrawn(request: HttpRequest, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    with reading(request):
        return render(request, template, context, status=status)


def _file(body: str | bytes, *, name: str, content_type: str) -> HttpResponse:
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in name)
    headers = {"Content-Disposition": f'attachment; filename="{plain}"'}
    return HttpResponse(body, content_type=content_type, headers=headers)
