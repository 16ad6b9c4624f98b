from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection

from governance.errors import DomainError
from governance.ids import new_id
from governance.keys.did import did_of
from governance.keys.models import ActorKey
from governance.scope import Actor

_CURRENT: Final = (
    "SELECT id, sealed_private_key FROM actor_keys WHERE tenant_id = %s AND retired_at IS NULL AND user_id"
)


class KeyUnreadable(DomainError):
    """The installation's key file cannot open a sealed key."""

    code = "key_unreadable"
    status = 503


@dataclass(frozen=True, slots=True)
class Signer:
    """An actor's current key, able to sign."""

    key_id: UUID
    did: str
    private_key: Ed25519PrivateKey

    def sign(self, message: bytes) -> bytes:
        return self.private_key.sign(message)


def signer(*, tenant_id: UUID, actor: Actor) -> Signer | None:
    """The actor's current signer, or None if the actor has no key yet. Must run inside the tenant's transaction."""
    with connection.cursor() as cursor:
        if actor.user_id is None:
            cursor.execute(f"{_CURRENT} IS NULL", [tenant_id])
        else:
            cursor.execute(f"{_CURRENT} = %s", [tenant_id, actor.user_id])
        row = cursor.fetchone()
    return None if row is None else unsealed(row[0], bytes(row[1]))


def create(*, tenant_id: UUID, actor: Actor, at: datetime) -> ActorKey:
    """Make and seal the actor's key. The caller (the ledger) records it in the same transaction."""
    private = Ed25519PrivateKey.generate()
    return ActorKey.objects.create(
        id=new_id(at),
        tenant_id=tenant_id,
        user_id=actor.user_id,
        name=actor.name,
        public_key=private.public_key().public_bytes_raw(),
        sealed_private_key=box().encrypt(private.private_bytes_raw()),
        created_at=at,
    )


@lru_cache(maxsize=1024)
def unsealed(key_id: UUID, sealed: bytes) -> Signer:
    """Open a sealed key; raises `KeyUnreadable`. Cached: unsealing costs more than signing."""
    try:
        private = Ed25519PrivateKey.from_private_bytes(box().decrypt(sealed))
    except InvalidToken:
        raise KeyUnreadable(
            "The installation's key file does not open this tenant's keys. Restore TARS_SEALING_KEYS from the backup that "
            "belongs to this database."
        ) from None
    return Signer(key_id=key_id, did=did_of(private.public_key().public_bytes_raw()), private_key=private)


def box() -> MultiFernet:
    """What seals secrets at rest: opens with every key of the installation's key file, seals with the first."""
    return MultiFernet([Fernet(key) for key in settings.SEALING_KEYS])
