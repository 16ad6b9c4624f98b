"""The page as it was when somebody decided."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from governance.amendments.queries.decisions import decision_page
from governance.web import scope_of, scoped


@require_safe
@scoped()
def decision(request: HttpRequest, number: int, decision_id: UUID) -> HttpResponse:
    """Drawn from the snapshot alone; `?format=json` gives its bytes."""
    page = decision_page(scope=scope_of(request), number=number, decision_id=decision_id)
    if request.GET.get("format") == "json":
        response = HttpResponse(page.raw, content_type="application/json")
        response["Content-Disposition"] = f'attachment; filename="{page.label}-{decision_id}.json"'
        return response
    return render(request, "governance/amendments/decision.html", {"page": page, "was": page.content})
