from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from governance.jobs import actions, queries
from governance.jobs.forms import FilterForm
from governance.jobs.models import Job
from governance.scope import Capability, Scope
from governance.web import now, page_or_fragment, reading, scope_of, scoped, wants_fragment

PER_PAGE = 25


@require_safe
@scoped(None)
def index(request: HttpRequest) -> HttpResponse:
    """Long work of the tenant, newest first; asks again by itself while some of it has not ended."""
    scope = scope_of(request)
    form = FilterForm(request.GET)
    found = queries.filtered(scope=scope, filters=form.filters())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = queries.rows_of(scope=scope, jobs=page.object_list)
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "is_narrow": form.filters().is_narrow,
        "is_live": any(row.is_active for row in rows),
        "tabs": _tabs(scope, request.GET.get("state", "")),
    }
    return page_or_fragment(
        request, page="governance/jobs/list.html", fragment="governance/jobs/_jobs.html", context=context
    )


@require_safe
@scoped(None)
def detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """One job; asks again by itself until it has ended."""
    job = queries.found_job(scope=scope_of(request), job_id=job_id)
    return page_or_fragment(
        request, page="governance/jobs/detail.html", fragment="governance/jobs/_job.html", context={"job": job}
    )


@require_safe
@scoped(Capability.MANAGE_PROGRAMS, to="see the worker's tasks")
def worker(request: HttpRequest) -> HttpResponse:
    """What TARS does by the clock, and what of it failed."""
    scope = scope_of(request)
    context = {
        "tabs": _tabs(scope, "worker"),
        "clocks": queries.clocks(),
        "failed": queries.failed_tasks(scope=scope),
    }
    return render(request, "governance/jobs/worker.html", context)


@require_POST
@scoped(None)
def cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _done(request, actions.cancel, job_id, said="The job stops.")


@require_POST
@scoped(None)
def retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    return _done(request, actions.retry, job_id, said="The job runs again.")


def _done(request: HttpRequest, verb: Callable[..., Job], job_id: UUID, *, said: str) -> HttpResponse:
    scope = scope_of(request)
    verb(scope=scope, job_id=job_id, at=now())
    if not wants_fragment(request):
        messages.success(request, said)
        return redirect("jobs:detail", job_id=job_id)
    with reading(request):
        job = queries.found_job(scope=scope, job_id=job_id)
        return render(request, "governance/jobs/_job.html", {"job": job})


def _tabs(scope: Scope, state: str) -> list[dict[str, Any]]:
    counts, url = queries.counts(scope=scope), reverse("jobs:list")
    tabs: list[dict[str, Any]] = [
        {"label": "All", "url": url, "count": counts["all"], "current": state not in {"active", "dead", "worker"}},
        {"label": "Not ended", "url": f"{url}?state=active", "count": counts["active"], "current": state == "active"},
        {
            "label": "Dead letters",
            "url": f"{url}?state=dead",
            "count": counts["dead"],
            "loud": True,
            "current": state == "dead",
        },
    ]
    if scope.can(Capability.MANAGE_PROGRAMS):
        tabs.append({"label": "Worker", "url": reverse("jobs:worker"), "current": state == "worker"})
    return tabs
