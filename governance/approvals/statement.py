"""The bytes of a decision that a signature covers. Shared by the writer and the verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.canonical import canonical_bytes
from governance.keys.actions import KeyUnreadable, unsealed
from governance.keys.did import public_key_of
from governance.keys.models import ActorKey
from governance.ledger.hashing import nanoseconds

if TYPE_CHECKING:
    from governance.approvals.models import ApprovalDecision

_DOMAIN = b"tars:decision:v1\x00"


def statement(decision: ApprovalDecision) -> bytes:
    """Canonical JSON of who answered what about which digest, when, in which role and how presence was proven."""
    return canonical_bytes(
        {
            "decision_id": str(decision.id),
            "request_id": str(decision.request_id),
            "digest": decision.digest,
            "verdict": str(decision.verdict),
            "actor": decision.actor_name,
            "user_id": str(decision.user_id) if decision.user_id else None,
            "roles": list(decision.roles),
            "via": str(decision.via),
            "note": decision.note,
            "confirmed_by": decision.confirmed_by,
            "at": nanoseconds(decision.at),
            "signer": decision.signer,
        }
    )


def signed_message(statement_bytes: bytes) -> bytes:
    """What Ed25519 signs: a domain tag and the statement."""
    return _DOMAIN + statement_bytes


def is_genuine(decision: ApprovalDecision) -> bool:
    """Whether the row says what its signature covers, under a key of that actor which this installation made.

    HAZARD: a key row alone proves nothing, for the application role may insert one; only the holder of the installation's
    key file could seal its private half.
    """
    data = bytes(decision.statement)
    if data != statement(decision):
        return False
    try:
        public_key = public_key_of(decision.signer)
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes(decision.signature), signed_message(data))
    except (ValueError, InvalidSignature):
        return False
    sealed = ActorKey.objects.filter(
        tenant_id=decision.tenant_id, user_id=decision.user_id, public_key=public_key
    ).values_list("id", "sealed_private_key")
    return any(_is_ours(key_id, bytes(box), did=decision.signer) for key_id, box in sealed)


def _is_ours(key_id: UUID, box: bytes, *, did: str) -> bool:
    try:
        return unsealed(key_id, box).did == did
    except KeyUnreadable:
        return False
