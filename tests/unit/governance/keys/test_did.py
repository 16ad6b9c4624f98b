from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from governance.keys.did import did_of, public_key_of
from tests.conformance.cases import public


@given(st.binary(min_size=32, max_size=32))
def test_did__there_and_back(key: bytes) -> None:
    did = did_of(key)
    assert did.startswith("did:key:z6Mk") and public_key_of(did) == key


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_did__of_another_length__refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        did_of(key)


@pytest.mark.parametrize(
    "did",
    [
        "",
        "did:key:",
        "did:key:z",
        "did:web:example.org",
        "did:key:f6Mk",
        "did:key:z6Mk",
        "did:key:z0OIl",
        "did:key:z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW",
        "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
    ],
)
def test_public_key__of_any_other_text__refused(did: str) -> None:
    with pytest.raises(ValueError):
        public_key_of(did)


def test_published_vectors__ed25519_keys_from_their_seeds() -> None:
    cases = json.loads(public("did-key_ed25519-x25519.json").read_text())
    seeded = {did: case["seed"] for did, case in cases.items() if "seed" in case}
    assert seeded
    for did, seed in seeded.items():
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)).public_key().public_bytes_raw()
        assert did_of(key) == did and public_key_of(did) == key
