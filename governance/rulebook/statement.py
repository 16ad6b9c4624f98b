"""The bytes of a verdict that its digest names and its signature covers. Pure; shared by the writer and tests."""

from __future__ import annotations

from typing import Final

from governance.canonical import canonical_bytes, digest, digest_bytes

DOMAIN: Final = b"tars:verdict:v1\x00"


def statement(
    *, verdict_id: str, system_id: str, question: bytes, answer: bytes, rulebook_digest: str, asked_by: str, signer: str
) -> bytes:
    """Canonical JSON of one decision: question and answer enter by their digests."""
    return canonical_bytes(
        {
            "verdict_id": verdict_id,
            "system_id": system_id,
            "question": digest_bytes(question),
            "answer": digest_bytes(answer),
            "rulebook_digest": rulebook_digest,
            "asked_by": asked_by,
            "signer": signer,
        }
    )


def signed_message(statement_bytes: bytes) -> bytes:
    """What Ed25519 signs: a domain tag and the statement."""
    return DOMAIN + statement_bytes


def digest_of_batch(digests: list[str]) -> str:
    """What one ledger entry holds of many verdicts: the digest of their digests, in the order of their ids."""
    return digest(digests)
