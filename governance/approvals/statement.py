"""The bytes of a decision that a signature covers. Shared by the writer and the verifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.canonical import canonical_bytes
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
    """Whether the row says what its signature covers, under a key of that actor."""
    data = bytes(decision.statement)
    if data != statement(decision):
        return False
    try:
        public_key = public_key_of(decision.signer)
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes(decision.signature), signed_message(data))
    except (ValueError, InvalidSignature):
        return False
    return ActorKey.objects.filter(
        tenant_id=decision.tenant_id, user_id=decision.user_id, public_key=public_key
    ).exists()
