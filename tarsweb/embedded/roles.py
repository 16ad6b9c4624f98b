"""Roles, database and extension of a fresh cluster; safe to repeat at every start."""

from __future__ import annotations

import psycopg
from psycopg import sql

SUPER, OWNER, APP = "postgres", "tars_owner", "tars_app"
_LIMITS = "LOGIN NOSUPERUSER NOBYPASSRLS NOREPLICATION NOCREATEROLE"


def bootstrap(superuser: str, *, database: str, owner_password: str, app_password: str) -> None:
    """Make the two roles (owner of the tables; runtime, owning nothing), the database and the vector extension.

    `superuser` is a connection string without a database name. Passwords are set again each time, as SCRAM verifiers,
    so that no plain one reaches the server's log.
    """
    with psycopg.connect(superuser, dbname="template1", autocommit=True) as template:
        # Not a trusted extension: in the template, so that the owner's databases (tests too) have it without superuser.
        template.execute("CREATE EXTENSION IF NOT EXISTS vector")
    with psycopg.connect(superuser, dbname="postgres", autocommit=True) as connection:
        _role(connection, OWNER, password=owner_password, rights="CREATEDB")
        _role(connection, APP, password=app_password, rights="NOCREATEDB")
        connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP), sql.Identifier(OWNER)))
        _database(connection, database)
    with psycopg.connect(superuser, dbname=database, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _role(connection: psycopg.Connection, name: str, *, password: str, rights: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verifier = connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    statement = "ALTER ROLE {} {} {} PASSWORD {}" if known else "CREATE ROLE {} {} {} PASSWORD {}"
    connection.execute(
        sql.SQL(statement).format(
            sql.Identifier(name),
            sql.SQL(_LIMITS),
            sql.SQL(rights),
            sql.Literal(verifier),
        )
    )


def _database(connection: psycopg.Connection, name: str) -> None:
    this = sql.Identifier(name)
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(this, sql.Identifier(OWNER)))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(this))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(this, sql.Identifier(APP)))
