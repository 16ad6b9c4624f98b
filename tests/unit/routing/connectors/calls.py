"""Calls, replies and a signer to try the wires with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.canonical import digest
from governance.keys.did import did_of
from routing.connectors.contract import Call, Law

DOCUMENT = {"skill": "domicile-governance", "requires_approval": ["audit"]}
LAW = Law(document=DOCUMENT, version="1.0.0", digest=digest(DOCUMENT))


def a_call(*, seconds: float = 20, **changes: Any) -> Call:
    """A call that ends `seconds` from now."""
    values: dict[str, Any] = {
        "execution_id": "01939f5e-0000-7000-8000-000000000001",
        "tenant_id": "01939f5e-0000-7000-8000-0000000000aa",
        "system": "domicile-governance",
        "action": "audit",
        "request": "Audit payroll compliance",
        "input": {"entries": []},
        "constitution": LAW,
        "deadline": datetime.now(UTC) + timedelta(seconds=seconds),
        "idempotency_key": "01939f5e-0000-7000-8000-000000000001:1",
    }
    return Call(**values | changes)


@dataclass
class Key:
    """A signer as `governance.keys` gives it."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def did(self) -> str:
        return did_of(self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


@dataclass
class Heard:
    """Remembers the progress it was told."""

    told: list[tuple[int, str]] = field(default_factory=list)

    def __call__(self, percent: int, sentence: str) -> None:
        self.told.append((percent, sentence))
