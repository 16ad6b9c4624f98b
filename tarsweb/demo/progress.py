"""How far the demo's story has been played, for a card on the page. Read from the ledger, so it is never wrong."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from governance.scope import Scope
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tarsweb.demo.actions import script_of
from tarsweb.demo.play import moments_done
from tarsweb.demo.worlds import World, load

# Tenants that have nothing to fill: never again asked about by this process.
_settled: set[UUID] = set()


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps, and the same in words."""

    done: int
    total: int
    sentence: str


def of(scope: Scope, *, worlds: Iterable[World] | None = None) -> Progress | None:
    """The state of the filling; None for a tenant that is no demo or is full. At most three queries until then."""
    if scope.tenant_id in _settled:
        return None
    found = _progress(scope, load() if worlds is None else worlds)
    if found is None:
        _settled.add(scope.tenant_id)
    return found


def is_playing(scope: Scope) -> bool:
    """Whether the tenant is a demo whose history is not written to its end yet."""
    return of(scope) is not None


def _progress(scope: Scope, worlds: Iterable[World]) -> Progress | None:
    with in_tenant(scope.tenant_id):
        tenant = Tenant.objects.filter(id=scope.tenant_id, is_demo=True).first()
        world = next((world for world in worlds if tenant and world.tenant["domain"] == tenant.domain), None)
        if tenant is None or world is None:
            return None
        script = script_of(world, tenant=tenant)
        latest = max(moments_done(tenant_id=tenant.id, steps=script), default=None)
    # A step that was refused leaves no trace; whoever played a later one has passed it.
    done = 0 if latest is None else bisect_right([step.at for step in script], latest)
    if done == len(script):
        return None
    day = max(script[done].day, 1)
    return Progress(
        done=done,
        total=len(script),
        sentence=f"The demo is playing its {world.days} days of history, and is at day {day}.",
    )
