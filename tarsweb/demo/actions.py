"""Make the demo: `prepare` what signing in needs, `fill` it with its history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min

from billing.budgets.actions import grant_monthly
from governance.identity.actions import add_member
from governance.identity.models import Membership, User
from governance.identity.queries import seats
from governance.notices.actions import put_away
from governance.registry.actions import register_system, set_dependencies
from governance.registry.models import System, SystemType
from governance.scope import Scope, tars_scope
from governance.tenancy import active_tenant_ids, in_tenant
from governance.tenants.actions import open_tenant
from governance.tenants.models import Tenant, Tier
from tarsweb.demo.moments import moment
from tarsweb.demo.people import ensure_accounts, ensure_staff
from tarsweb.demo.play import Player, Report
from tarsweb.demo.script import Step, steps
from tarsweb.demo.worlds import World, load

JOINING = timedelta(hours=1)
"""After the opening, where the story has a `before`."""
NEWS_FOR = timedelta(days=1)
"""What happened before is no news on the first morning."""
_LOCK = 0x7A25_DE30  # any number that nobody else uses for an advisory lock
_HELD = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


def prepare(*, at: datetime, worlds: Iterable[World] | None = None) -> None:
    """Make tenants, people, seats and systems, so that somebody can sign in. `at` is the story's end, on the first run.

    Fast, and safe to repeat: what exists is left as it is.
    """
    worlds = load() if worlds is None else tuple(worlds)
    ensure_accounts(worlds)
    ensure_staff(at=at)
    for world in worlds:
        tenant = _tenant(world, at=at)
        end = end_of(world, tenant=tenant)
        # The dollars of the story's last month, granted when it begins, so that the record stays in the order of time.
        total, opened_at = tenant.max_monthly_budget, tenant.created_at
        grant_monthly(scope=tars_scope(tenant.id), total=total, at=opened_at, within=end)
        _seat(world, tenant=tenant, end=end)
        _register(world, tenant=tenant, end=end)


def fill(*, worlds: Iterable[World] | None = None) -> dict[str, Report]:
    """Play every prepared world's story to its end; what was played before is passed over.

    Returns a report for each world; empty when another process is filling already.
    """
    reports: dict[str, Report] = {}
    with only_one() as is_alone:
        for world in (load() if worlds is None else tuple(worlds)) if is_alone else ():
            tenant = find_tenant(world)
            if tenant is not None:
                end = end_of(world, tenant=tenant)
                player = Player(world=world, tenant_id=tenant.id)
                reports[world.key] = player.play(script_of(world, tenant=tenant))
                put_away(scope=tars_scope(tenant.id), before=end - NEWS_FOR, at=end)
    return reports


def script_of(world: World, *, tenant: Tenant) -> tuple[Step, ...]:
    """The world's story from the opening of its tenant on."""
    found = steps(world, end=end_of(world, tenant=tenant))
    return tuple(step for step in found if step.at > tenant.created_at)


def find_tenant(world: World) -> Tenant | None:
    """The world's tenant, by its domain; None before `prepare`."""
    for tenant_id in _likely_first(world):
        with in_tenant(tenant_id):
            found = Tenant.objects.filter(id=tenant_id, domain=world.tenant["domain"], is_demo=True).first()
        if found is not None:
            return found
    return None


def _likely_first(world: World) -> Iterator[UUID]:
    """The tenants of the world's first person; then, as a killed run may have seated nobody, every tenant."""
    person = User.objects.filter(email=world.people[0].email).first()
    if person:
        yield from (seat.tenant_id for seat in seats(user=person) if seat.is_demo)
    yield from active_tenant_ids()


def end_of(world: World, *, tenant: Tenant) -> datetime:
    """The last moment of the world's story: its tenant was opened exactly `before` and `days` before.

    A demo that was made before its story had a `before` goes on without one: there people joined within minutes.
    """
    with in_tenant(tenant.id):
        first = Membership.objects.filter(tenant_id=tenant.id).aggregate(at=Min("created_at"))["at"]
    is_former = first is not None and first - tenant.created_at < JOINING / 2
    return tenant.created_at + timedelta(days=world.days + (0 if is_former else world.before))


def _tenant(world: World, *, at: datetime) -> Tenant:
    return find_tenant(world) or open_tenant(
        name=world.tenant["name"],
        domain=world.tenant["domain"],
        tier=Tier(world.tenant["tier"]),
        max_users=world.tenant["max_users"],
        max_monthly_budget=Decimal(world.tenant["max_monthly_budget"]),
        is_demo=True,
        at=at - timedelta(days=world.before + world.days),
    )


def _seat(world: World, *, tenant: Tenant, end: datetime) -> None:
    with in_tenant(tenant.id):
        taken = set(Membership.objects.filter(tenant_id=tenant.id).values_list("user__email", flat=True))
    has_before = end - tenant.created_at > timedelta(days=world.days)
    first = tenant.created_at + (JOINING if has_before else timedelta())
    for minute, person in enumerate(world.people, start=1):
        if person.email not in taken:
            user = User.objects.get(email=person.email)
            joined = first + timedelta(minutes=minute)
            add_member(scope=tars_scope(tenant.id), user=user, roles=person.roles, at=joined)


def _register(world: World, *, tenant: Tenant, end: datetime) -> None:
    """The systems with their first constitutions, registered on the morning of day 1 by the world's operator."""
    with in_tenant(tenant.id):
        known = dict(System.objects.filter(tenant_id=tenant.id).values_list("name", "depends_on"))
    scope = Player(world=world, tenant_id=tenant.id).scope("preston")
    for number, told in enumerate(world.systems):
        at = moment(f"day 1 08:{2 * number:02}", end=end, days=world.days)
        if told["name"] not in known:
            _register_one(told, scope=scope, at=at)
            _show_measures(told, world=world, tenant_id=tenant.id, end=end)
        if told["depends_on"] and not known.get(told["name"]):
            set_dependencies(
                scope=scope, system_name=told["name"], depends_on=told["depends_on"], at=at + timedelta(minutes=1)
            )


def _register_one(told: dict[str, Any], *, scope: Scope, at: datetime) -> None:
    register_system(
        scope=scope,
        name=told["name"],
        type=SystemType(told["type"]),
        description=told["description"],
        deployment_type=told["deployment_type"],
        endpoint_url=told.get("endpoint_url"),
        constitution=told["constitution"],
        at=at,
    )


def _show_measures(told: dict[str, Any], *, world: World, tenant_id: UUID, end: datetime) -> None:
    """Figures that executions will measure; nothing governed is among them, and no verb writes them yet."""
    figures = dict(told["measured"])
    accessed_at = moment(figures.pop("last_accessed"), end=end, days=world.days)
    with in_tenant(tenant_id):
        System.objects.filter(tenant_id=tenant_id, name=told["name"]).update(last_accessed_at=accessed_at, **figures)


def is_being_filled(scope: Scope) -> bool:
    """Whether somebody fills or removes the demo at this moment, and this tenant is of it. Outside any transaction."""
    with in_tenant(scope.tenant_id):
        if not Tenant.objects.filter(id=scope.tenant_id, is_demo=True).exists():
            return False
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [_LOCK])
        return bool(cursor.fetchone()[0])


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether nobody else fills or removes the demo. The lock is the session's: a killed process frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        is_alone = bool(cursor.fetchone()[0])
    try:
        yield is_alone
    finally:
        if is_alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
