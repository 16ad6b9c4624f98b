"""The demo is taken away: closed, not deleted. In worlds beside the others', so that their tests keep theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from governance.audit.source import stream
from governance.audit.verify import verify
from governance.errors import NotAllowed
from governance.identity.actions import add_member
from governance.identity.models import User
from governance.identity.queries import scope_for, seats
from governance.jobs.models import Job
from governance.ledger.models import LedgerEntry
from governance.scope import Role, tars_scope
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tarsweb.demo import actions, passwords
from tarsweb.demo.removal import NoDemo, StillFilling, ask_removal, remove
from tarsweb.demo.worlds import World, load
from tests import factories as make
from tests.db.amendments.desk import at_once

AT = datetime(2026, 11, 20, 15, 4, tzinfo=UTC)


@pytest.fixture
def worlds(request: pytest.FixtureRequest) -> tuple[World, ...]:
    tag = f"gone{abs(hash(request.node.name)) % 10**6}"
    found = tuple(replace(world, systems=(), story=()) for world in load(tag=tag))
    actions.prepare(at=AT, worlds=found)
    return found


def person(worlds: tuple[World, ...], number: int = 0) -> User:
    return User.objects.get(email=worlds[0].people[number].email)


def test_remove__tenants_closed_people_out_record_whole(worlds: tuple[World, ...]) -> None:
    ids = [actions.find_tenant(world).id for world in worlds]  # type: ignore[union-attr]
    emails = {one.email for world in worlds for one in world.people}
    assert emails <= set(passwords.stored())
    done = remove(by="admin@oms.com", at=AT, worlds=worlds)
    assert (done.tenants, done.people) == (len(worlds), len(emails))
    assert seats(user=person(worlds)) == ()
    assert not person(worlds).is_active and not person(worlds).has_usable_password()
    assert not emails & set(passwords.stored())
    for tenant_id in ids:
        with in_tenant(tenant_id):
            assert not Tenant.objects.get(id=tenant_id).is_active
            said = LedgerEntry.objects.filter(action_name="tenants.deactivate").count()
            report = verify(stream(tenant_id))
        assert (said, report.is_verified) == (1, True)


def test_remove__twice__does_nothing_more(worlds: tuple[World, ...]) -> None:
    remove(by="x", at=AT, worlds=worlds)
    again = remove(by="x", at=AT, worlds=worlds)
    assert (again.tenants, again.people) == (0, 0)


def test_remove__somebody_with_a_seat_elsewhere__keeps_their_account(worlds: tuple[World, ...]) -> None:
    home = make.tenant()
    add_member(scope=tars_scope(home.id), user=person(worlds), roles=[Role.OPERATOR], at=make.AT)
    remove(by="x", at=AT, worlds=worlds)
    assert person(worlds).is_active
    assert [seat.tenant_id for seat in seats(user=person(worlds))] == [home.id]
    assert not person(worlds, 1).is_active


def test_remove__while_it_is_filled__waits(worlds: tuple[World, ...]) -> None:
    with actions.only_one() as is_alone:
        assert is_alone
        (told,) = at_once([lambda: remove(by="x", at=AT, worlds=worlds)])
    assert isinstance(told.refusal, StillFilling) and told.refusal.status >= 500, "so that the job tries again"
    assert actions.find_tenant(worlds[0]) is not None


def test_ask__tenant_admin_of_a_demo_and_nobody_else(worlds: tuple[World, ...]) -> None:
    tenant = actions.find_tenant(worlds[0])
    assert tenant is not None
    roles = {one.email: one.roles for one in worlds[0].people}
    admin = next(email for email, held in roles.items() if Role.ADMIN in held)
    other = next(email for email, held in roles.items() if Role.ADMIN not in held)
    scopes = {email: scope_for(user=User.objects.get(email=email), tenant_id=tenant.id) for email in (admin, other)}
    with pytest.raises(NotAllowed):
        ask_removal(scope=scopes[other], at=AT)  # type: ignore[arg-type]
    job = ask_removal(scope=scopes[admin], at=AT)  # type: ignore[arg-type]
    with in_tenant(tenant.id):
        assert Job.objects.get(id=job.id).kind == "demo.remove"
        Job.objects.filter(id=job.id).update(state="cancelled")


def test_ask__in_a_real_tenant__refused() -> None:
    with pytest.raises(NoDemo):
        ask_removal(scope=make.cast().tess, at=AT)
