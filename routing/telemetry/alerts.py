"""A tool that fails too often is told to who can do something about it: once per hour and tool."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from governance.identity.queries import able
from governance.notices import kinds
from governance.notices.actions import News, tell_all
from governance.scope import Capability, tars_scope
from governance.tenancy import in_tenant
from routing.telemetry.queries import Figures, by_error_rate, figures

KIND: Final = "tool_errors"
SPAN: Final = timedelta(hours=1)
MOST_RATE: Final = Decimal(25)
"""Per cent of a tool's calls in the last hour that may fail before somebody is told."""
LEAST_ERRORS: Final = 3
"""Fewer failures than that are no rate."""
MOST_NEWS: Final = 20
"""Tools that one hour tells of; the page shows the rest."""


def register_kinds() -> None:
    """Say what our news are called; called from `AppConfig.ready`, again without harm."""
    kinds.register(KIND, "A tool fails too often")


def is_alarming(one: Figures) -> bool:
    """Whether a tool's last hour is told of."""
    return one.errors >= LEAST_ERRORS and one.error_rate > MOST_RATE


def alert(*, tenant_id: UUID, at: datetime) -> int:
    """Tell of every alarming tool of the tenant, once an hour; returns how many are alarming now."""
    scope = tars_scope(tenant_id)
    with in_tenant(tenant_id, durable=True):
        found = figures(scope=scope, since=at - SPAN, until=at)
        alarming = [one for one in by_error_rate(found) if is_alarming(one)][:MOST_NEWS]
        if alarming:
            people = able(scope=scope, to=Capability.MANAGE_SYSTEMS)
            tell_all(scope=scope, news=[_news(one, people, at) for one in alarming], at=at)
    return len(alarming)


def _news(one: Figures, people: list[UUID], at: datetime) -> News:
    query = urlencode({"server": one.server, "tool": one.tool, "outcome": "failed", "range": "24h"})
    return News(
        user_ids=people,
        kind=KIND,
        key=f"tool-errors:{one.server}:{one.tool}:{at:%Y-%m-%dT%H}",
        subject=f"{one.server} · {one.tool}",
        sentence=f"{one.errors} of {one.total} calls of {one.tool} on {one.server} failed in the last hour ({one.error_rate} %).",
        url=f"{reverse('telemetry:calls')}?{query}",
        is_urgent=True,
    )
