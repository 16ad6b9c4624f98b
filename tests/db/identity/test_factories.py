"""The cast that most tests begin with is made in few statements; it is what the verbs make, row for row."""

from __future__ import annotations

import json
import re
from typing import Any

from django.apps import apps

from governance.audit.queries import verified
from governance.identity.models import User
from governance.ledger.models import LedgerEntry
from governance.rows import TenantRow
from governance.scope import Scope, tars_scope
from governance.tenancy import in_tenant
from governance.tenants.models import Tenant
from tests import factories as make

People = dict[str, tuple[User, Scope]]
# What differs between two people whom the same verb made.
OF_ITS_OWN = {"id", "tenant_id", "user_id", "email", "password", "date_joined"}


def test_cast__made_together__is_what_the_verbs_make_one_after_another() -> None:
    together, apart = make.tenant(), make.tenant()
    quick = make.seated_together(tenant=together, roles=make.ROLES)
    slow = {name: make.seated(tenant=apart, name=name, roles=roles) for name, roles in make.ROLES.items()}
    assert _told(together, quick) == _told(apart, slow)
    for name in make.ROLES:
        assert _common(quick[name][0]) == _common(slow[name][0])
        assert quick[name][0].check_password(make.PASSWORD)
    assert [user.id for user, _ in quick.values()] == sorted(user.id for user, _ in quick.values())
    assert verified(tars_scope(together.id)).is_verified


def _told(tenant: Tenant, people: People) -> dict[str, Any]:
    """Every row of the tenant and every scope, without what is its own; people by name."""
    with in_tenant(tenant.id):
        rows = {
            model.__name__: sorted(json.dumps(_common(row), default=str, sort_keys=True) for row in model.objects.all())
            for model in apps.get_models()
            if issubclass(model, TenantRow) and model is not LedgerEntry
        }
        entries = [
            _entry(row, people)
            for row in LedgerEntry.objects.filter(action_name="identity.add_member").order_by("sequence")
        ]
    scopes = {name: (scope.tenant_id == tenant.id, scope.roles, scope.grants) for name, (_, scope) in people.items()}
    actors = {
        name: (scope.actor.name == user.email, scope.actor.user_id == user.id) for name, (user, scope) in people.items()
    }
    return {"rows": rows, "entries": entries, "scopes": scopes, "actors": actors}


def _common(row: Any) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in OF_ITS_OWN and not isinstance(getattr(row, field.attname), bytes | memoryview)
    }


def _entry(row: LedgerEntry, people: People) -> str:
    """The entry as its reader sees it: its columns and its content, with everybody called by name."""
    openings = {pointer: value for pointer, (_, value) in json.loads(bytes(row.openings)).items()}
    told = json.dumps(
        [row.sequence, row.event_type, row.action_name, row.subject, row.actor_name, openings], default=str
    )
    for name, (user, _) in people.items():
        told = told.replace(user.email, name).replace(str(user.id), name)
    return re.sub(r"did:key:\w+", "did", told)
