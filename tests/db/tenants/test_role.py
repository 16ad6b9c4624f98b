"""The role that requests and tasks run as, and the refusal to run as any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from governance.tenancy import refuse_privileged_role
from tarsweb.home import USERS, Home, Role
from tests.db.tenants.catalogue import rows, walled


@contextmanager
def _connected_as(role: Role) -> Iterator[None]:
    """Django's own connection under another role, given back afterwards."""
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=USERS[role], PASSWORD=Home().secrets()[f"TARS_DB_{role.upper()}_PASSWORD"])
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


def test_application_role__is_nobody_special() -> None:
    (found,) = rows(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles "
        "WHERE rolname = current_user"
    )
    assert found == (USERS["app"], False, False, False, False, False)


def test_application_role__owns_nothing_and_belongs_to_nobody() -> None:
    assert rows("SELECT relname FROM pg_class WHERE relowner = current_user::regrole") == []
    assert rows("SELECT 1 FROM pg_auth_members WHERE member = current_user::regrole") == []


def test_application_role__may_truncate_nothing_and_make_nothing() -> None:
    truncatable = rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "AND has_table_privilege(oid, 'TRUNCATE')"
    )
    assert truncatable == []
    assert rows("SELECT has_schema_privilege('public', 'CREATE')") == [(False,)]
    assert rows("SELECT has_database_privilege(current_database(), 'CREATE')") == [(False,)]


@pytest.mark.parametrize("table", ["tenants", "memberships", "systems", "ledger_entries", "constitutional_amendments"])
def test_application_role__cannot_take_the_wall_down(table: str) -> None:
    assert table in walled()
    with connection.cursor() as cursor, pytest.raises(Exception, match="must be owner"):
        cursor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def test_application_role__cannot_switch_triggers_off() -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("SET session_replication_role = replica")


def test_start__as_application_role__goes_on() -> None:
    refuse_privileged_role()


@pytest.mark.parametrize(
    ("role", "said"), [("owner", "owns tables"), ("super", "is a superuser and bypasses row security")]
)
def test_start__as_privileged_role__refused_with_the_reason(role: Role, said: str) -> None:
    with _connected_as(role), pytest.raises(ImproperlyConfigured, match=said) as refusal:
        refuse_privileged_role()
    assert "TARS_DATABASE_URL" in str(refusal.value)


def test_owner__sees_no_row_either_but_what_its_look_ups_need() -> None:
    with _connected_as("owner"):
        looked_up = {"api_tokens", "due_requests", "invitations", "memberships", "resources", "tenants"}
        for table in set(walled()) - looked_up:
            assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
