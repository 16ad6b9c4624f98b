from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from governance.rulebook.asked import AskedCase
from governance.rulebook.forms.rules import RuleFilterForm
from governance.rulebook.queries import coverage, rules
from governance.rulebook.queries.known import system_names
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, scope_of, scoped

PAGE, PER_PAGE = "rulebook:rules", 50


@require_safe
@scoped(to="read the rules")
def index(request: HttpRequest) -> HttpResponse:
    """Every rule in force for the tenant, and for one system where the URL names it."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    systems = system_names(scope=scope)
    asked = request.GET.get("system", "")
    lines = rules.rule_lines(scope=scope, system=asked if asked in systems else "", at=now())
    form = RuleFilterForm(request.GET, systems=systems, documents=rules.documents(lines))
    found = rules.narrowed(lines, filter=form.filter())
    context: dict[str, Any] = {
        "form": form,
        "filter": form.filter(),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "has_law": any(line.clause for line in lines),
        "actions": rules.actions_in(lines),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
    }
    return page_or_fragment(
        request, page="governance/rulebook/rules.html", fragment="governance/rulebook/_rules.html", context=context
    )


@require_safe
@scoped(to="read the rules")
def detail(request: HttpRequest) -> HttpResponse:
    """One rule (`?id=`, and the system it is looked at for): what it says, meets and did."""
    system = request.GET.get("system", "")
    page = rules.rule_page(scope=scope_of(request), rule_id=request.GET.get("id", ""), system=system, at=now())
    tried = AskedCase(system=system, action=page.line.action)
    return render(request, "governance/rulebook/rule.html", {"page": page, "system": system, "tried": tried.query()})


@require_safe
@scoped(to="read the rules")
def covered(request: HttpRequest) -> HttpResponse:
    """Which rules of the law have a case in which they decide, and which have none."""
    return render(
        request, "governance/rulebook/coverage.html", {"coverage": coverage.coverage(scope=scope_of(request), at=now())}
    )
