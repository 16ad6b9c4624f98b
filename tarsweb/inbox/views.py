from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from governance.scope import Capability
from governance.web import now, page_or_fragment, scope_of, scoped
from tarsweb.inbox.queries import Filter, Inbox, Tab, inbox, tab_of

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
    context = {
        "inbox": found,
        "tabs": _tabs(found),
        "tab": asked.tab.value,
        "may_propose": scope_of(request).can(Capability.PROPOSE),
    }
    return page_or_fragment(
        request, page="tarsweb/inbox/page.html", fragment="tarsweb/inbox/_inbox.html", context=context
    )


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
