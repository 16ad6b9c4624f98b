"""Removing the demo: its tenants are deactivated and its people cannot sign in any more. The record stays
(docs/decisions/0008): it is append-only, and a product that could delete it could delete anybody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_q.models import Schedule

from governance.errors import DomainError
from governance.identity.actions import dismiss_staff
from governance.identity.models import User
from governance.jobs import actions as jobs
from governance.jobs import handlers
from governance.jobs.models import Job
from governance.ledger.verbs import governed
from governance.scope import TARS, Capability, Scope, tars_scope
from governance.tenants.actions import deactivate
from governance.tenants.models import Tenant
from tarsweb.demo import passwords
from tarsweb.demo.actions import find_tenant, only_one
from tarsweb.demo.people import is_ours
from tarsweb.demo.tasks import RESUME
from tarsweb.demo.worlds import World, load, staff

KIND = "demo.remove"


class NoDemo(DomainError):
    """There is no demo here to remove."""

    code = "no_demo"
    status = 404


class StillFilling(DomainError):
    """The worker plays the demo's story at this moment; tried again later."""

    code = "demo_filling"
    status = 503


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal did."""

    tenants: int
    people: int


@governed("demo.remove")
def ask_removal(*, scope: Scope, at: datetime) -> Job:
    """Have the worker remove every demo tenant. Raises `NotAllowed`, `NoDemo` outside a demo tenant."""
    scope.demand(Capability.MANAGE_PEOPLE, to="remove the demo")
    if not Tenant.objects.filter(id=scope.tenant_id, is_demo=True, is_active=True).exists():
        raise NoDemo("This tenant is no demo, so there is nothing to remove here.")
    payload = {"by": scope.actor.name}
    title = "Remove the demo"
    return jobs.start(scope=scope, kind=KIND, key=KIND, title=title, payload=payload, at=at, max_attempts=10)


def remove(*, by: str, at: datetime, last: UUID | None = None, worlds: Iterable[World] | None = None) -> Removed:
    """End the demo people's sign-in, forget their passwords, deactivate the demo's tenants (`last` at the end).

    Runs twice without harm: a second run finds what the first left. Raises `StillFilling`.
    """
    is_whole = worlds is None
    worlds = load() if worlds is None else tuple(worlds)
    with only_one() as is_alone:
        if not is_alone:
            raise StillFilling("The demo is still being filled. It is removed as soon as that has ended.")
        Schedule.objects.filter(name=RESUME).delete()
        tenants = [tenant.id for world in worlds if (tenant := find_tenant(world))]
        # People first: whose they are is read from the tenants that are still open.
        emails = {person.email for world in worlds for person in world.people}
        people = [user for user in User.objects.filter(email__in=emails, is_active=True) if is_ours(user)]
        for user in people:
            _end_sign_in(user)
        passwords.forget(emails)
        if is_whole:
            _dismiss_staff(at=at)
        for tenant_id in sorted(tenants, key=lambda tenant_id: (tenant_id == last, tenant_id)):
            deactivate(scope=tars_scope(tenant_id), reason=f"The demo was removed by {by}.", at=at)
    return Removed(tenants=len(tenants), people=len(people))


def _dismiss_staff(*, at: datetime) -> None:
    """The demo's platform staff belong to all of it, so they go with all of it."""
    email = staff().email
    if user := User.objects.filter(email=email, is_platform_staff=True).first():
        dismiss_staff(actor=TARS, email=email, at=at)
        user.refresh_from_db()
        _end_sign_in(user)
    passwords.forget({email})


def _end_sign_in(user: User) -> None:
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])


def handle(run: handlers.Run) -> dict[str, Any]:
    """The job. The tenant that asked goes last, so that a second attempt still finds it."""
    done = remove(by=str(run.payload.get("by", "somebody")), at=timezone.now(), last=run.scope.tenant_id)
    return {"tenants": done.tenants, "people": done.people}


def register() -> None:
    handlers.register(KIND, handle)
