"""A tool that fails is told to who can do something about it: once a day, and with urgency once an hour while it fails often."""

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
"""Per cent of a tool's calls in the last hour that may fail before it is urgent."""
LEAST_ERRORS: Final = 3
"""Fewer failures than that are no rate."""
MOST_NEWS: Final = 20
"""Tools that one hour tells of; the page shows the rest."""


def register_kinds() -> None:
    """Say what our news are called; called from `AppConfig.ready`, again without harm."""
    kinds.register(KIND, "A tool fails")


def is_alarming(one: Figures) -> bool:
    """Whether a tool's last hour is told of as urgent."""
    return one.errors >= LEAST_ERRORS and one.error_rate > MOST_RATE


def alert(*, tenant_id: UUID, at: datetime) -> int:
    """Tell of every tool of the tenant that failed: the first failure of a day, and each hour in which it is alarming.

    Returns how many are alarming now.
    """
    scope = tars_scope(tenant_id)
    with in_tenant(tenant_id, durable=True):
        found = figures(scope=scope, since=at - SPAN, until=at)
        failing = [one for one in by_error_rate(found) if one.errors]
        failing = sorted(failing, key=lambda one: not is_alarming(one))[:MOST_NEWS]
        if failing:
            people = able(scope=scope, to=Capability.MANAGE_SYSTEMS)
            tell_all(scope=scope, news=[_news(one, people, at) for one in failing], at=at)
    return sum(map(is_alarming, failing))


def _news(one: Figures, people: list[UUID], at: datetime) -> News:
    is_urgent = is_alarming(one)
    query = urlencode({"server": one.server, "tool": one.tool, "outcome": "failed", "range": "24h"})
    return News(
        user_ids=people,
        kind=KIND,
        key=f"tool-errors:{one.server}:{one.tool}:{at:{'%Y-%m-%dT%H' if is_urgent else '%Y-%m-%d'}}",
        subject=f"{one.server} · {one.tool}",
        sentence=f"{one.errors} of {one.total} calls of {one.tool} on {one.server} failed in the last hour ({one.error_rate} %).",
        url=f"{reverse('telemetry:calls')}?{query}",
        is_urgent=is_urgent,
    )
