from __future__ import annotations

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from governance.amendments.forms import FilterForm
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import Row, filtered, rows_of, system_names, with_conflicts, with_facts
from governance.scope import Capability, Scope
from governance.searches import queries as searches
from governance.web import page_or_fragment, scope_of, scoped

PAGE, PER_PAGE = "amendments:list", 25


@require_safe
@scoped()
def index(request: HttpRequest) -> HttpResponse:
    """All amendments, narrowed by the URL."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = FilterForm(request.GET, systems=system_names(scope=scope))
    found = filtered(scope=scope, filters=form.filters())
    page = Paginator(with_facts(found), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": _rows(scope, page.object_list),
        "searches": searches.panel(scope=scope, page=PAGE, query=query),
        "is_narrow": form.filters().is_narrow,
        "can_propose": scope.can(Capability.PROPOSE),
    }
    return page_or_fragment(
        request,
        page="governance/amendments/list.html",
        fragment="governance/amendments/_list.html",
        context=context,
    )


def _rows(scope: Scope, proposals: Iterable[AmendmentProposal]) -> list[Row]:
    found = list(proposals)
    return with_conflicts(scope=scope, rows=list(rows_of(scope=scope, proposals=found)), proposals=found)
