"""Migration operations that put a table behind the wall: row security, composite references, append-only rights."""

from __future__ import annotations

from django.conf import settings
from django.db.migrations.operations import RunSQL

CURRENT_TENANT = "NULLIF(current_setting('app.tenant_id', true), '')::uuid"


class ApplicationRights(RunSQL):
    """What the application role may do with every table made from here on: rows, never definitions, never TRUNCATE."""

    def __init__(self) -> None:
        role = f'"{settings.APP_ROLE}"'
        super().__init__(
            f"GRANT USAGE ON SCHEMA public TO {role}; "
            f"GRANT SELECT ON django_migrations TO {role}; "
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}; "
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};",
            RunSQL.noop,
        )


class Wall(RunSQL):
    """Forced row security on a tenant table: no tenant set means no rows; a foreign row can neither be read nor written."""

    def __init__(self, table: str, column: str = "tenant_id") -> None:
        check = f"{column} = {CURRENT_TENANT}"
        super().__init__(
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY; "
            f"CREATE POLICY tenant ON {table} USING ({check}) WITH CHECK ({check});",
            RunSQL.noop,
        )


class Referable(RunSQL):
    """Rows of this table can be referred to from the same tenant."""

    def __init__(self, table: str) -> None:
        super().__init__(f"ALTER TABLE {table} ADD CONSTRAINT {table}_in_tenant UNIQUE (tenant_id, id)", RunSQL.noop)


class Refer(RunSQL):
    """`table.column` refers to a row of the same tenant in `to`."""

    def __init__(self, table: str, column: str, to: str) -> None:
        super().__init__(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY (tenant_id, {column}) "
            f"REFERENCES {to} (tenant_id, id) DEFERRABLE INITIALLY IMMEDIATE",
            RunSQL.noop,
        )


class AppendOnly(RunSQL):
    """Rows are written once. Refused by right for the application role and by trigger for everybody who has the right."""

    def __init__(self, table: str, *, except_update: bool = False) -> None:
        events = "DELETE" if except_update else "UPDATE OR DELETE"
        rights = "DELETE, TRUNCATE" if except_update else "UPDATE, DELETE, TRUNCATE"
        super().__init__(
            f"CREATE TRIGGER {table}_append_only BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION tars_append_only(); "
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION tars_append_only(); "
            f'REVOKE {rights} ON {table} FROM "{settings.APP_ROLE}"',
            RunSQL.noop,
        )


class KeepRows(RunSQL):
    """Rows change but are never deleted by the application role."""

    def __init__(self, table: str) -> None:
        super().__init__(f'REVOKE DELETE, TRUNCATE ON {table} FROM "{settings.APP_ROLE}"', RunSQL.noop)
