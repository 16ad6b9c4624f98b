"""What a URL of the inbox says, and what its templates are given."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from billing.budgets import alerts
from governance.amendments.queries import amendment_page
from governance.errors import DomainError
from governance.scope import Capability
from governance.searches import queries as searches
from governance.web import now, scope_of
from tarsweb.inbox.queries import Filter, Inbox, Sort, Tab, holders_of, inbox
from tarsweb.inbox.queries.page import Hand, chosen, risk_named
from tarsweb.inbox.risk import Level
from tarsweb.inbox.times import Nap

PAGE = "inbox:list"
TABS = {Tab.ME: "For me", Tab.SNOOZED: "Snoozed", Tab.TEAM: "Team", Tab.MINE: "Mine", Tab.DECIDED: "Decided"}
SORTS = {
    Sort.USUAL: "Due, then risk",
    Sort.RISK: "Risk, then due",
    Sort.OLDEST: "Oldest first",
    Sort.NEWEST: "Newest first",
    Sort.SYSTEM: "By system",
}
HANDS = {Hand.ANY: "Anybody", Hand.ME: "In my hand", Hand.NOBODY: "In nobody’s hand"}


def filter_of(request: HttpRequest) -> Filter:
    """What the URL asks for; whatever it does not know is as if it were not there."""
    asked = request.GET

    def said(name: str) -> str:
        return asked.get(name, "").replace("\x00", "").strip()

    return Filter(
        tab=chosen(Tab, said("tab")),
        system=said("system"),
        type=said("type"),
        text=said("q"),
        risk=risk_named(said("risk")),
        hand=chosen(Hand, said("hand")),
        sort=chosen(Sort, said("sort")),
        page=int(page) if (page := asked.get("page", "1")).isascii() and page.isdecimal() and len(page) < 7 else 1,
        open=said("open"),
    )


def query_of(filter: Filter, *, page: bool = False, open: str = "") -> str:
    """The filter as a query string, without what is usual; `page` keeps the page, `open` names the preview."""
    said = {
        "tab": filter.tab.value if filter.tab is not Tab.ME else "",
        "q": filter.text,
        "system": filter.system,
        "type": filter.type,
        "risk": filter.risk,
        "hand": filter.hand.value,
        "sort": filter.sort.value if filter.sort is not Sort.USUAL else "",
        "page": str(filter.page) if page and filter.page > 1 else "",
        "open": open,
    }
    return urlencode({name: value for name, value in said.items() if value})


def list_url(filter: Filter, *, page: bool = False, open: str = "") -> str:
    """The list's address with this filter."""
    query = query_of(filter, page=page, open=open)
    return f"{reverse('inbox:list')}?{query}" if query else reverse("inbox:list")


def context_of(request: HttpRequest, *, open_key: str | None = None, **refused: Any) -> dict[str, Any]:
    """The whole page's context; `open_key` opens another preview than the URL names."""
    scope, asked = scope_of(request), filter_of(request)
    found = inbox(scope=scope, filter=asked, at=now())
    key = asked.open if open_key is None else open_key
    return {
        "inbox": found,
        "tabs": _tabs(found),
        "tab": asked.tab.value,
        "sorts": SORTS.items(),
        "hands": HANDS.items(),
        "risks": [level.value for level in Level],
        "naps": list(Nap),
        "query": query_of(asked, page=True),
        "bare_query": query_of(asked),
        "searches": searches.panel(scope=scope, page=PAGE, query=query_of(asked)),
        "may_propose": scope.can(Capability.PROPOSE),
        "money": alerts.unread(scope=scope, at=now()) if asked.tab is Tab.ME else (),
        **pane_of(request, key=key, found=found, **refused),
    }


def pane_of(
    request: HttpRequest, *, key: str, found: Inbox | None = None, refusal: DomainError | None = None
) -> dict[str, Any]:
    """The preview's context: `page` (the amendment) and `line`, or nothing to show."""
    scope, asked, at = scope_of(request), filter_of(request), now()
    found = found or inbox(scope=scope, filter=asked, at=at)
    line = next((line for line in found.lines if line.key == key), None)
    close = list_url(asked, page=True)
    if line is None or not key.startswith("AMD-"):
        return {"pane": None, "pane_line": None, "close_url": close}
    number = int(key.removeprefix("AMD-"))
    page = amendment_page(scope=scope, number=number, at=at)
    query = query_of(asked, page=True)
    answers = {
        verb: f"{reverse('inbox:answer', args=[number, verb])}?{query}"
        for verb in ("approve", "reject", "request_changes")
    }
    is_asked = line.is_mine_to_answer and line.question is not None
    return {
        "pane": page,
        "page": page,
        "pane_line": line,
        "pane_key": key,
        "close_url": close,
        "answer_urls": answers,
        "answer_target": "#_inbox",
        "people": holders_of(line.question, scope=scope) if is_asked and line.question else (),
        "naps": list(Nap),
        "query": query,
        "refusal": refusal,
        "near": "decide" if refusal and page.is_deciding else "top",
        "typed": {"note": request.POST.get("note", "")} if refusal else {},
    }


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
        for tab, label in TABS.items()
        if tab is not Tab.SNOOZED or found.counts[tab] or found.filter.tab is tab
    ]
