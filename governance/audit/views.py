from __future__ import annotations

import csv
import io
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from governance.audit import checks, queries
from governance.audit.export import write
from governance.audit.forms import FilterForm
from governance.errors import Invalid, NotFound
from governance.scope import Capability
from governance.searches import queries as searches
from governance.tenancy import in_tenant
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

PAGE = "ledger:list"
MOST_ROWS = 10_000
"""Rows of a CSV; who needs more takes the whole record."""
MOST_SHOWN = 200_000
"""Characters of an entry's document that a page draws line by line; a longer one is downloaded."""
COLUMNS = ("sequence", "at", "recorded_at", "actor", "event_type", "action", "subject_label", "sentence", "entry_hash")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@scoped(to="read the ledger")
def index(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first, narrowed by the URL; `?format=csv` gives exactly the filtered entries."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = FilterForm(request.GET, actors=queries.actors(scope))
    filters = form.filters()
    if request.GET.get("format") == "csv":
        return _csv(queries.search(scope=scope, filters=filters, limit=MOST_ROWS))
    before, after = _number(request, "before"), _number(request, "after")
    sequence, entry_hash = queries.head(scope)
    context = {
        "form": form,
        "found": queries.search(scope=scope, filters=filters, before=before, after=after),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "is_narrow": not filters.is_any,
        "head": {"sequence": sequence, "entry_hash": entry_hash},
        "check": checks.find(scope=scope),
        "labels": queries.EVENT_LABELS,
        "can_verify": scope.can(Capability.VERIFY),
    }
    return page_or_fragment(
        request, page="governance/audit/page.html", fragment="governance/audit/_entries.html", context=context
    )


@require_safe
@scoped(to="read the ledger")
def entry(request: HttpRequest, sequence: int) -> HttpResponse:
    """One entry for good: what, who, when, before and after, hash, signer, the published form."""
    scope = scope_of(request)
    found = queries.explained(scope=scope, sequence=sequence)
    last, _ = queries.head(scope)
    context = {
        "entry": found,
        "label": queries.EVENT_LABELS.get(found.event_type, found.event_type),
        "previous": sequence - 1 if sequence > 1 else None,
        "next": sequence + 1 if sequence < last else None,
        "is_shown": len(str(found.shown)) <= MOST_SHOWN,
    }
    return render(request, "governance/audit/entry.html", context)


@require_safe
@scoped(to="read the ledger")
def entry_json(request: HttpRequest, sequence: int) -> HttpResponse:
    """The published form of one entry (docs/ledger.md)."""
    found = queries.explained(scope=scope_of(request), sequence=sequence)
    if found.problem:
        raise Invalid(found.problem)
    return JsonResponse(found.document, json_dumps_params={"ensure_ascii": False, "indent": 2})


@require_POST
@scoped(Capability.VERIFY, to="verify the ledger")
def verify(request: HttpRequest) -> HttpResponse:
    """Re-derive the tenant's whole record, at once or in the worker."""
    check = checks.begin(scope=scope_of(request), at=now())
    if not wants_fragment(request):
        return redirect("ledger:verification", job=check.job)
    with reading(request):
        return render(
            request, "governance/audit/_verification.html", {"check": check, "can_verify": True, "is_fresh": True}
        )


@require_safe
@scoped(Capability.VERIFY, to="verify the ledger")
def verification(request: HttpRequest, job: UUID) -> HttpResponse:
    """A verification's answer; asks again by itself while it runs."""
    check = checks.find(scope=scope_of(request), job=job)
    if check is None:
        raise NotFound("This verification is forgotten: answers are kept for a day. Verify again on the ledger page.")
    return page_or_fragment(
        request,
        page="governance/audit/verification.html",
        fragment="governance/audit/_verification.html",
        context={"check": check, "can_verify": True, "is_fresh": True},
    )


@require_POST
@scoped(Capability.VERIFY, to="take the record away")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole record as a file. HAZARD: it is written after this view returned, in a snapshot of its own."""
    scope, at = scope_of(request), now()
    with in_tenant(scope.tenant_id):
        name = slugify(queries.tenant_name(scope.tenant_id) or "") or "tenant"
    lines = write(queries.records(scope, packed_only=True), exported_at=at.isoformat())
    response = StreamingHttpResponse(lines, content_type="application/jsonl")
    response["Content-Disposition"] = f'attachment; filename="ledger-{name}-{at:%Y-%m-%d}.jsonl"'
    return response


@require_safe
@scoped(to="read the ledger")
def how_to(request: HttpRequest) -> HttpResponse:
    """How to verify an export where nobody has to trust this machine."""
    scope = scope_of(request)
    sequence, entry_hash = queries.head(scope)
    context = {"root": queries.root(scope), "sequence": sequence, "entry_hash": f"sha256:{entry_hash.hex()}"}
    return render(request, "governance/audit/how.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def _csv(found: queries.Found) -> HttpResponse:
    if found.older is not None:
        raise Invalid(f"More than {MOST_ROWS:,} entries fit. Narrow the filters, or take the whole record instead.")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, name)) for name in COLUMNS] for row in found.entries)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ledger.csv"'
    return response


def _cell(value: Any) -> Any:
    """HAZARD: a spreadsheet would run a cell that starts like a formula."""
    text = value.isoformat() if hasattr(value, "isoformat") else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text
