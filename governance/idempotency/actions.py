"""Keeping the first answer. Each step is a transaction of its own: the verb between them has one too.

HAZARD: when the process dies between the verb's commit and `keep`, the key is free again once its lock has run out. A repeat
then meets what the verb itself refuses twice (an answered question, a taken name); a repeated proposal would be a second one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from governance.errors import DomainError, Invalid
from governance.idempotency.models import IdempotencyKey
from governance.ids import new_id
from governance.tenancy import in_tenant

KEPT_FOR: Final = timedelta(hours=25)
LOCKED_FOR: Final = timedelta(seconds=90)
"""Longer than any request is allowed to run."""
MOST_LETTERS: Final = 200

_CLAIM: Final = """
INSERT INTO idempotency_keys AS k
  (id, tenant_id, owner, key, fingerprint, created_at, expires_at, locked_until, headers, body)
VALUES (%(id)s, %(tenant)s, %(owner)s, %(key)s, %(fingerprint)s, %(at)s, %(expires)s, %(until)s, '{}', '')
ON CONFLICT (tenant_id, owner, key) DO UPDATE SET
  id = excluded.id, fingerprint = excluded.fingerprint, created_at = excluded.created_at,
  expires_at = excluded.expires_at, locked_until = excluded.locked_until, status = NULL, headers = '{}', body = ''
WHERE k.expires_at <= %(at)s OR (k.status IS NULL AND k.locked_until <= %(at)s AND k.fingerprint = excluded.fingerprint)
RETURNING id
"""


class BadKey(Invalid):
    """The Idempotency-Key is empty or too long."""

    code = "bad_idempotency_key"


class OtherRequest(Invalid):
    """The key came before with another request."""

    code = "idempotency_key_reused"


class InProgress(DomainError):
    """The first request with this key is still running."""

    code = "in_progress"
    status = 409


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a key's request."""

    tenant_id: UUID
    id: UUID


def fingerprint_of(*, method: str, path: str, body: bytes) -> str:
    """What makes two requests the same. Keyed: a body may hold a password, which a bare hash would give away."""
    text = b"\n".join([method.encode(), path.encode(), hashlib.sha256(body).digest()])
    return salted_hmac("tars.idempotency", text, algorithm="sha256").hexdigest()


def claim(*, tenant_id: UUID, owner: str, key: str, fingerprint: str, at: datetime) -> Claim | Answer | None:
    """The right to run the request, or the answer that was given, or None while somebody else runs it.

    Raises `BadKey`, `OtherRequest`.
    """
    if not 1 <= len(key) <= MOST_LETTERS or not key.isprintable():
        raise BadKey(f"An Idempotency-Key has 1 to {MOST_LETTERS} printable characters; a random UUID is best.")
    values: dict[str, Any] = {
        "id": new_id(at),
        "tenant": tenant_id,
        "owner": owner,
        "key": key,
        "fingerprint": fingerprint,
        "at": at,
        "expires": at + KEPT_FOR,
        "until": at + LOCKED_FOR,
    }
    with in_tenant(tenant_id, durable=True):
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, values)
            row = cursor.fetchone()
        if row is not None:
            return Claim(tenant_id, id=row[0])
        known = IdempotencyKey.objects.filter(tenant_id=tenant_id, owner=owner, key=key).first()
    if known is None:
        return None
    if known.fingerprint != fingerprint:
        raise OtherRequest("This Idempotency-Key came before with another request. Use a new one for each request.")
    return None if known.status is None else _answer(known)


def keep(claimed: Claim, answer: Answer) -> None:
    """Keep the answer for everybody who asks again. The body is sealed: it may hold what is shown once."""
    with in_tenant(claimed.tenant_id, durable=True):
        _own(claimed).update(
            status=answer.status, headers=answer.headers, body=_box().encrypt(answer.body), locked_until=None
        )


def let_go(claimed: Claim) -> None:
    """Nothing was done that should be remembered: the key is free at once."""
    with in_tenant(claimed.tenant_id, durable=True):
        _own(claimed).delete()


def purge(*, tenant_id: UUID, at: datetime) -> int:
    """Delete what has been kept long enough; returns how many."""
    with in_tenant(tenant_id, durable=True):
        count, _ = IdempotencyKey.objects.filter(tenant_id=tenant_id, expires_at__lte=at).delete()
    return count


def _own(claimed: Claim) -> QuerySet[IdempotencyKey]:
    """The row while it is still this request's: who took it over after the lock ran out keeps it."""
    return IdempotencyKey.objects.filter(tenant_id=claimed.tenant_id, id=claimed.id, status=None)


def _answer(known: IdempotencyKey) -> Answer:
    assert known.status is not None
    return Answer(status=known.status, headers=known.headers, body=_box().decrypt(bytes(known.body)))


def _box() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])
