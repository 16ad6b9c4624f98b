"""The tree of RFC 6962, against a transcription of its definitions and against roots from outside."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledger import merkle
from tests.conformance import cases

SIZES = range(1, 301)
leaf_lists = st.lists(st.binary(max_size=40), min_size=1, max_size=60)


def _leaves(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


def _defined(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962 2.1 writes it down."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + _defined(leaves[:k]) + _defined(leaves[k:])).digest()


def test_root__of_nothing__is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", SIZES)
def test_root__is_what_the_standard_defines(size: int) -> None:
    assert merkle.root(_leaves(size)) == _defined(_leaves(size))


def test_roots__agree_with_those_from_outside() -> None:
    data = json.loads(cases.public("rfc6962_roots.json").read_text())
    leaves = [bytes.fromhex(text) for text in data["leaves_hex"]]
    for size, expected in enumerate(data["root_hex_by_tree_size"]):
        assert merkle.root(leaves[:size]).hex() == expected


@pytest.mark.parametrize("size", [*range(1, 40), 64, 65, 127, 128, 129, 300])
def test_inclusion__every_leaf_of_every_size__is_proven_by_at_most_a_logarithm_of_nodes(size: int) -> None:
    leaves, root = _leaves(size), merkle.root(_leaves(size))
    for index, leaf in enumerate(leaves):
        proof = merkle.inclusion_proof(leaves, index)
        assert len(proof) <= (size - 1).bit_length()
        assert merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=root)


@pytest.mark.parametrize("size", [*range(1, 40), 64, 65, 129])
def test_consistency__every_beginning_of_every_size__is_proven(size: int) -> None:
    leaves = _leaves(size)
    for older in range(1, size + 1):
        proof = merkle.consistency_proof(leaves, older)
        assert merkle.verify_consistency(
            older=older, older_root=merkle.root(leaves[:older]), size=size, root=merkle.root(leaves), proof=proof
        )


@given(leaf_lists, st.randoms(use_true_random=False))
def test_inclusion__anything_changed__is_not_accepted(leaves: list[bytes], chance: random.Random) -> None:
    index, root = chance.randrange(len(leaves)), merkle.root(leaves)
    proof = list(merkle.inclusion_proof(leaves, index))
    said = {"leaf": leaves[index], "index": index, "size": len(leaves), "proof": proof, "root": root}
    wrong = [
        {"leaf": leaves[index] + b"!"},
        {"root": _flipped(root, chance)},
        {"index": len(leaves)},
        {"index": -1},
        {"proof": [*proof, bytes(32)]},
    ]
    if proof:
        place = chance.randrange(len(proof))
        wrong += [
            {"proof": [*proof[:place], _flipped(proof[place], chance), *proof[place + 1 :]]},
            {"proof": proof[:-1]},
            {"proof": [*proof[:-1], proof[-1][:31]]},
        ]
    assert merkle.verify_inclusion(**said)  # type: ignore[arg-type]
    for change in wrong:
        assert not merkle.verify_inclusion(**{**said, **change})  # type: ignore[arg-type]


@given(st.integers(2, 60), st.randoms(use_true_random=False))
def test_inclusion__another_place__is_not_accepted(size: int, chance: random.Random) -> None:
    leaves = _leaves(size)
    index, other = chance.sample(range(size), 2)
    proof = merkle.inclusion_proof(leaves, index)
    assert not merkle.verify_inclusion(
        leaf=leaves[index], index=other, size=size, proof=proof, root=merkle.root(leaves)
    )


@given(st.integers(2, 60), st.randoms(use_true_random=False))
def test_consistency__a_rewritten_past_or_a_changed_proof__is_not_accepted(size: int, chance: random.Random) -> None:
    leaves = _leaves(size)
    older = chance.randrange(1, size)
    rewritten = [*leaves]
    rewritten[chance.randrange(older)] = b"another"
    proof = list(merkle.consistency_proof(leaves, older))
    said = {
        "older": older,
        "older_root": merkle.root(leaves[:older]),
        "size": size,
        "root": merkle.root(leaves),
        "proof": proof,
    }
    place = chance.randrange(len(proof))
    wrong = [
        {"older_root": merkle.root(rewritten[:older])},
        {"root": merkle.root(rewritten), "proof": merkle.consistency_proof(rewritten, older)},
        {"proof": [*proof[:place], _flipped(proof[place], chance), *proof[place + 1 :]]},
        {"proof": proof[:-1]},
        {"proof": [*proof, bytes(32)]},
        {"older": 0},
        {"older": size + 1},
    ]
    assert merkle.verify_consistency(**said)  # type: ignore[arg-type]
    for change in wrong:
        assert not merkle.verify_consistency(**{**said, **change})  # type: ignore[arg-type]


def test_leaf__that_looks_like_a_node__has_another_hash_than_the_node() -> None:
    left, right = merkle.leaf_hash(b"a"), merkle.leaf_hash(b"b")
    assert merkle.root([left + right]) != merkle.root([b"a", b"b"])


def test_last_leaf_repeated__gives_another_root() -> None:
    """The shape of CVE-2012-2459: a tree that repeats an odd last leaf gives two lists one root."""
    assert merkle.root([b"a", b"b", b"c"]) != merkle.root([b"a", b"b", b"c", b"c"])


def test_proofs__of_what_is_not_there__are_refused() -> None:
    for index in (-1, 3):
        with pytest.raises(IndexError):
            merkle.inclusion_proof(_leaves(3), index)
    for older in (0, 4):
        with pytest.raises(IndexError):
            merkle.consistency_proof(_leaves(3), older)


def _flipped(node: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(node) * 8)
    changed = bytearray(node)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
