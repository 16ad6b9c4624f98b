"""What a receipt states, the bytes that are signed, and what the signature does and does not establish. Pure.

Shared by the writer and the offline verifier. The statement is RFC 8785 JSON; it names what was sent and answered by SHA-256
digests, so that a receipt can be shown without showing the work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from governance import canonical
from governance.canonical import JSON

VERSION: Final = "tars-receipt-1"
_DOMAIN: Final = b"tars:receipt:v1\x00"

DEPTH: Final = canonical.MAX_DEPTH + 8
"""An agent's answer is nested at most as deep as the envelope that it comes in."""

ESTABLISHES: Final = (
    "The holder of the key named as signer stated this; nothing in it was changed since.",
    "The request, the input and the answer that have these digests are the ones this is about.",
    "The signer says that it acted on the verdict, the approval and the constitution named here.",
)
WHOSE: Final = (
    "That the signer is TARS: anybody can sign with a key of their own. "
    "Compare the signer with the key that TARS has in this tenant."
)
DOES_NOT: Final = (
    "That the answer is right, or that the agent did what it says.",
    "That the clock of TARS was right: a signature says who, not when. The ledger's order and its checkpoints say that.",
    "That no other execution took place: completeness is what the ledger and its anchors are for.",
    WHOSE,
)


@dataclass(frozen=True, slots=True)
class Done:
    """An execution as its receipt states it. Digests are `sha256:…`; `cost_usd` is decimal text, None where it is unknown."""

    execution_id: str
    tenant_id: str
    requested_by: str
    request: str
    input: JSON
    output: JSON
    status: str
    error: str
    system_id: str | None
    system: str
    action: str
    routing_path: tuple[str, ...]
    constitution_version: int | None
    constitution_digest: str
    tools_digest: str
    verdict_id: str | None
    verdict_digest: str
    outcome: str
    approved_by: str
    approval_digest: str
    hold_id: str | None
    cost_usd: str | None
    started_at: datetime
    completed_at: datetime


def statement(done: Done, *, signer: str) -> bytes:
    """The canonical bytes of a receipt signed by `signer` (a did:key)."""
    return canonical.canonical_bytes(
        {
            "receipt": VERSION,
            "execution_id": done.execution_id,
            "tenant_id": done.tenant_id,
            "requested_by": done.requested_by,
            "request_digest": canonical.digest(done.request),
            "input_digest": canonical.digest(done.input),
            "output_digest": canonical.digest_bytes(canonical.canonical_bytes(done.output, max_depth=DEPTH)),
            "status": done.status,
            "error": done.error,
            "system": {"id": done.system_id, "name": done.system},
            "action": done.action,
            "routing_path": list(done.routing_path),
            "constitution": {"version": done.constitution_version, "digest": done.constitution_digest},
            "tools_digest": done.tools_digest,
            "verdict": {"id": done.verdict_id, "digest": done.verdict_digest, "outcome": done.outcome},
            "approval": {"by": done.approved_by, "digest": done.approval_digest} if done.approved_by else None,
            "hold_id": done.hold_id,
            "cost_usd": done.cost_usd,
            "started_at": done.started_at.isoformat(),
            "completed_at": done.completed_at.isoformat(),
            "signer": signer,
        }
    )


def signed_message(statement_bytes: bytes) -> bytes:
    """What Ed25519 signs: a domain tag and the statement."""
    return _DOMAIN + statement_bytes
