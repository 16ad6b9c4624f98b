"""Ed25519 (RFC 8032) for the verifier. Pure."""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.keys.did import did_of, public_key_of

DECISION = b"tars:decision:v1\x00"
"""The domain tag of a signed answer (docs/ledger.md); entries have their own in `ledger.hashing`."""
VERDICT = b"tars:verdict:v1\x00"
"""The domain tag of a verdict of the rulebook."""

# Points of small order, sign bit cleared: under such a key one signature fits many messages (RFC 8032, section 8).
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


def is_signed(*, signer: str, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` is the signer's; False for anything that is no proper key or signature."""
    key = _key(signer)
    if key is None or len(signature) != 64:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def is_key(did: str) -> bool:
    """Whether this is the one `did:key` text of a sound Ed25519 key."""
    return _key(did) is not None


@lru_cache(maxsize=4096)
def _key(did: str) -> Ed25519PublicKey | None:
    try:
        raw = public_key_of(did)
        if did_of(raw) != did or raw[:31] + bytes([raw[31] & 0x7F]) in _SMALL_ORDER:
            return None
        return Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        return None
