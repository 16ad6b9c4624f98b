"""What somebody with the database superuser's password can do: change anything, with every trigger off."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from tarsweb.home import database_url

# Columns that the verifier covers, by table (docs/ledger.md lists those it does not).
COVERED = {
    "ledger_entries": [
        "id",
        "tenant_id",
        "sequence",
        "event_type",
        "action_name",
        "subject",
        "actor_name",
        "at",
        "recorded_at",
        "header",
        "openings",
        "previous_hash",
        "entry_hash",
        "signer",
        "signature",
        "redaction_class",
    ],
    "ledger_heads": ["sequence", "entry_hash"],
    "actor_keys": ["id", "user_id", "name", "public_key", "created_at"],
    "constitutional_amendments": [
        "id",
        "tenant_id",
        "number",
        "proposal_id",
        "system_id",
        "system_name",
        "amendment_type",
        "effect",
        "sentence",
        "old_constitution",
        "new_constitution",
        "diff",
        "evidence",
        "old_digest",
        "new_digest",
        "bound",
        "digest",
        "proposed_by",
        "approved_by",
        "approved_at",
        "rolled_back_at",
        "applied_in",
        "rolled_back_in",
    ],
    "system_versions": [
        "tenant_id",
        "system_id",
        "number",
        "canonical",
        "digest",
        "cause",
        "amendment_id",
        "at",
        "by",
    ],
    "approval_decisions": [
        "id",
        "tenant_id",
        "request_id",
        "user_id",
        "actor_name",
        "verdict",
        "roles",
        "via",
        "note",
        "digest",
        "confirmed_by",
        "at",
        "statement",
        "signer",
        "signature",
    ],
    "decision_snapshots": ["tenant_id", "decision_id", "content", "digest"],
    "systems": ["id", "name", "constitution", "constitution_version", "version", "capabilities"],
    "amendment_proposals": ["number", "system_id", "amendment_type", "basis", "state", "revision", "proposer_id"],
    "proposal_revisions": ["new_constitution", "new_digest", "diff", "evidence", "base_digest", "bound", "digest"],
    "rollbacks": [
        "id",
        "amendment_id",
        "state",
        "reason",
        "effect",
        "diff",
        "new_digest",
        "bound",
        "digest",
        "done_at",
    ],
    "proposal_moves": ["id", "before", "after", "by", "why", "at", "ledger_sequence"],
}
# Columns that a constraint ties together, so that a forger changes them together.
TIED = {
    "basis = 'compliance', can_rollback = NOT can_rollback": "AMD-2",
    "base_version = base_version + 1, new_version = new_version + 1": "AMD-2",
}
_KEY = {"ledger_heads": "tenant_id"}
_WORDS = {
    "redaction_class": ["none", "partial", "full"],
    "amendment_type": ["dream_promotion", "manual_update", "governance_tightening", "capability_expansion"],
    "basis": ["ordinary", "compliance", "security_patch", "data_integrity"],
    "effect": ["tightens", "expands", "neutral", "unclassified"],
    "verdict": ["approve", "reject", "request_changes"],
    "via": ["role", "deputy", "override", "standing_authority"],
    "state": ["applied", "rejected", "expired", "withdrawn", "void"],
    "cause": ["registered", "amendment", "rollback"],
}


@contextmanager
def superuser() -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to this test's database, triggers off."""
    url = database_url(role="super", database=str(connection.settings_dict["NAME"]))
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("SET session_replication_role = replica")
        yield raw


def column(raw: psycopg.Connection[Any], table: str, name: str, tenant_id: Any) -> list[tuple[Any, str | None]]:
    """`(key of the row, value as text)` of every row of a tenant."""
    key = _KEY.get(table, "id")
    query = sql.SQL("SELECT {key}, {name}::text FROM {table} WHERE tenant_id = %s ORDER BY 1").format(
        key=sql.Identifier(key), name=sql.Identifier(name), table=sql.Identifier(table)
    )
    return raw.execute(query, [tenant_id]).fetchall()


def kind_of(raw: psycopg.Connection[Any], table: str, name: str) -> str:
    query = "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s"
    row = raw.execute(query, [table, name]).fetchone()
    assert row is not None, (table, name)
    return str(row[0])


def write(raw: psycopg.Connection[Any], table: str, name: str, key: Any, value: str | None) -> None:
    """Set one value of one row; the key is the row's key before the change."""
    kind = kind_of(raw, table, name)
    cast = {"ARRAY": "text[]"}.get(kind, kind)
    query = sql.SQL("UPDATE {table} SET {name} = %s::{cast} WHERE {key} = %s").format(
        table=sql.Identifier(table),
        name=sql.Identifier(name),
        cast=sql.SQL(cast),
        key=sql.Identifier(_KEY.get(table, "id")),
    )
    assert raw.execute(query, [value, key]).rowcount == 1


def flipped(value: str | None, *, kind: str, name: str, chance: random.Random) -> str | None:
    """The value with one small change, still of its type; None stays None (there is nothing to flip)."""
    if value is None:
        return None
    if name in _WORDS:
        return chance.choice([word for word in _WORDS[name] if word != value])
    if name in ("sequence", "ledger_sequence", "number"):
        return str(int(value) + 1000)
    return _FLIPS.get(kind, _flip_text)(value, chance)


def _flip_text(value: str, chance: random.Random) -> str:
    if not value:
        return "x"
    place = chance.randrange(len(value))
    old = value[place]
    new = chr(ord(old) ^ 1) if old.isalnum() and ord(old) < 127 else "~"
    return value[:place] + (new if new != old else "~") + value[place + 1 :]


def _flip_bytes(value: str, chance: random.Random) -> str:
    data = bytearray.fromhex(value.removeprefix("\\x"))
    place = chance.randrange(len(data))
    data[place] ^= 1 << chance.randrange(8)
    return "\\x" + data.hex()


def _flip_hex(value: str, chance: random.Random) -> str:
    place = chance.choice([place for place, letter in enumerate(value) if letter != "-"])
    return value[:place] + f"{int(value[place], 16) ^ (1 << chance.randrange(4)):x}" + value[place + 1 :]


def _flip_json(value: str, chance: random.Random) -> str:
    """Another JSON value that differs in one leaf."""
    document = json.loads(value)
    _flip_leaf(document, chance)
    return json.dumps(document)


def _flip_leaf(value: Any, chance: random.Random) -> None:
    places = list(value.keys()) if isinstance(value, dict) else list(range(len(value)))
    if not places:
        value.update({"~": 0}) if isinstance(value, dict) else value.append(0)
        return
    place = chance.choice(places)
    inner = value[place]
    if isinstance(inner, dict | list):
        _flip_leaf(inner, chance)
    elif isinstance(inner, bool) or inner is None:
        value[place] = not inner
    else:
        value[place] = _flip_text(inner, chance) if isinstance(inner, str) else inner + 1


_FLIPS = {
    "bytea": _flip_bytes,
    "uuid": _flip_hex,
    "bigint": lambda value, _: str(int(value) + 1),
    "integer": lambda value, _: str(int(value) + 1),
    "xid8": lambda value, _: str(int(value) + 1),
    "boolean": lambda value, _: "false" if value == "true" else "true",
    "timestamp with time zone": lambda value, _: _later(value),
    "jsonb": _flip_json,
    "ARRAY": lambda value, _: value[:-1] + (",x}" if len(value) > 2 else "x}"),
}


def _later(value: str) -> str:
    """One microsecond later."""
    from datetime import datetime, timedelta

    return (datetime.fromisoformat(value) + timedelta(microseconds=1)).isoformat()
