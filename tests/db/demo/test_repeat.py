"""Run twice, killed halfway, run by two: always the same demo."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from governance.amendments.models import AmendmentProposal
from governance.identity.models import Membership
from governance.ledger.models import LedgerEntry
from governance.registry.models import System, SystemVersion
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tarsweb.demo import actions, play
from tarsweb.demo.worlds import World, load
from tests.db.demo.conftest import END, Demo, played


class Killed(Exception):
    """Stands for whatever ends a process in the middle."""


def record(tenant_id: UUID) -> Counter[tuple[str, str]]:
    """Everything that was done in a tenant, without ids and names."""
    with in_tenant(tenant_id):
        entries = Counter(LedgerEntry.objects.filter(tenant_id=tenant_id).values_list("action_name", "event_type"))
        rows = {
            ("rows", model.__name__): model.objects.filter(tenant_id=tenant_id).count()
            for model in (AmendmentProposal, Membership, System, SystemVersion)
        }
    return entries + Counter(rows)


def small(tag: str) -> tuple[World, ...]:
    """The second tenant alone, under addresses of its own."""
    return load(tag=tag)[1:]


def tenant_of(worlds: tuple[World, ...]) -> UUID:
    tenant = actions.find_tenant(worlds[-1])
    assert tenant is not None
    return tenant.id


@cache
def undisturbed() -> tuple[int, Counter[tuple[str, str]]]:
    """How many steps the second tenant's story has, and its record, read before any other test can add to it."""
    worlds = small("whole")
    actions.prepare(at=END, worlds=worlds)
    report = actions.fill(worlds=worlds)["newclient"]
    return report.played, record(tenant_of(worlds))


def test_prepare_and_fill__again__change_nothing(oms: Demo, newclient: Demo) -> None:
    before = record(oms.tenant_id), record(newclient.tenant_id)
    actions.prepare(at=END.replace(year=2027))
    reports = actions.fill()
    assert (record(oms.tenant_id), record(newclient.tenant_id)) == before
    assert [report.played for report in reports.values()] == [0, 0]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("is_after", [False, True], ids=["before the verb", "after its commit"])
def test_fill__killed_at_some_step__goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, seed: int, is_after: bool
) -> None:
    length, whole = undisturbed()
    worlds = small(f"kill{seed}{int(is_after)}")
    actions.prepare(at=END, worlds=worlds)
    real, fatal = dict(play._VERBS), random.Random(seed).randrange(length)
    count = 0

    def verb(player: play.Player, step: play.Step) -> None:
        nonlocal count
        count += 1
        if is_after or count <= fatal:
            real[step.verb](player, step)
        if count > fatal:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(play, "_VERBS", dict.fromkeys(real, verb))
        with pytest.raises(Killed):
            actions.fill(worlds=worlds)
    report = actions.fill(worlds=worlds)["newclient"]
    assert report.skipped == fatal + is_after
    assert report.refused == []
    assert record(tenant_of(worlds)) == whole


@pytest.mark.parametrize("name", ["open_tenant", "add_member", "register_system", "set_dependencies"])
@pytest.mark.parametrize("is_after", [False, True])
def test_prepare__killed__goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, name: str, is_after: bool) -> None:
    _, whole = undisturbed()
    worlds = small(f"prepare{int(is_after)}{name[:3]}")
    real = getattr(actions, name)

    def fatal(**options: object) -> None:
        if is_after:
            real(**options)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(actions, name, fatal)
        with pytest.raises(Killed):
            actions.prepare(at=END, worlds=worlds)
    actions.prepare(at=END, worlds=worlds)
    actions.fill(worlds=worlds)
    assert record(tenant_of(worlds)) == whole


def test_fill__somebody_was_at_work_meanwhile__passes_over_what_no_longer_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.identity.actions import remove_member

    worlds = small("meddled")
    actions.prepare(at=END, worlds=worlds)
    tenant_id = tenant_of(worlds)
    player = play.Player(world=worlds[0], tenant_id=tenant_id)
    remove_member(scope=player.scope("dana"), user=player.user("lee"), at=END)
    report = actions.fill(worlds=worlds)["newclient"]
    assert [key for key, _ in report.refused] == [
        "ask-large-refunds.1",
        "scanned-invoices.2",
        "newsletters.1",
        "invoice-years.1",
    ]
    assert report.played > 15


def test_fill__another_process_is_at_it__leaves_it_alone() -> None:
    settings = connection.settings_dict
    dsn = {name.lower(): settings[name] for name in ("HOST", "PORT", "USER", "PASSWORD")}
    with psycopg.connect(**dsn, dbname=settings["NAME"]) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [actions._LOCK])
        assert actions.fill(worlds=small("busy")) == {}


def test_played__two_installations__share_nothing(oms: Demo) -> None:
    with in_tenant(oms.tenant_id):
        assert Tenant.objects.count() == 1
    assert played()["oms"].tenant_id == oms.tenant_id
