"""A look at a watch against reading the same rows plainly, and a rollback from the look that finds the crossing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import connection

from tarsweb.home import Home
from tests.bench.measure import Row, seconds

NEW: Final = 5_000
AIM: Final = 5.0
"""Seconds from the detection to the constitution that holds again (issue 7)."""


def bench_guardrails(home: Home) -> list[Row]:
    """One look that takes in what a busy system did, then one that crosses."""
    from dreams.guardrails import looking
    from governance.tenancy import in_tenant
    from tests import factories as make
    from tests.db.guardrails import desk

    cast = make.cast()
    desk.before(cast, [desk.GOOD] * 1_000)
    proposal = desk.amended(cast)
    desk.looked(cast, at=desk.APPLIED + timedelta(seconds=30))
    desk.since(cast, [desk.GOOD] * NEW, first=desk.APPLIED + timedelta(minutes=1))
    watch, at = desk.watch_of(cast, proposal), desk.APPLIED + timedelta(days=3)

    def plain() -> None:
        with in_tenant(cast.tenant.id), connection.cursor() as cursor:
            cursor.execute(
                "SELECT r.id, e.status, e.cost_usd, e.completed_at FROM receipts r JOIN executions e ON e.id = r.execution_id "
                "WHERE r.tenant_id = %s ORDER BY r.id",
                [cast.tenant.id],
            )
            cursor.fetchall()

    peer = seconds(plain)
    mine = seconds(lambda: looking.look(scope=cast.tars, watch_id=watch.id, at=at))
    desk.since(cast, [desk.BAD] * 500, first=at)
    undone = seconds(lambda: looking.visit(scope=cast.tars, watch_id=watch.id, at=at + timedelta(hours=5)))
    state = desk.watch_of(cast, proposal).state
    assert state == "rolled_back", state
    return [
        Row(f"a look that takes in {NEW:,} executions over reading them", mine / peer, "≤ 10", f"{mine * 1e3:.0f} ms"),
        Row("from detection to rolled back, over 5 s", undone / AIM, "≤ 1", f"{undone * 1e3:.0f} ms, {state}"),
    ]
