from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from governance.audit import checks, queries
from governance.audit.forms import FilterForm, asked_by
from governance.audit.questions import ALLOWING, questions
from governance.errors import Invalid, NotFound
from governance.scope import Capability, Role, Scope
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

PAGE = "ledger:list"
MOST_SHOWN = 200_000
"""Characters of an entry's document that a page draws line by line; a longer one is downloaded."""


@require_safe
@scoped(to="read the ledger")
def index(request: HttpRequest) -> HttpResponse:
    """The ledger, newest first, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = FilterForm(request.GET, actors=queries.actors(scope))
    context = {**_entries(request, scope, form), "form": form, "can_verify": scope.can(Capability.VERIFY)}
    if not wants_fragment(request):
        sequence, entry_hash = queries.head(scope)
        context |= {
            "head": {"sequence": sequence, "entry_hash": entry_hash},
            "actions": queries.actions(scope),
            "questions": questions(now()),
            "allowing": ALLOWING,
            "is_auditor": Role.AUDITOR in scope.roles,
        }
    return page_or_fragment(
        request, page="governance/audit/page.html", fragment="governance/audit/_entries.html", context=context
    )


def _entries(request: HttpRequest, scope: Scope, form: FilterForm) -> dict[str, Any]:
    """What fits, with how far the chain around it is verified, and its address with absolute times."""
    filters, query = form.filters(), request.GET.urlencode()
    before, after = _number(request, "before"), _number(request, "after")
    text = filters.text.strip()
    return {
        "found": queries.search(scope=scope, filters=filters, before=before, after=after),
        "is_narrow": not filters.is_any,
        "filters": filters,
        "unread": [f"{form[name].label}: {' '.join(map(str, said))}" for name, said in form.errors.items()],
        "address": request.build_absolute_uri(f"{reverse(PAGE)}?{urlencode(asked_by(filters)) or 'all=1'}"),
        "subject": text if queries.is_subject(scope=scope, text=text) else "",
        "check": checks.find(scope=scope),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
    }


@require_safe
@scoped(to="read the ledger")
def entry(request: HttpRequest, sequence: int) -> HttpResponse:
    """One entry for good: what, who, when, before and after, hash, signer, the published form."""
    scope = scope_of(request)
    found = queries.explained(scope=scope, sequence=sequence)
    last, _ = queries.head(scope)
    context = {
        "related": queries.related(scope=scope, entry=found),
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
