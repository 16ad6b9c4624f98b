"""What of the router hangs on a system: its own seat, the fallback, rules that recommend it and rules that fall back on it."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.urls import reverse

from governance.registry.impact import MOST, Thing, Touched
from governance.registry.models import System
from governance.scope import Scope
from routing.router import nearest
from routing.router.models import RoutingRule
from routing.router.obeyed import obeyed


def found(scope: Scope, system: System) -> Iterator[Touched]:
    """Five queries at most. Registered with the registry."""
    router = nearest.router(scope=scope)
    if router is not None:
        yield from _of_router(router, system)
    rows = RoutingRule.objects.filter(tenant_id=scope.tenant_id, is_active=True).defer("request_embedding")
    yield _rules(
        rows.filter(recommended_system=system),
        code="rules",
        title="Routing rules that send requests to it",
        said="Their alternatives are asked instead; a rule without one sends nothing anywhere.",
    )
    yield _rules(
        rows.filter(Q(alternative_systems__contains=[system.id])),
        code="alternatives",
        title="Routing rules that fall back on it",
        said="Where the first fails, it is passed over.",
    )


def _of_router(router: System, system: System) -> Iterator[Touched]:
    if router.id == system.id:
        said = "It is the router. While it is not active, its threshold, retries and fallback hold no more, but the defaults do."
        yield Touched("router", "The router", said, (Thing(system.name, note="its constitution is obeyed"),), 1)
    if obeyed(router.name, router.constitution).fallback_system == system.name:
        said = "Requests out of scope go to it. While it is not active, they go to nobody."
        url = reverse("systems:detail", args=[router.name])
        yield Touched("fallback", "The router's fallback", said, (Thing(router.name, url),), 1)


def _rules(rows: QuerySet[RoutingRule], *, code: str, title: str, said: str) -> Touched:
    named = rows.order_by("request_pattern").values_list("id", "request_pattern", "alternative_systems")[:MOST]
    things = tuple(
        Thing(pattern, reverse("routing:detail", args=[id]), "" if others or code != "rules" else "no alternative")
        for id, pattern, others in named
    )
    return Touched(code, title, said, things, rows.count() if len(things) == MOST else len(things))
