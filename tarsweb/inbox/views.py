from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from governance.approvals.actions import review_override
from governance.errors import DomainError, NotFound
from governance.web import now, page_or_fragment, reading, scope_of, scoped
from tarsweb.inbox.forms import ReviewForm
from tarsweb.inbox.queries import Filter, Inbox, Tab, inbox, override, tab_of

_TABS = {Tab.ME: "For me", Tab.TEAM: "Team", Tab.MINE: "Mine", Tab.DECIDED: "Decided"}


@require_safe
@scoped(to="see the inbox")
def inbox_page(request: HttpRequest) -> HttpResponse:
    """One tab of the inbox; everything about it is in the URL."""
    asked = Filter(
        tab=tab_of(request.GET.get("tab", "")),
        system=request.GET.get("system", "").strip(),
        type=request.GET.get("type", "").strip(),
        text=request.GET.get("q", "").strip(),
        page=int(page) if (page := request.GET.get("page", "1")).isdecimal() else 1,
    )
    found = inbox(scope=scope_of(request), filter=asked, at=now())
    context = {"inbox": found, "tabs": _tabs(found), "tab": asked.tab.value}
    return page_or_fragment(
        request, page="tarsweb/inbox/page.html", fragment="tarsweb/inbox/_inbox.html", context=context
    )


@require_http_methods(["GET", "HEAD", "POST"])
@scoped(to="review an override")
def override_page(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """The later look at one override."""
    form = ReviewForm(request.POST or None)
    if request.method != "POST":
        return _override(request, decision_id, form)
    if not form.is_valid():
        with reading(request):
            return _override(request, decision_id, form, status=422)
    try:
        review_override(
            scope=scope_of(request),
            decision_id=decision_id,
            upheld=form.cleaned_data["finding"] == "upheld",
            note=form.cleaned_data["note"],
            at=now(),
        )
    except NotFound:
        raise
    except DomainError as error:
        with reading(request):
            return _override(request, decision_id, form, error=error, status=error.status)
    messages.success(request, "Your review stands on the ledger.")
    return redirect("inbox:list")


def _override(
    request: HttpRequest, decision_id: UUID, form: ReviewForm, *, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    found = override(scope=scope_of(request), decision_id=decision_id, at=now())
    if found is None and error is None:
        raise NotFound("There is no such override, or somebody has reviewed it already.")
    context = {"override": found, "form": form, "error": error}
    return render(request, "tarsweb/inbox/override.html", context, status=status)


def _tabs(found: Inbox) -> list[dict[str, Any]]:
    here = reverse("inbox:list")
    return [
        {
            "label": label,
            "url": here if tab is Tab.ME else f"{here}?{urlencode({'tab': tab.value})}",
            "current": tab is found.filter.tab,
            "count": found.counts.get(tab),
            "loud": tab is Tab.ME,
        }
        for tab, label in _TABS.items()
    ]
