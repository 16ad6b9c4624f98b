"""The catalogue is walked, so that a new table cannot be forgotten (DESIGN.md contract 4)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from governance.rows import TenantRow
from tarsweb.home import USERS
from tests.db.tenants.catalogue import rows, tables, walled

# Tables without a tenant, each with the reason why it needs none. None of them is registered in the admin.
GLOBAL = {
    "account_emailaddress": "allauth: a person's e-mail addresses; people are global",
    "account_emailconfirmation": "allauth: a person's e-mail confirmations; people are global",
    "auth_group": "Django's own table, always empty: roles live in memberships",
    "auth_group_permissions": "Django's own table, always empty: roles live in memberships",
    "auth_permission": "Django's own table: names of permissions that nobody is given",
    "django_admin_log": "the admin's history: a person, an object's id; the evidence is the ledger",
    "django_content_type": "names of models, no data",
    "django_migrations": "which migrations ran",
    "django_q_ormq": "the queue: signed messages that carry ids and a tenant id, read by the worker only",
    "django_q_schedule": "when tasks run, no tenant data",
    "django_q_task": "results of tasks: ids and errors, read by the worker only",
    "django_session": "sessions: a person's, opened before a tenant is chosen",
    "mfa_authenticator": "allauth: a person's second factors; people are global",
    "socialaccount_socialaccount": "allauth: a person's outside identities; people are global",
    "socialaccount_socialapp": "allauth: outside sign-in providers of the installation",
    "socialaccount_socialtoken": "allauth: a person's outside tokens; people are global",
    "tars_cache": "rate limits and worker heartbeats",
    "users": "people: one person may belong to several tenants",
    "usersessions_usersession": "allauth: where a person is signed in",
}


def test_tables__each_is_walled_or_on_the_list_with_a_reason() -> None:
    assert tables() - set(walled()) == set(GLOBAL)
    assert all(GLOBAL.values())


@pytest.mark.parametrize(
    "model", list(apps.get_app_config("governance").get_models()), ids=lambda model: model._meta.db_table
)
def test_model__table_is_there_and_walled_unless_listed(model: type[models.Model]) -> None:
    name = model._meta.db_table
    assert name in tables()
    assert name in walled() or name in GLOBAL


def test_walls__row_security_is_on_forced_and_checks_reads_and_writes() -> None:
    found = {
        row[0]: row[1:]
        for row in rows(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polcmd::text, p.polpermissive, "
            "pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) "
            "FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'tenant' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
    }
    for table, column in walled().items():
        expected = f"({column} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)"
        assert found[table] == (True, True, "*", True, expected, expected), table


def test_walls__no_other_policy_widens_them_but_own_memberships_and_the_owners_look_ups() -> None:
    others = rows(
        "SELECT tablename, policyname, cmd, roles::text[], qual FROM pg_policies "
        "WHERE schemaname = 'public' AND policyname <> 'tenant' ORDER BY 1, 2"
    )
    assert [row[:4] for row in others] == [
        ("api_tokens", "lookup", "SELECT", [USERS["owner"]]),
        ("due_requests", "runner", "ALL", [USERS["owner"]]),
        ("invitations", "lookup", "SELECT", [USERS["owner"]]),
        ("memberships", "lookup", "SELECT", [USERS["owner"]]),
        ("memberships", "own", "SELECT", ["public"]),
        ("resources", "lookup", "SELECT", [USERS["owner"]]),
        ("tenants", "lookup", "SELECT", [USERS["owner"]]),
        ("tenants", "own", "SELECT", ["public"]),
    ]
    assert all("app.user_id" in row[4] for row in others if row[1] == "own")


def test_foreign_keys__between_tenant_tables_are_composite() -> None:
    names = (
        "ARRAY(SELECT attname::text FROM unnest({0}) WITH ORDINALITY k(n, i) "
        "JOIN pg_attribute a ON a.attrelid = {1} AND a.attnum = k.n ORDER BY i)"
    )
    found = rows(
        "SELECT conrelid::regclass::text, confrelid::regclass::text, "
        f"{names.format('conkey', 'conrelid')}, {names.format('confkey', 'confrelid')} "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    )
    inside = [row for row in found if row[0] in walled() and row[1] in walled() and row[1] != "tenants"]
    assert inside
    for table, to, columns, target in inside:
        assert columns[0] == "tenant_id" and len(columns) == 2 and target == ["tenant_id", "id"], (table, to, columns)


def _references() -> list[models.ForeignKey]:
    return [
        field
        for model in apps.get_models()
        if issubclass(model, TenantRow)
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.name != "tenant"
        if issubclass(field.related_model, TenantRow)
    ]


@pytest.mark.parametrize("field", _references(), ids=str)
def test_reference__has_its_composite_constraint(field: models.ForeignKey) -> None:
    table, to = field.model._meta.db_table, field.related_model._meta.db_table
    assert rows(
        "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND convalidated "
        "AND conrelid = %s::regclass AND confrelid = %s::regclass AND pg_get_constraintdef(oid) LIKE %s",
        table,
        to,
        f"FOREIGN KEY (tenant_id, {field.column}) REFERENCES {to}(tenant_id, id)%",
    )


def test_tenant_column__is_never_null_and_refers_to_a_tenant() -> None:
    nullable = rows(
        "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id' "
        "AND is_nullable = 'YES'"
    )
    assert nullable == []
    referring = {
        row[0]
        for row in rows(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'tenants'::regclass"
        )
    }
    assert referring == set(walled()) - {"tenants"}


def test_functions__only_the_listed_ones_run_with_the_owners_rights() -> None:
    found = rows("SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef")
    listed = (
        "tars_active_tenant_ids",
        "tars_all_tenant_ids",
        "tars_archive",
        "tars_claim_due",
        "tars_due",
        "tars_invitation_tenant",
        "tars_keep_routing_index",
        "tars_platform_budgets",
        "tars_platform_tenants",
        "tars_prune",
        "tars_prune_systems",
        "tars_restore",
        "tars_rewrite",
        "tars_token_tenant",
    )
    assert sorted(found) == [(name, ["search_path=pg_catalog, public"]) for name in listed]


def test_views__there_is_none_that_could_read_with_the_owners_rights() -> None:
    views = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')"
    assert rows(views) == []
