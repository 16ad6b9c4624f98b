from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from governance.rulebook.forms.verdicts import VerdictFilterForm, asked_by
from governance.rulebook.queries import verdicts
from governance.rulebook.queries.known import system_names
from governance.searches import queries as searches
from governance.web import page_or_fragment, scope_of, scoped

PAGE = "rulebook:verdicts"


@require_safe
@scoped(to="read verdicts")
def index(request: HttpRequest) -> HttpResponse:
    """The decisions as they were answered, newest first, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = VerdictFilterForm(request.GET, systems=system_names(scope=scope))
    filter = form.filter()
    context = {
        "form": form,
        "filter": filter,
        "found": verdicts.search(scope=scope, filter=filter, before=_cursor(request)),
        "is_older": bool(_cursor(request)),
        "address": request.build_absolute_uri(f"{reverse(PAGE)}?{urlencode(asked_by(filter)) or 'all=1'}"),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
    }
    return page_or_fragment(
        request,
        page="governance/rulebook/verdicts.html",
        fragment="governance/rulebook/_verdicts.html",
        context=context,
    )


@require_safe
@scoped(to="read verdicts")
def detail(request: HttpRequest, verdict_id: UUID) -> HttpResponse:
    """One verdict for good: why, from which facts, and what could be done about it."""
    found = verdicts.found_verdict(scope=scope_of(request), verdict_id=verdict_id)
    context = {"verdict": found, "why": found.why, "again": again(found), "proposal": proposal(found)}
    return render(request, "governance/rulebook/verdict.html", context)


def again(found: verdicts.WholeVerdict) -> str:
    """Where the same question is asked under today's law."""
    asked = {"system": found.line.system, "action": found.line.action, "json": json.dumps(found.facts, sort_keys=True)}
    session = {"session": found.line.session} if found.line.session else {}
    return f"{reverse('rulebook:try')}?{urlencode({**asked, **session})}"


def proposal(found: verdicts.WholeVerdict) -> str:
    """A rule that would have changed the answer, as a beginning: what the person thinks is theirs to say."""
    modality = "[F]" if found.line.outcome == "permit" else "[P]"
    return f"r1: => {modality} {found.line.action}"


def _cursor(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("before", ""))
    except ValueError:
        return None
