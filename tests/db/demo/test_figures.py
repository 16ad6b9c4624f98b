"""The demo's past is added up by the tasks like anybody's: its charts live from the first minute on."""

from __future__ import annotations

from governance.tenancy import in_tenant
from routing.executions.days import by_day, by_system
from routing.executions.folding import fold
from routing.figures.span import last_days
from routing.telemetry import folding, queries
from tests.db.demo.conftest import END, Demo

SPAN = last_days(30, at=END)


def test_figures__of_the_played_past__are_the_rows_own(oms: Demo) -> None:
    scope = oms.scope("preston")
    for add in (fold, folding.fold):
        add(scope=oms.tars, at=END)
    with in_tenant(oms.tenant_id):
        days, exact = (by_day(scope=scope, span=SPAN, exact=way) for way in (False, True))
        assert days == exact and sum(one.sums.total for one in days) > 20
        assert len({one.sums.confidence for one in days} - {None}) > 2, "it is sure of some more than of others"
        systems, exact_systems = (by_system(scope=scope, span=SPAN, exact=way) for way in (False, True))
        assert systems == exact_systems and any(one.sums.stars for one in systems)
        tools, exact_tools = (
            queries.figures(scope=scope, since=SPAN.starts_at, until=END, is_exact=way) for way in (False, True)
        )
        assert queries.by_error_rate(tools) == queries.by_error_rate(exact_tools) != []
