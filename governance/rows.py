"""What every tenant table shares."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL


class TenantRow(models.Model):
    """A row behind the wall of one tenant.

    INVARIANT: every table made from this class has forced row security and composite references (DESIGN.md contract 4);
    `tests/db/tenants` walks the catalogue. Ids are made by the verb (`governance.ids.new_id`), never by a default.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    tenant = models.ForeignKey("governance.Tenant", on_delete=models.PROTECT, editable=False, related_name="+")

    class Meta:
        abstract = True

    def was_read(self, names: Collection[str], values: Collection[Any]) -> None:
        """Called on an object that `governance.sql` has read, with its columns and their values."""


class BusyRow(TenantRow):
    """A row of a table that every request writes to: it has the indexes that its questions ask for, and no other.

    INVARIANT: those begin with the tenant, so none of the tenant alone is needed; nor is one of a reference alone, where nobody
    asks by it (`reference(…, db_index=False)`).
    """

    tenant = models.ForeignKey(
        "governance.Tenant", on_delete=models.PROTECT, editable=False, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


def reference(to: str, **options: object) -> models.ForeignKey:
    """A reference inside a tenant. The constraint is composite, `(tenant_id, x_id)`, and lives in the migration
    (`governance.rls.Refer`): a plain foreign key ignores row security and would accept another tenant's id."""
    settings = {"on_delete": models.PROTECT, "db_constraint": False, "related_name": "+", **options}
    return models.ForeignKey(to, **settings)  # type: ignore[arg-type]


def literal(choice: Enum) -> RawSQL:
    """One of a column's own choices, in the statement itself.

    HAZARD: as a parameter a rare state is unknown to a prepared plan. A list with a limit then walks every row of the tenant for
    the few that fit, and an index of one state alone cannot be used.
    """
    word = str(choice.value)
    if not word.replace("_", "").isalpha():
        raise ValueError(f"{word!r} is no choice of a column.")
    return RawSQL(f"'{word}'", ())
