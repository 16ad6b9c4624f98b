"""Who becomes platform staff stands on the ledger of every tenant they may visit."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.errors import NotFound
from governance.identity.actions import AlreadyStaff, NotStaff, appoint_staff, dismiss_staff
from governance.identity.models import User
from governance.ledger.models import LedgerEntry
from governance.tenancy import all_tenant_ids, in_tenant
from governance.tenants.actions import deactivate
from tarsweb.platform import queries
from tarsweb.platform.stewards import operator
from tests import factories as make
from tests.installation import installation_of


def _entries(tenant_id: object, user: User) -> list[tuple[str, str]]:
    with in_tenant(tenant_id):  # type: ignore[arg-type]
        rows = LedgerEntry.objects.filter(subject=user.email).order_by("sequence")
        return list(rows.values_list("action_name", "actor_name"))


def test_staff__appointed_and_dismissed__is_entered_in_every_open_tenant() -> None:
    person, one, other, closed = make.user("stan"), make.tenant(), make.tenant(), make.cast()
    deactivate(scope=closed.tars, reason="Unpaid.", at=make.AT)
    actor = operator().actor
    with installation_of(one.id, other.id, closed.tenant.id):
        appoint_staff(actor=actor, email=person.email.upper(), at=make.AT)
        assert person.email in {user.email for user in queries.staff()}
        with pytest.raises(AlreadyStaff):
            appoint_staff(actor=actor, email=person.email, at=make.AT)
        dismiss_staff(actor=actor, email=person.email, at=make.AT)
        with pytest.raises(NotStaff):
            dismiss_staff(actor=actor, email=person.email, at=make.AT)
        with pytest.raises(NotFound):
            appoint_staff(actor=actor, email="nobody@example.org", at=make.AT)
    expected = [("identity.appoint_staff", actor.name), ("identity.dismiss_staff", actor.name)]
    assert _entries(one.id, person) == _entries(other.id, person) == expected
    assert _entries(closed.tenant.id, person) == []
    assert actor.name.startswith("operator of this machine (")


def test_list__by_the_database__answers_staff_and_nobody_else() -> None:
    cast = make.cast()
    assert queries.tenants(actor=cast.tess.actor) == ()
    person = User.objects.get(id=cast.users["tess"].id)
    person.is_platform_staff = True
    person.save()
    assert cast.tenant.id in {line.id for line in queries.tenants(actor=cast.tess.actor)}
    assert {line.id for line in queries.tenants_here(at=make.AT)} == set(all_tenant_ids())


def test_called_here__by_id_name_or_domain__an_id_is_found_without_reading_the_others() -> None:
    cast, other = make.cast(), make.tenant(name="Called so by nobody else")
    (line,) = queries.called_here(str(cast.tenant.id), at=make.AT)
    assert (line.id, line.name) == (cast.tenant.id, cast.tenant.name)
    assert [one.id for one in queries.called_here(other.name, at=make.AT)] == [other.id]
    assert queries.called_here("nobody", at=make.AT) == queries.called_here(str(uuid4()), at=make.AT) == ()
    assert len(queries.called_here("", at=make.AT)) == len(queries.tenants_here(at=make.AT))

    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            queries.called_here(str(cast.tenant.id), at=make.AT)
        return len(found)

    before = asked()
    make.tenant()
    assert asked() == before
