"""The whole demo, played once for each test process; every test only reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import pytest

from governance.registry.models import System
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from tarsweb.demo import actions
from tarsweb.demo.play import Player, Report
from tarsweb.demo.worlds import World, load
from tests.installation import installation_of

END = datetime(2026, 11, 20, 15, 4, 5, 678_901, tzinfo=UTC)


@dataclass(frozen=True)
class Demo:
    """One world as it stands after the filling."""

    world: World
    tenant_id: UUID
    report: Report

    @property
    def tars(self) -> Scope:
        return tars_scope(self.tenant_id)

    def scope(self, key: str) -> Scope:
        return Player(world=self.world, tenant_id=self.tenant_id).scope(key)

    def system(self, name: str) -> System:
        with in_tenant(self.tenant_id):
            return System.objects.get(tenant_id=self.tenant_id, name=name)


@cache
def played(tag: str = "") -> dict[str, Demo]:
    worlds = load(tag=tag)
    with installation_of():
        actions.prepare(at=END, worlds=worlds)
    reports = actions.fill(worlds=worlds)
    found = {}
    for world in worlds:
        tenant = actions.find_tenant(world)
        assert tenant is not None
        found[world.key] = Demo(world, tenant.id, reports[world.key])
    return found


@pytest.fixture(autouse=True)
def _installation() -> Iterator[None]:
    """Preparing the demo looks at every open tenant, and may enter its staff in each: never in other tests' tenants."""
    with installation_of():
        yield


@pytest.fixture
def oms(_database: None) -> Demo:
    return played()["oms"]


@pytest.fixture
def newclient(_database: None) -> Demo:
    return played()["newclient"]
