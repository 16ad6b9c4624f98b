from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from governance.canonical import canonical_bytes
from governance.errors import DomainError
from governance.ids import new_id
from governance.keys import actions as keys
from governance.keys.did import did_of
from governance.ledger import hashing
from governance.ledger.models import LedgerHead
from governance.scope import TARS, Actor, Scope


class NoChain(DomainError):
    """The tenant has no ledger head (it was never opened through `tenants.open_tenant`)."""

    code = "no_ledger"
    status = 503


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as appended."""

    entry_id: UUID
    sequence: int
    entry_hash: bytes


_HEAD = """
SELECT h.sequence, h.entry_hash, clock_timestamp(), k.id, k.sealed_private_key
FROM ledger_heads h
LEFT JOIN actor_keys k ON k.tenant_id = h.tenant_id AND k.user_id IS NOT DISTINCT FROM %s AND k.retired_at IS NULL
WHERE h.tenant_id = %s FOR UPDATE OF h
"""

_APPEND = """
WITH head AS (UPDATE ledger_heads SET sequence = %(sequence)s, entry_hash = %(entry_hash)s WHERE tenant_id = %(tenant)s)
INSERT INTO ledger_entries (id, tenant_id, sequence, event_type, action_name, subject, actor_name, at, recorded_at, header,
  openings, previous_hash, entry_hash, signer, signature)
VALUES (%(id)s, %(tenant)s, %(sequence)s, %(event_type)s, %(action_name)s, %(subject)s, %(actor_name)s, %(at)s,
  %(recorded_at)s, %(header)s, %(openings)s, %(previous_hash)s, %(entry_hash)s, %(signer)s, %(signature)s)
"""


def begin(*, tenant_id: UUID, at: datetime) -> Entry:
    """Start a tenant's chain: TARS's key for this tenant is its first entry, signed by that key."""
    LedgerHead.objects.create(tenant_id=tenant_id, sequence=0, entry_hash=hashing.GENESIS)
    return _record_key(tenant_id=tenant_id, actor=TARS, at=at)


def append(
    *,
    scope: Scope,
    at: datetime,
    event_type: str,
    action: Mapping[str, Any],
    explanation: str,
    rules_applied: Iterable[str] = (),
    compliance_score: float = 1.0,
    privacy_level: str = "authenticated",
) -> Entry:
    """Append one signed entry to the scope's chain, inside the caller's tenant transaction.

    `action` must hold `name` (the verb) and `subject` (what it acted on, as people call it); all members are committed
    separately. `compliance_score` is 1.0 for a permitted act and 0.0 for a refused one until the policy engine says more.
    Raises `NoChain`.
    """
    sponsor = {"sponsor_id": str(scope.actor.sponsor_id)} if scope.actor.sponsor_id else {}
    content = {
        "event_type": event_type,
        "action": {**action, **sponsor},
        "constitutional_validation": {
            "rules_applied": list(rules_applied),
            "compliance_score": compliance_score,
            "explanation": explanation,
        },
        "privacy_level": privacy_level,
    }
    sequence, previous, recorded_at, signer = _lock_head(tenant_id=scope.tenant_id, actor=scope.actor)
    if signer is None:
        # Another transaction may have made the key while this one waited for the head.
        signer = signer_for(scope=scope, at=at)
        sequence, previous, recorded_at, _ = _lock_head(tenant_id=scope.tenant_id, actor=scope.actor)
    return _write(
        tenant_id=scope.tenant_id,
        actor=scope.actor,
        signer=signer,
        content=content,
        sequence=sequence + 1,
        previous=previous,
        at=at,
        recorded_at=recorded_at,
    )


def signer_for(*, scope: Scope, at: datetime) -> keys.Signer:
    """The actor's signer; a first key is made and recorded. Call after every row lock of the verb: it may lock the head."""
    found = keys.signer(tenant_id=scope.tenant_id, actor=scope.actor)
    if found is None:
        LedgerHead.objects.select_for_update().get(tenant_id=scope.tenant_id)
        found = keys.signer(tenant_id=scope.tenant_id, actor=scope.actor)
    if found is None:
        _record_key(tenant_id=scope.tenant_id, actor=scope.actor, at=at)
        found = keys.signer(tenant_id=scope.tenant_id, actor=scope.actor)
    assert found is not None
    return found


