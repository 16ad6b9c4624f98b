from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.amendments.kinds import State
from governance.errors import NotFound
from governance.registry import queries
from governance.registry.actions import register_system, set_dependencies
from governance.registry.models import System, SystemType
from governance.registry.queries import SystemFilter, SystemLine, VersionText
from governance.scope import Scope
from governance.tenancy import in_tenant
from tests import factories as make


def lines(scope: Scope, **filter: str) -> list[SystemLine]:
    with in_tenant(scope.tenant_id):
        return [queries.line_of(row) for row in queries.systems(scope=scope, filter=SystemFilter(**filter))]


def another(cast: make.Cast, name: str, **fields: object) -> System:
    return register_system(
        scope=cast.bo, name=name, type=SystemType.PRODUCT, constitution={"skill": name, **fields}, at=make.AT
    )


def in_force(cast: make.Cast, minutes: float) -> VersionText | None:
    with in_tenant(cast.tenant.id):
        return queries.in_force(scope=cast.uma, system=cast.system, on=make.later(minutes))


def test_open_proposals__the_states_that_are_under_way() -> None:
    assert set(queries.OPEN_PROPOSALS) == {state.value for state in State if state.is_open}


def test_systems__never_run_never_amended__dashes_instead_of_zeros() -> None:
    cast = make.cast()
    (line,) = lines(cast.uma)
    assert (line.last_amended_at, line.open_proposals) == (None, 0)
    assert (line.health.success_rate, line.health.avg_cost_usd, line.health.avg_execution_time_ms) == (None, None, None)


def test_systems__amended_with_open_proposals__counted() -> None:
    cast = make.cast()
    make.applied(cast, at=make.later(5))
    make.proposed(cast, fallback_delay_ms=300)
    make.proposed(cast, fallback_delay_ms=400, is_draft=True)
    (line,) = lines(cast.uma)
    assert (line.last_amended_at, line.open_proposals, line.constitution_version) == (make.later(5), 2, 2)


def test_systems__filters__narrow_together() -> None:
    cast = make.cast()
    another(cast, "memvid", capabilities=["video"])
    assert [line.name for line in lines(cast.uma)] == ["clay-consigliere", "memvid"]
    assert [line.name for line in lines(cast.uma, type="product")] == ["memvid"]
    assert [line.name for line in lines(cast.uma, capability="payroll")] == ["clay-consigliere"]
    assert [line.name for line in lines(cast.uma, text="SPECIALIST")] == ["clay-consigliere"]
    assert lines(cast.uma, type="product", capability="payroll") == []


def test_systems__stranger__sees_none_of_them() -> None:
    cast, mallory = make.cast(), make.stranger()
    assert lines(mallory) == []
    with in_tenant(mallory.tenant_id), pytest.raises(NotFound):
        queries.system(scope=mallory, name=cast.system.name)


def test_systems__more_rows__one_query() -> None:
    cast = make.cast()
    for number in range(6):
        another(cast, f"system-{number}")
    with in_tenant(cast.tenant.id), CaptureQueriesContext(connection) as seen:
        assert len([queries.line_of(row) for row in queries.systems(scope=cast.uma, filter=SystemFilter())]) == 7
    assert len(seen) == 1
    assert '"systems"."constitution"' not in seen[0]["sql"]


def test_versions__amendment_and_rollback__each_says_what_it_did() -> None:
    cast = make.cast()
    proposal = make.applied(cast, fallback_delay_ms=200)
    make.rolled_back(cast.bo, proposal, at=make.later(10))
    with in_tenant(cast.tenant.id):
        third, second, first = map(queries.version_of, queries.versions(scope=cast.uma, system=cast.system))
    assert (first.cause, first.amendment, first.sentence) == ("registered", None, "")
    assert (second.amendment, second.rolled_back_at) == (proposal.number, make.later(10))
    assert second.sentence == "Fallback waits 200 ms instead of 500 ms."
    assert third.cause == "rollback"
    assert third.sentence == f"{proposal.label} was rolled back: Fallback waits 500 ms instead of 200 ms."


def test_in_force__before_between_and_after__the_version_of_that_moment() -> None:
    cast = make.cast()
    proposal = make.applied(cast, at=make.later(60), fallback_delay_ms=200)
    first, second = in_force(cast, 59), in_force(cast, 60)
    assert in_force(cast, -1) is None
    assert first is not None
    assert second is not None
    assert (first.line.number, first.until) == (1, make.later(60))
    assert first.constitution == make.CLAY
    assert (second.line.number, second.line.amendment, second.until) == (2, proposal.number, None)
    assert second.constitution["fallback_delay_ms"] == 200


def test_version__no_such_number__says_which_is_the_last() -> None:
    cast = make.cast()
    with in_tenant(cast.tenant.id), pytest.raises(NotFound, match="its last one is 1"):
        queries.version(scope=cast.uma, system=cast.system, number=2)


def test_amendments__one_of_two_rolled_back__counted_as_the_seeds_count() -> None:
    cast = make.cast()
    make.rolled_back(cast.bo, make.applied(cast, fallback_delay_ms=200))
    make.applied(cast, at=make.later(5), fallback_delay_ms=300)
    with in_tenant(cast.tenant.id):
        figures = queries.amendments(scope=cast.uma, system=cast.system)
    assert (figures.total, figures.rollbacks, figures.rollback_rate) == (2, 1, 0.5)
    assert figures.last_at == make.later(5)


def test_dependencies__chain__both_directions_with_the_way() -> None:
    cast = make.cast()
    for name in ("domicile", "memvid"):
        another(cast, name)
    later = make.AT + timedelta(hours=1)
    set_dependencies(scope=cast.bo, system_name="clay-consigliere", depends_on=["domicile"], at=later)
    set_dependencies(scope=cast.bo, system_name="domicile", depends_on=["memvid"], at=later)
    with in_tenant(cast.tenant.id):
        top = queries.dependencies(scope=cast.uma, system=queries.system(scope=cast.uma, name="clay-consigliere"))
        bottom = queries.dependencies(scope=cast.uma, system=queries.system(scope=cast.uma, name="memvid"))
    assert [one.name for one in top.needs] == ["domicile"]
    assert [(one.name, one.through) for one in top.needs_beyond] == [("memvid", "domicile")]
    assert top.others == ("domicile", "memvid")
    assert [one.name for one in bottom.needed_by] == ["domicile"]
    assert [(one.name, one.through) for one in bottom.needed_by_beyond] == [("clay-consigliere", "domicile")]
