"""Signatures that must not count."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit.signing import is_key, is_signed
from governance.keys.did import did_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DID = did_of(KEY.public_key().public_bytes_raw())
ORDER = 2**252 + 27742317777372353535851937790883648493


def test_is_signed__the_signers_own__counts() -> None:
    assert is_signed(signer=DID, message=b"x", signature=KEY.sign(b"x"))


def test_is_signed__other_message_key_or_length__does_not() -> None:
    other = did_of(Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw())
    signature = KEY.sign(b"x")
    assert not is_signed(signer=DID, message=b"y", signature=signature)
    assert not is_signed(signer=other, message=b"x", signature=signature)
    assert not is_signed(signer=DID, message=b"x", signature=signature + b"\0")
    assert not is_signed(signer=DID, message=b"x", signature=b"")


def test_is_signed__s_plus_group_order__does_not() -> None:
    """RFC 8032 5.1.7: a second text for the same signature would let a row change unseen."""
    signature = KEY.sign(b"x")
    s = int.from_bytes(signature[32:], "little") + ORDER
    assert s < 2**256
    assert not is_signed(signer=DID, message=b"x", signature=signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize("first", [0x00, 0x01, 0xEC, 0xED, 0xEE])
@pytest.mark.parametrize("sign", [0x00, 0x80])
def test_is_key__small_order_point__refused(first: int, sign: int) -> None:
    rest = b"\0" * 30 + bytes([sign]) if first < 2 else b"\xff" * 30 + bytes([0x7F | sign])
    did = did_of(bytes([first]) + rest)
    assert not is_key(did)
    assert not is_signed(signer=did, message=b"x", signature=bytes([first]) + rest + bytes(32))


@pytest.mark.parametrize(
    "text", ["", "did:key:z", "did:web:example.org", "did:key:zzzz", "did:key:z0OIl", DID + "1", f" {DID}"]
)
def test_is_key__no_did_key__refused(text: str) -> None:
    assert not is_key(text)
