"""TARS signs what it sends, so that an agent can tell TARS from anybody else (docs/agents.md). Pure.

Signed are the execution, the time and the body under a label of their own, so that the signature of a call can never be taken
for that of a ledger entry or a receipt, which the same key makes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final, Protocol

from governance.keys.did import public_key_of

LABEL: Final = b"tars-call-1"
SCHEME: Final = "ed25519-v1"
TOLERANCE: Final = 300
"""Seconds that a timestamp may be off: an older message is somebody's replay."""


class Signer(Protocol):
    """A key that can sign; `governance.keys.actions.Signer` is one."""

    @property
    def did(self) -> str:
        """The public key as `did:key`."""

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature."""


class BadCall(ValueError):
    """The message is not from the key that is trusted, or it is too old."""


def headers_of(*, signer: Signer, execution_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What a call carries beside its body. Raises `ValueError` for an execution id that could be read in two ways."""
    if not _is_plain(execution_id):
        raise ValueError("an execution id is made of letters, digits and hyphens")
    made = signer.sign(_message(execution_id, str(timestamp), body))
    return {
        "TARS-Execution": execution_id,
        "TARS-Timestamp": str(timestamp),
        "TARS-Key": signer.did,
        "TARS-Signature": f"{SCHEME} {base64.b64encode(made).decode()}",
    }


def verify(*, trusted: str, headers: Mapping[str, str], body: bytes, now: int) -> str:
    """The execution id of a true message from the trusted `did:key`. Raises `BadCall`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = {name.lower(): value for name, value in headers.items()}
    execution, stamp, key, given = (
        found.get(f"tars-{name}", "") for name in ("execution", "timestamp", "key", "signature")
    )
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12) or abs(now - int(stamp)) > TOLERANCE:
        raise BadCall("the timestamp is missing or too far from now")
    if not _is_plain(execution):
        raise BadCall("the execution is missing")
    if key != trusted:
        raise BadCall("it is signed by another key than the one that is trusted")
    scheme, _, encoded = given.partition(" ")
    try:
        if scheme != SCHEME:
            raise InvalidSignature
        signature = base64.b64decode(encoded, validate=True)
        Ed25519PublicKey.from_public_bytes(public_key_of(trusted)).verify(signature, _message(execution, stamp, body))
    except (binascii.Error, InvalidSignature):
        raise BadCall("the signature does not fit") from None
    return execution


def _is_plain(execution_id: str) -> bool:
    return execution_id.isascii() and execution_id.replace("-", "").isalnum()


def _message(execution_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((LABEL, execution_id.encode(), timestamp.encode(), body))
