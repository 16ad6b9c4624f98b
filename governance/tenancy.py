"""The tenant of a database transaction.

HAZARD: a session-level setting would leak to the next request on a kept connection, so the tenant is set for one
transaction only (`set_config(…, true)`); without it Postgres shows no tenant row at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from governance.postgres.connection import wrapper

_active: ContextVar[UUID | None] = ContextVar("tars_tenant", default=None)


class TenantMixup(RuntimeError):
    """A block for one tenant was opened inside a block for another: a bug, never a user's mistake."""


@contextmanager
def in_tenant(tenant_id: UUID, *, durable: bool = False) -> Iterator[None]:
    """One transaction (or savepoint) in which only this tenant's rows exist.

    `durable` demands that this is the outermost transaction, so that leaving the block has committed. Raises
    `TenantMixup` when another tenant is already set.
    """
    before = _active.get()
    if before is not None and before != tenant_id:
        raise TenantMixup(f"tenant {before} is active; refusing to switch to {tenant_id} inside it")
    with transaction.atomic(durable=durable):
        if before == tenant_id:
            yield
            return
        token = _active.set(tenant_id)
        try:
            _set("app.tenant_id", tenant_id)
            yield
        finally:
            _active.reset(token)
        # An exception rolls the setting back with its savepoint; a success inside a larger transaction must undo it.
        if len(connection.atomic_blocks) > 1:
            _set("app.tenant_id", None)


@contextmanager
def as_user(user_id: UUID) -> Iterator[None]:
    """A transaction that may read this user's memberships of every tenant: the look-up before a tenant is chosen."""
    with transaction.atomic():
        _set("app.user_id", user_id)
        yield
        if len(connection.atomic_blocks) > 1:
            _set("app.user_id", None)


def active_tenant() -> UUID | None:
    return _active.get()


def active_tenant_ids() -> list[UUID]:
    """Every active tenant's id and nothing else, for schedules that fan out (one SECURITY DEFINER function)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_active_tenant_ids()")
        return [row[0] for row in cursor.fetchall()]


def all_tenant_ids() -> list[UUID]:
    """Every tenant's id, closed ones too, for a person at the machine itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tars_all_tenant_ids()")
        return [row[0] for row in cursor.fetchall()]


def refuse_privileged_role() -> None:
    """Raise `ImproperlyConfigured` if the connected role could step around row security."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, r.rolsuper, r.rolbypassrls,
                   EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                           WHERE n.nspname = 'public' AND c.relkind = 'r' AND pg_has_role(current_user, c.relowner, 'MEMBER'))
            FROM pg_roles r WHERE r.rolname = current_user
            """
        )
        name, is_super, bypasses, owns = cursor.fetchone()
    powers = [
        word
        for word, has in (("is a superuser", is_super), ("bypasses row security", bypasses), ("owns tables", owns))
        if has
    ]
    if powers:
        raise ImproperlyConfigured(
            f"TARS refuses to run as the database role {name}: it {' and '.join(powers)}, so tenants would not be apart. "
            "Point TARS_DATABASE_URL at the application role (docs/operations.md says how to make it)."
        )


def _set(name: str, value: UUID | None) -> None:
    """Until the transaction ends; one that has not begun yet begins with it, together with its first statement."""
    written = "" if value is None else UUID.__str__(value)  # nothing but an id gets into the statement
    statement = f"SET LOCAL {name} = '{written}'"
    if not wrapper().begin_with(statement.encode()):
        with connection.cursor() as cursor:
            cursor.execute(statement)
