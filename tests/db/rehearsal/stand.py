"""What the tests of rehearsals share: a router, two agents and a rule for them, and a request asked again under other laws."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from governance.tenancy import in_tenant
from routing.executions.models import Execution
from routing.rehearsal.reading import requests_by_id
from routing.rehearsal.running import rehearse
from routing.rehearsal.shapes import Ran, Recorded
from routing.rehearsal.stage import Stage, staged
from tests import factories as make
from tests.db.connectors import world as connectors
from tests.db.routing.executions import desk
from tests.db.tenants import catalogue

ROUTER = "clay-consigliere"
RUN, WATCH = "Run payroll", "Watch the recording of the meeting"
IN_FORCE: Mapping[str, Any] = {"normal": None}
_serial = itertools.count()


def two(cast: make.Cast, *answers: desk.Answer | None, **connector: Any) -> tuple[desk.Agent, desk.Agent]:
    """Payroll, and a second system that is its alternative; both simulate unless the connector says otherwise."""
    known = {"simulates_dreams": True, **connector}
    first, second = (*answers, None, None)[:2]
    agents = desk.agent(cast, "payroll", first, **known), desk.agent(cast, "spare", second, **known)
    desk.router.written(cast.bo, RUN, "payroll", "spare")
    desk.router.embedded(cast)
    return agents


def stage(cast: make.Cast, system: str = ROUTER, **changes: Mapping[str, Any]) -> Stage:
    """The constitution in force as `normal`, and one side for each change of members."""
    own = make.constitution_of(cast.bo, name=system)
    documents = {name: {**own, **change} for name, change in changes.items()}
    return staged(scope=cast.tars, system=system, documents={**IN_FORCE, **documents}, at=make.later(20))


def asked(text: str = RUN, **more: Any) -> Recorded:
    return Recorded(key=more.pop("key", f"scenario/{next(_serial)}"), text=text, **more)


def ran(
    found: Stage,
    recorded: Recorded | None = None,
    side: str = "normal",
    *,
    seconds: float = 60,
    at: datetime | None = None,
) -> Ran:
    now = at or timezone.now()
    return rehearse(
        stage=found,
        side=side,
        recorded=recorded or asked(),
        attempt_key=f"try/{next(_serial)}",
        deadline=now + timedelta(seconds=seconds),
        clock=timezone.now if at is None else lambda: now,
    )


def recorded(cast: make.Cast, done: Execution) -> Recorded:
    with in_tenant(cast.tenant.id):
        (found,) = requests_by_id(scope=cast.bo, ids=[str(done.id)])
    return found


def everything() -> dict[str, str]:
    """Every row of every table, as one digest for each."""
    with catalogue.connected("super") as server:
        tables = sorted(catalogue.tables())
        return {name: str(server.execute(_DIGEST.format(name=name)).fetchone()) for name in tables}  # type: ignore[arg-type]


_DIGEST = "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} t"

__all__ = ["Recorded", "asked", "connectors", "everything", "ran", "recorded", "stage", "staged", "two"]
