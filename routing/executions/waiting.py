"""How many requests wait for a system or run on it, for whoever thinks of changing its status."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode

from governance.registry.impact import Thing, Touched
from governance.registry.models import System
from governance.scope import Scope
from routing.executions.models import STAGES, ExecutionRequest
from routing.executions.stages import Stage

_SAID: Final = "It finishes them: each keeps its approval and the money that is set aside. Nothing new is added."


def count(scope: Scope, system: System) -> int:
    """Requests under way: those it has, and those that name it and are not routed yet. One query."""
    return sum(by_stage(scope, system).values())


def by_stage(scope: Scope, system: System) -> dict[str, int]:
    """The same by stage, in the order of the stages."""
    mine = Q(system=system) | Q(system=None, wanted_system=system.name)
    rows = ExecutionRequest.objects.filter(mine, tenant_id=scope.tenant_id).exclude(stage=Stage.DONE.value)
    found = dict(rows.order_by().values_list("stage").annotate(number=Count("id")))
    return {stage: found[stage] for stage, _ in STAGES if stage in found}


def found(scope: Scope, system: System) -> Iterator[Touched]:
    """Requests under way, by stage. Registered with the registry."""
    known, words = by_stage(scope, system), dict(STAGES)
    things = tuple(Thing(words[stage], _url(system, stage), f"{number:,}") for stage, number in known.items())
    yield Touched("work", "Requests under way", _SAID, things, sum(known.values()), is_work=True)


def _url(system: System, stage: str) -> str:
    return f"{reverse('executions:list')}?{urlencode({'system': system.name, 'state': stage})}"
