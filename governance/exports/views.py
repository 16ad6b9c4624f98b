from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from governance.audit import queries as audit
from governance.exports import actions, queries
from governance.exports.actions import Taken
from governance.scope import Capability
from governance.tenancy import in_tenant
from governance.web import now, page_or_fragment, scope_of, scoped


@require_safe
@scoped(to="see what was taken away")
def list_page(request: HttpRequest) -> HttpResponse:
    """Exports under way, and those that can be fetched; asks again by itself while one is made."""
    making, kept = queries.recent(scope=scope_of(request), at=now())
    context = {"making": making, "kept": kept, "is_running": any(not one.is_over for one in making)}
    return page_or_fragment(
        request, page="governance/exports/page.html", fragment="governance/exports/_exports.html", context=context
    )


@require_POST
@scoped(None)
def take(request: HttpRequest, kind: str) -> HttpResponse:
    """Exactly what the list shows, as a file; a long one is made by the worker."""
    taken = actions.take(
        scope=scope_of(request),
        kind=kind,
        format=request.POST.get("format", "csv"),
        filters=QueryDict(request.POST.get("query", "")).dict(),
        at=now(),
    )
    return sent(taken) if isinstance(taken, Taken) else redirect("exports:list")


def sent(taken: Taken) -> HttpResponse:
    """A file to be saved. `Tars-Digest` is of the list itself, `Tars-Ledger-Entry` the entry that records the export."""
    response = HttpResponse(taken.content, content_type=taken.media_type)
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=taken.name) or "attachment"
    )
    response["Tars-Digest"], response["Tars-Ledger-Entry"] = taken.digest, str(taken.entry)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@scoped(Capability.VERIFY, to="take the record away")
def record(request: HttpRequest) -> StreamingHttpResponse:
    """The whole record as a file. HAZARD: it is written after this view returned, in a snapshot of its own."""
    scope, at = scope_of(request), now()
    with in_tenant(scope.tenant_id):
        name = slugify(audit.tenant_name(scope.tenant_id) or "") or "tenant"
    actions.begin_record(scope=scope, to="a browser", at=at)
    lines = actions.record_lines(scope=scope, exported_at=at.isoformat(), clock=now)
    response = StreamingHttpResponse(lines, content_type="application/jsonl")
    response["Content-Disposition"] = f'attachment; filename="ledger-{name}-{at:%Y-%m-%d}.jsonl"'
    return response