def _lock_head(*, tenant_id: UUID, actor: Actor) -> tuple[int, bytes, datetime, keys.Signer | None]:
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [actor.user_id, tenant_id])
        row = cursor.fetchone()
    if row is None:
        raise NoChain("This tenant has no ledger. Open tenants through TARS, not by inserting rows.")
    sequence, previous, recorded_at, key_id, sealed = row
    return sequence, bytes(previous), recorded_at, None if key_id is None else keys.unsealed(key_id, bytes(sealed))


def _record_key(*, tenant_id: UUID, actor: Actor, at: datetime) -> Entry:
    """Make the actor's key and enter it, signed by TARS (by itself when it is TARS's own)."""
    key = keys.create(tenant_id=tenant_id, actor=actor, at=at)
    sequence, previous, recorded_at, signer = _lock_head(tenant_id=tenant_id, actor=TARS)
    assert signer is not None
    content = {
        "event_type": "key",
        "action": {
            "name": "keys.create",
            "subject": actor.name,
            "key_id": str(key.id),
            "user_id": str(actor.user_id) if actor.user_id else None,
            "did": did_of(bytes(key.public_key)),
        },
        "constitutional_validation": {
            "rules_applied": ["ledger.keys"],
            "compliance_score": 1.0,
            "explanation": f"A signing key was made for {actor.name}.",
        },
        "privacy_level": "public",
    }
    return _write(
        tenant_id=tenant_id,
        actor=TARS,
        signer=signer,
        content=content,
        sequence=sequence + 1,
        previous=previous,
        at=at,
        recorded_at=recorded_at,
    )


def _write(
    *,
    tenant_id: UUID,
    actor: Actor,
    signer: keys.Signer,
    content: dict[str, Any],
    sequence: int,
    previous: bytes,
    at: datetime,
    recorded_at: datetime,
) -> Entry:
    content = {"agent_id": signer.did, "actor_name": actor.name, **content}
    commitments, openings = _sealed_fields(content)
    entry_id = new_id(at)
    header = canonical_bytes(
        {
            "log_version": hashing.LOG_VERSION,
            "entry_id": str(entry_id),
            "tenant_id": str(tenant_id),
            "sequence": sequence,
            "timestamp": hashing.nanoseconds(at),
            "recorded_at": hashing.nanoseconds(recorded_at),
            "previous_hash": hashing.hash_text(previous),
            "signer": signer.did,
            "commitments": commitments,
        }
    )
    digest = hashing.entry_hash(header)
    values = {
        "id": entry_id,
        "tenant": tenant_id,
        "sequence": sequence,
        "event_type": content["event_type"],
        "action_name": content["action"]["name"],
        "subject": content["action"]["subject"],
        "actor_name": actor.name,
        "at": at,
        "recorded_at": recorded_at,
        "header": header,
        "openings": canonical_bytes(openings),
        "previous_hash": previous,
        "entry_hash": digest,
        "signer": signer.did,
        "signature": signer.sign(hashing.signed_message(digest)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
    return Entry(entry_id=entry_id, sequence=sequence, entry_hash=digest)


def _sealed_fields(content: dict[str, Any]) -> tuple[dict[str, str], dict[str, list[Any]]]:
    """Commitments for the header, and their openings `{pointer: [salt, value]}` to keep beside it."""
    commitments: dict[str, str] = {}
    openings: dict[str, list[Any]] = {}
    for pointer, value in hashing.fields(content):
        salt = os.urandom(hashing.SALT_BYTES)
        commitments[pointer] = hashing.commitment(pointer=pointer, salt=salt, value=value)
        openings[pointer] = [base64.b64encode(salt).decode(), value]
    return commitments, openings
