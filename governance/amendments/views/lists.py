from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from governance.amendments.forms import FilterForm
from governance.amendments.models import AmendmentProposal
from governance.amendments.queries import (
    Row,
    filtered,
    record_of,
    rows_of,
    system_names,
    with_conflicts,
    with_facts,
)
from governance.scope import Capability, Scope
from governance.searches import queries as searches
from governance.web import page_or_fragment, scope_of, scoped

PAGE, PER_PAGE = "amendments:list", 25
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
@scoped()
def index(request: HttpRequest) -> HttpResponse:
    """All amendments, narrowed by the URL; `?format=csv` and `?format=json` give exactly the filtered ones."""
    scope, query = scope_of(request), request.GET.urlencode()
    if usual := searches.default_url(scope=scope, page=PAGE, query=query):
        return redirect(usual)
    form = FilterForm(request.GET, systems=system_names(scope=scope))
    found = filtered(scope=scope, filters=form.filters())
    if request.GET.get("format") in ("csv", "json"):
        return _export(scope, [record_of(row) for row in rows_of(scope=scope, proposals=with_facts(found))], request)
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


def _export(scope: Scope, records: list[dict[str, Any]], request: HttpRequest) -> HttpResponse:
    kind = request.GET["format"]
    text = _csv(records) if kind == "csv" else json.dumps(records, ensure_ascii=False, indent=1)
    content_type = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
    response = HttpResponse(text, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="amendments.{kind}"'
    patch_vary_headers(response, ["Cookie"])
    return response


def _csv(records: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    names = list(records[0]) if records else ["id"]
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows([_cell(record[name]) for name in names] for record in records)
    return out.getvalue()


def _cell(value: Any) -> Any:
    """HAZARD: a spreadsheet would run a cell that starts like a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
