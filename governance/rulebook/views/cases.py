from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.rulebook.actions.cases import retire_case
from governance.rulebook.asked import asked_about
from governance.rulebook.forms.rules import CaseFilterForm
from governance.rulebook.queries import cases, running
from governance.rulebook.queries.known import system_names
from governance.scope import Capability
from governance.searches import queries as searches
from governance.web import now, page_or_fragment, scope_of, scoped

PAGE, PER_PAGE = "rulebook:cases", 50


@require_safe
@scoped(to="read the cases")
def index(request: HttpRequest) -> HttpResponse:
    """The saved cases, each as it runs now under the law in force, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = CaseFilterForm(request.GET, systems=system_names(scope=scope))
    filter = form.filter()
    found = [cases.case_of(row) for row in cases.cases(scope=scope, filter=filter)]
    runs = running.run_these(found, scope=scope, at=now())
    context = {
        "form": form,
        "filter": filter,
        "page": Paginator(cases.narrowed(runs, state=filter.state), PER_PAGE).get_page(request.GET.get("page")),
        "failed": sum(not run.is_pass for run in runs),
        "passed": sum(run.is_pass for run in runs),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
    }
    return page_or_fragment(
        request, page="governance/rulebook/cases.html", fragment="governance/rulebook/_cases.html", context=context
    )


@require_safe
@scoped(to="read the cases")
def detail(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One case, as it runs now."""
    scope = scope_of(request)
    case = cases.found_case(scope=scope, case_id=case_id)
    (run,) = running.run_these([case], scope=scope, at=now())
    asked = asked_about(
        system=case.system,
        action=case.action,
        facts=case.facts,
        moment=case.decided_at.isoformat() if case.decided_at else "",
    )
    context = {
        "run": run,
        "case": case,
        "why": run.why,
        "system": case.system,
        "again": f"{reverse('rulebook:try')}?{asked.query()}",
        "retire_refused": scope.why_not(Capability.PROPOSE, to="retire a case"),
    }
    return render(request, "governance/rulebook/case.html", context)


@require_POST
@scoped(to="read the cases")
def retire(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Stop running the case."""
    case = retire_case(scope=scope_of(request), case_id=case_id, why=request.POST.get("why", ""), at=now())
    messages.success(request, f"“{case.name}” is retired. It stays on record and no longer runs.")
    return redirect("rulebook:cases")
