"""Ed25519 public keys as `did:key` identifiers (W3C did:key method, multicodec 0xed01, base58btc). Pure."""

from __future__ import annotations

import base58

PREFIX = "did:key:z"
ED25519 = b"\xed\x01"


def did_of(public_key: bytes) -> str:
    """The identifier of a raw 32-byte Ed25519 public key."""
    if len(public_key) != 32:
        raise ValueError("an Ed25519 public key has 32 bytes")
    return PREFIX + base58.b58encode(ED25519 + public_key).decode()


def public_key_of(did: str) -> bytes:
    """The raw public key inside a `did:key`; raises ValueError for any other text."""
    if not did.startswith(PREFIX):
        raise ValueError("not a did:key identifier")
    raw = base58.b58decode(did[len(PREFIX) :])
    if len(raw) != 34 or raw[:2] != ED25519:
        raise ValueError("not an Ed25519 did:key identifier")
    return raw[2:]
