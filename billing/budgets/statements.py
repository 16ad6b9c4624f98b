"""The bytes of a movement of money that its digest names and its signature covers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from governance.canonical import JSON, canonical_bytes

DOMAIN: Final = b"tars:budget-move:v1\x00"


def statement(
    *, kind: str, move_id: str, reservation_id: str | None, at: str, signer: str, said: Mapping[str, JSON]
) -> bytes:
    """Canonical JSON of one movement. `said` holds what happened: amounts, charges, overshoot, by whom and why."""
    head: dict[str, JSON] = {"kind": kind, "move_id": move_id, "at": at, "signer": signer}
    return canonical_bytes({**head, "reservation_id": reservation_id, **said})


def signed_message(statement_bytes: bytes) -> bytes:
    """What Ed25519 signs: a domain tag and the statement."""
    return DOMAIN + statement_bytes
