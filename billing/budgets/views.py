from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.budgets.queries import resources
from governance.web import now, scope_of, scoped


@require_safe
@scoped(to="see the budgets")
def page(request: HttpRequest) -> HttpResponse:
    """What this tenant may spend, and how much of it is spent or held."""
    lines = resources(scope=scope_of(request), at=now())
    context = {"current": [line for line in lines if line.is_current], "lines": lines}
    return render(request, "billing/budgets/page.html", context)
