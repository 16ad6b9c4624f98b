"""A system through time: versions, blame, compare, time machine."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from governance.registry import panels, queries
from governance.registry.compare import compare
from governance.registry.views.common import MOST_SHOWN, document_of, tab
from governance.scope import Capability
from governance.web import now, scope_of, scoped

PER_PAGE: Final = 25
VALUES: Final = 100
"""Values of a constitution that one page of blame lists."""


@require_safe
@scoped(to="see a system")
def versions_page(request: HttpRequest, name: str) -> HttpResponse:
    """Every version: what changed, why and by whom."""
    system = queries.system(scope=scope_of(request), name=name)
    rows = queries.versions(scope=scope_of(request), system=system)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    lines = [queries.version_of(row) for row in page.object_list]
    refused = scope_of(request).why_not(Capability.ROLL_BACK, to="roll an amendment back")
    return tab(request, system, "versions", {"page": page, "lines": lines, "may_undo": not refused, "refused": refused})


@require_safe
@scoped(to="see a system")
def blame_page(request: HttpRequest, name: str) -> HttpResponse:
    """Which version set each value that is in force; `pointer` narrows it to what lies there and below."""
    system = queries.system(scope=scope_of(request), name=name)
    pointer = request.GET.get("pointer", "").strip()
    found = queries.values_set(scope=scope_of(request), system=system, below=pointer)
    page = Paginator(found, VALUES).get_page(request.GET.get("page"))
    return tab(request, system, "blame", {"page": page, "values": list(page.object_list), "pointer": pointer})


@require_safe
@scoped(to="see a system")
def compare_page(request: HttpRequest, name: str) -> HttpResponse:
    """Any two versions beside each other, each by its number or by a moment at which it held."""
    system = queries.system(scope=scope_of(request), name=name)
    latest = system.constitution_version
    old, new = (
        queries.version_at(scope=scope_of(request), system=system, text=request.GET.get(parameter, ""), default=default)
        for parameter, default in (("from", max(latest - 1, 1)), ("to", latest))
    )
    absolute = f"{reverse('systems:compare', args=[system.name])}?from={old.line.number}&to={new.line.number}"
    context = {
        "address": request.build_absolute_uri(absolute),
        "old": old,
        "new": new,
        "old_document": old.constitution,
        "new_document": new.constitution,
        "comparison": compare(old.constitution, new.constitution),
        "is_shown": len(old.canonical) + len(new.canonical) <= MOST_SHOWN,
    }
    return tab(request, system, "compare", context)


@require_safe
@scoped(to="see a system")
def time_machine_page(request: HttpRequest, name: str) -> HttpResponse:
    """The constitution that held at a moment."""
    system = queries.system(scope=scope_of(request), name=name)
    text = request.GET.get("on", "").strip()
    on = queries.moment_of(text) if text else now()
    found = queries.in_force(scope=scope_of(request), system=system, on=on) if on else None
    address = f"{reverse('systems:time-machine', args=[system.name])}?{urlencode({'on': on.isoformat()})}" if on else ""
    context: dict[str, Any] = {
        "on": on,
        "asked": text,
        "is_unread": on is None,
        "address": request.build_absolute_uri(address),
        "panels": panels.drawn(scope=scope_of(request), on=on) if found and on else [],
        **(document_of(found) if found else {}),
    }
    return tab(request, system, "time-machine", context)
