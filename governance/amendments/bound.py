"""The bytes an approval is bound to (DESIGN.md contract 2). Pure."""

from __future__ import annotations

from typing import Any

from governance.canonical import canonical_bytes


def bound_bytes(
    *,
    system_id: str,
    system_name: str,
    type: str,
    basis: str,
    base_version: int,
    base_digest: str,
    new_digest: str,
    diff: dict[str, Any],
    evidence: dict[str, Any],
    effective_at: str | None,
    policy_version: str,
) -> bytes:
    """Canonical JSON of everything that is approved; its SHA-256 is the digest. The constitution enters by its digest."""
    return canonical_bytes(
        {
            "system_id": system_id,
            "system_name": system_name,
            "amendment_type": type,
            "basis": basis,
            "base_version": base_version,
            "base_digest": base_digest,
            "new_digest": new_digest,
            "diff": diff,
            "evidence": evidence,
            "effective_at": effective_at,
            "policy_version": policy_version,
        }
    )


def roll_back_bytes(
    *, amendment_id: str, system_name: str, base_version: int, base_digest: str, new_digest: str, diff: dict[str, Any]
) -> bytes:
    """Canonical JSON of what confirming a rollback makes true."""
    return canonical_bytes(
        {
            "roll_back": amendment_id,
            "system_name": system_name,
            "base_version": base_version,
            "base_digest": base_digest,
            "new_digest": new_digest,
            "diff": diff,
        }
    )
