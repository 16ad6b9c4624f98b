"""How many are where, and what is due: sums that are exact at every moment, whoever moves what and whenever it is added up."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.json import Jsonb

from governance.errors import DomainError, NotAllowed
from governance.ids import new_id
from governance.tenancy import in_tenant
from routing.executions import ages, folding
from routing.executions.sealing import seal_receipts
from routing.lifecycle import ageing, holds, moving, noting, pruning, queries, retention
from routing.lifecycle.sums import groups
from tests import factories as make
from tests.db.lifecycle import old
from tests.db.lifecycle.old import END, cast
from tests.db.tenants.catalogue import connected

pytestmark = pytest.mark.usefixtures("database")
__all__ = ["cast"]


def _agree(cast: make.Cast) -> dict[UUID | None, ages.States]:
    with in_tenant(cast.tenant.id):
        summed, counted = (ages.by_system(scope=cast.uma, exact=exact) for exact in (False, True))
        assert summed == counted
        for id, states in summed.items():
            assert id is None or ages.of_system(scope=cast.uma, system_id=id) == states
    return summed


def test_counts__after_any_order_of_moves_and_additions__are_the_executions_own(cast: make.Cast) -> None:
    """Random walks of everything that writes: asked, sealed, added up, aged, archived, opened, brought back, destroyed."""
    chance, at = random.Random(7), make.AT
    made: list[UUID] = []

    def ask() -> None:
        made.append(old.desk.done(cast.bo, f"Run payroll {len(made)}", system="payroll").id)

    def bring_back() -> None:
        moving.restore(scope=cast.bo, execution_id=chance.choice(made), at=at)

    def destroy() -> None:
        shown = _due(cast, at)
        pruning.prune(
            scope=cast.ada, digest=shown.digest, reason="Over.", confirmation=make.confirmed(cast.ada, at=at), at=at
        )

    def look() -> None:
        with in_tenant(cast.tenant.id):
            noting.note(scope=cast.bo, execution_id=chance.choice(made), at=at)
        noting.fold(scope=cast.tars, at=at)

    acts = (
        lambda: seal_receipts(scope=cast.tars, at=at),
        lambda: folding.fold(scope=cast.tars, at=at),
        lambda: ageing.age(scope=cast.tars, at=at, most=1),
        lambda: moving.archive(scope=cast.tars, at=at, most=2),
        *(ask, look, bring_back, destroy),
    )
    for act in (ask, ask, ask, *chance.choices(acts, k=40)):
        at += timedelta(days=chance.choice((0, 40, 400)))
        try:
            act()
        except DomainError:
            continue
        _agree(cast)
    seen = {state for states in _agree(cast).values() for state in states}
    assert len(seen) >= 3


def test_counts__two_add_up_and_one_moves_at_once__nothing_is_lost(cast: make.Cast) -> None:
    old.done(cast, "Run payroll of May", "Run payroll of June")

    def fold() -> str:
        return str(folding.fold(scope=cast.tars, at=make.later(31)) >= 0)

    def age() -> str:
        return str(ageing.age(scope=cast.tars, at=old.moment(40)).warm)

    assert old.together(fold, fold, age) == ["2", "True", "True"]
    assert list(_agree(cast).values()) == [{"WARM": 2}]


def test_counts__who_may__and_of_a_stranger__their_own(cast: make.Cast) -> None:
    old.done(cast, "Run payroll")
    with in_tenant(cast.tenant.id), pytest.raises(NotAllowed):
        ages.by_system(scope=cast.mel)
    stranger = make.stranger()
    with in_tenant(stranger.tenant_id):
        assert ages.by_system(scope=stranger) == ages.by_system(scope=stranger, exact=True) == {}


def test_board__reads_sums_alone__and_as_many_queries_for_more(cast: make.Cast) -> None:
    old.archived(cast, "Run payroll of May", "Run payroll of June")
    folding.fold(scope=cast.tars, at=old.LATER)
    with in_tenant(cast.tenant.id):
        with CaptureQueriesContext(connection) as asked:
            board = queries.board(scope=cast.uma, at=old.LATER)
        exact = queries.board(scope=cast.uma, at=old.LATER, exact=True)
    assert (board.totals, board.bars) == (exact.totals, exact.bars) and len(asked) <= 6
    assert board.soon_said == {"WARM": "0", "COLD": "0", "ARCHIVED": "0"}


def _due(cast: make.Cast, at: datetime) -> pruning.Due:
    with in_tenant(cast.tenant.id):
        return pruning.due(scope=cast.ada, at=at)


def test_due__of_two_nights_and_two_systems__takes_the_oldest_that_is_free_and_counts_the_rest(
    cast: make.Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.desk.agent(cast, "audit", lambda call, told: {"found": 0})
    for day, system in ((0, "payroll"), (0, "audit"), (1, "payroll")):
        old.desk.done(cast.bo, f"Run {system} {day}", system=system)
        seal_receipts(scope=cast.tars, at=make.later(30))
        ageing.age(scope=cast.tars, at=old.LATER)
        assert moving.archive(scope=cast.tars, at=old.LATER + timedelta(days=day)) is not None
    monkeypatch.setattr(pruning, "MOST", 1)
    end = END + timedelta(days=1)
    assert (_due(cast, end).rows, _due(cast, end).more, _due(cast, end).held) == (1, 2, 0)
    holds.place(scope=cast.ada, system="payroll", reason="A court asked.", at=end)
    shown = _due(cast, end)
    assert (shown.rows, shown.more, shown.held) == (1, 0, 2)
    with in_tenant(cast.tenant.id):
        assert old.desk.execution(cast.bo, shown.ids[0]).system_name == "audit"
        assert pruning.counts(scope=cast.uma, at=end) == pruning.Counts(rows=1, held=2)
        early = retention.preview(scope=cast.uma, years=1, at=old.LATER + timedelta(days=366))
    assert (early.moves, early.due, early.held) == (3, 1, 2)


def test_groups__are_kept_as_long_as_the_database_says_row_by_row(cast: make.Cast) -> None:
    """`sums` says in one place what `tars_kept_until` says: for years and for all forms of a constitution's days."""
    constitutions = (
        {"retention_period_days": 30},
        {"retention_period_days": 2556, "retention": {"period_days": 9999}},
        {"retention": {"period_days": 1e300}},
        {"retention": {"period_days": "many"}, "retention_period_days": -5},
        {},
    )
    moments = [datetime.fromisoformat(f"{day}T10:00:00+00:00") for day in ("2024-02-29", "2026-11-28")]
    with connected("super") as server:
        server.execute("SET session_replication_role = replica")
        for constitution, moment in product(constitutions, moments):
            made = new_id(moment)
            server.execute(
                "INSERT INTO systems (id, tenant_id, name, type, description, version, capabilities, constitution,"
                " constitution_version, depends_on, reverse_dependencies)"
                " VALUES (%s, %s, %s, 'agent', '', '1', '{}', %s, 1, '{}', '{}')",
                [made, cast.tenant.id, f"kept-{made}", Jsonb(constitution)],
            )
            server.execute(
                "INSERT INTO archived_sums (id, tenant_id, system_id, archived_at, away)"
                " VALUES (gen_random_uuid(), %s, %s, %s, 1)",
                [cast.tenant.id, made, moment],
            )
    text = (
        f"WITH {groups(years='10')} SELECT g.was, g.will, tars_kept_until(g.archived_at, 7, s.constitution),"
        " tars_kept_until(g.archived_at, 10, s.constitution) FROM groups g JOIN systems s ON s.id = g.system_id"
    )
    with in_tenant(cast.tenant.id), connection.cursor() as cursor:
        cursor.execute(text, {"tenant": cast.tenant.id})
        found = cursor.fetchall()
    assert len(found) == 10 and all(row[:2] == row[2:] for row in found)
