"""What the API says about budgets; the schema is read off it."""

from __future__ import annotations

from rest_framework import serializers

from billing.budgets.models import ResourceType, WindowType
from governance.rest import Choice, Flag, Instant, Record, Text


class Resource(Record):
    """A budget of one type for one window. Amounts are decimal text: total = used + reserved + available."""

    id = serializers.UUIDField()
    resource_type = Choice(ResourceType.values)
    window_type = Choice(WindowType.values)
    window_start = Instant()
    window_end = Instant()
    total_budget = Text()
    used = Text()
    reserved = Text()
    available = Text()
    alert_threshold = Text()
    is_current = Flag()


class Resources(Record):
    """Those that run now first, then the newest; at most 100."""

    results = Resource(many=True)
