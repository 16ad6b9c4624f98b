"""The hash primitives that the writer and the verifier share, and all that they share. Pure.

An entry's `header` is hashed and signed. It names its content only by salted commitments, one per field:
`SHA-256("tars:commit:v1" 0x00 pointer 0x00 salt RFC8785(value))`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from governance.canonical import canonical_bytes

LOG_VERSION = "1.0"
GENESIS = bytes(32)
SALT_BYTES = 16
_COMMIT = b"tars:commit:v1\x00"
_ENTRY = b"tars:ledger-entry:v1\x00"

# seeds/002 5.1 names the first four; the rest is TARS's documented extension (docs/ledger.md)
EVENT_TYPES = (
    "constitutional_decision",
    "drift_detection",
    "negotiation",
    "recovery",
    "constitutional_change",
    "registration",
    "access",
    "program",
    "authority",
    "override",
    "verdict",
    "session_rule",
    "estop",
    "asset",
    "export",
    "data_fix",
    "refusal",
    "key",
)


def fields(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The separately committed fields of an entry's content: its members, and the members of `action` one by one."""
    for name, value in content.items():
        if name == "action":
            for part, inner in value.items():
                yield f"/action/{part}", inner
        else:
            yield f"/{name}", value


def assembled(values: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `fields`: content from `{pointer: value}`."""
    content: dict[str, Any] = {"action": {}}
    for pointer, value in values.items():
        parent, _, name = pointer.rpartition("/")
        (content["action"] if parent == "/action" else content)[name] = value
    return content


def commitment(*, pointer: str, salt: bytes, value: Any) -> str:
    data = _COMMIT + pointer.encode() + b"\x00" + salt + canonical_bytes(value)
    return "sha256:" + hashlib.sha256(data).hexdigest()


def entry_hash(header: bytes) -> bytes:
    """SHA-256 of the canonical header bytes."""
    return hashlib.sha256(header).digest()


def signed_message(digest: bytes) -> bytes:
    """What Ed25519 signs: a domain tag and the entry's hash."""
    return _ENTRY + digest


def hash_text(digest: bytes) -> str:
    return "sha256:" + digest.hex()


def nanoseconds(moment: datetime) -> str:
    """ISO 8601 in UTC with nine decimals; the clock gives six, the rest is padding (seeds/002 5.1)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
