"""A request asked again in dream mode, against calling its agent with nothing in between: what TARS adds to each try of a night.

The agent is TARS's own payroll agent over stdio, which audits twenty entries. Both sides make the same calls in the same run; the
places of the requests are found ahead, as a night does, and are reported for themselves.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from time import perf_counter
from typing import Any

from tarsweb.home import Home
from tests.bench.measure import Row, interleaved

REQUESTS, SIDES = 200, 50
MOST_ADDED_MS = 25.0
ENTRY = {"employee_id": "7", "date": "2026-01-27", "amount": "10.00", "source_file": "a.pdf", "state": "CA"}


def bench_rehearsal(home: Home) -> list[Row]:
    """What a try adds, and what finding the places of fifty candidates takes."""
    from django.utils import timezone

    from routing.connectors import calling
    from routing.connectors.contract import Call
    from routing.connectors.models import Connector
    from routing.rehearsal.running import rehearse
    from routing.rehearsal.shapes import Recorded
    from tests import factories as make
    from tests.db.rehearsal import stand
    from tests.db.routing.executions import desk

    cast = make.cast()
    desk.payroll(cast)
    desk.router.written(cast.bo, "Audit payroll compliance", "domicile", action="audit")
    desk.router.embedded(cast)
    entries = [{**ENTRY, "employee_id": str(number)} for number in range(20)]
    asked = [
        Recorded(key=f"scenario/{n}", text=f"Audit payroll compliance of team {n}", input={"entries": entries})
        for n in range(REQUESTS)
    ]
    names = [f"dream-{number}" for number in range(SIDES)]
    dials = {name: {"routing_confidence_threshold": 0.5 + number / 1000} for number, name in enumerate(names)}
    stage = stand.stage(cast, **dials)
    began = perf_counter()
    stage.prepare(asked)
    placing = perf_counter() - began
    serial = itertools.count()
    kept: list[Call] = []
    connector: Any = None
    real = calling.call

    def remembered(found: Any, call: Call, *args: Any, **more: Any) -> Any:
        kept.append(call)
        return real(found, call, *args, **more)

    def tried(one: Recorded) -> Any:
        deadline = timezone.now() + timedelta(minutes=5)
        key = f"try/{next(serial)}"
        return rehearse(
            stage=stage, side="normal", recorded=one, attempt_key=key, deadline=deadline, clock=timezone.now
        )

    calling.call = remembered
    try:
        assert tried(asked[0]).status == "completed"
    finally:
        calling.call = real
    with _in(cast):
        connector = Connector.objects.get(tenant_id=cast.tenant.id, system__name="domicile")
    opened = calling.open_connector(tenant_id=cast.tenant.id, connector_id=connector.id, at=timezone.now())
    some = asked[:50]

    def ours() -> None:
        for one in some:
            tried(one)

    def theirs() -> None:
        for _ in some:
            call = replace(kept[0], deadline=timezone.now() + timedelta(minutes=1))
            calling.transport_of(opened).call(call, on_progress=lambda *_: None)

    ours(), theirs()
    mine, peer, ratio = interleaved(ours, theirs, rounds=7)
    added = (mine - peer) / len(some) * 1000
    told = f"{mine / len(some) * 1e3:.1f} ms against {peer / len(some) * 1e3:.1f} ms of the agent alone: {added:.1f} ms added"
    each = placing / (REQUESTS * (SIDES + 1)) * 1000
    return [
        Row("a request asked again ÷ calling its agent", ratio, "<= 3.0", told),
        Row(f"what that adds, against {MOST_ADDED_MS:.0f} ms", added / MOST_ADDED_MS, "<= 1.0", f"{added:.1f} ms"),
        Row(
            f"places of {REQUESTS} requests under {SIDES + 1} laws, against 60 s",
            placing / 60,
            "<= 1.0",
            f"{placing:.1f} s, {each:.2f} ms each",
        ),
    ]


def _in(cast: Any) -> Any:
    from governance.tenancy import in_tenant

    return in_tenant(cast.tenant.id)
