"""Connectors with what decides whether they can be called, in one statement: read for every request, so it is plain SQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from governance import sql
from governance.registry.models import System
from governance.sql import Ahead
from routing.connectors.models import Connector

_READ: Final = """
SELECT c.*, s.name AS system_name, s.api_key_required,
  EXISTS (SELECT 1 FROM connector_secrets k WHERE k.tenant_id = c.tenant_id AND k.connector_id = c.id AND k.sealed <> ''
    AND (k.retired_at IS NULL OR k.retired_at > %(at)s)) AS has_secret,
  EXISTS (SELECT 1 FROM pinned_tools p
    WHERE p.tenant_id = c.tenant_id AND p.connector_id = c.id AND p.state = 'pinned') AS has_tool
FROM connectors c JOIN systems s ON s.tenant_id = c.tenant_id AND s.id = c.system_id
WHERE c.tenant_id = %(tenant)s AND c.system_id = ANY(%(ids)s::uuid[])
"""
_LOCK: Final = "FOR NO KEY UPDATE OF c"
_SYSTEM: Final = ["id", "tenant_id", "name", "api_key_required"]


def connectors(*, tenant_id: UUID, system_ids: Collection[UUID], at: datetime, locks: bool = False) -> list[Any]:
    """The connectors of these systems, each with its system (name and whether it needs a secret), `has_secret` and `has_tool`,
    as `reachable.why_of` asks for them. `locks` keeps them from changing until the transaction ends."""
    return found(asked(tenant_id=tenant_id, system_ids=system_ids, at=at, locks=locks))


def asked(*, tenant_id: UUID, system_ids: Collection[UUID], at: datetime, locks: bool = False) -> Ahead:
    """The same, for `found` after whatever else is to be asked."""
    statement = f"{_READ}{_LOCK if locks else ''}"
    return sql.ahead(statement, {"tenant": tenant_id, "ids": sql.array(system_ids), "at": at})


def found(asked: Ahead) -> list[Any]:
    """What was asked."""
    rows: list[Any] = asked.read(Connector)
    for row in rows:
        known = [row.system_id, row.tenant_id, row.system_name, row.api_key_required]
        row.system = sql.found_row(System, _SYSTEM, known)
    return rows
