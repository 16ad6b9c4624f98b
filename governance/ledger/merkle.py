"""Merkle trees over byte strings as RFC 6962 and RFC 9162 define them: roots, inclusion and consistency proofs. Pure.

A leaf is hashed as SHA-256(0x00 leaf), an inner node as SHA-256(0x01 left right), the empty tree as SHA-256(""). The left part
of a tree of n leaves has the largest power of two below n; no leaf is ever repeated, so no two lists share a root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

_LEAF = b"\x00"
_NODE = b"\x01"
_HASH_BYTES = 32


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf (RFC 6962 2.1)."""
    return hashlib.sha256(_LEAF + leaf).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree's hash, MTH in RFC 6962 2.1: 32 bytes."""
    return _root([leaf_hash(leaf) for leaf in leaves])


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The siblings from leaf `index` (counted from 0) up to the root, PATH in RFC 6962 2.1.1.

    Raises `IndexError` for a leaf that is not there.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} in a tree of {len(leaves)}")
    return tuple(_path([leaf_hash(leaf) for leaf in leaves], index))


def consistency_proof(leaves: Sequence[bytes], older: int) -> tuple[bytes, ...]:
    """What shows that the tree of the first `older` leaves is the beginning of this one, PROOF in RFC 6962 2.1.2.

    Raises `IndexError` unless 0 < older <= len(leaves).
    """
    if not 0 < older <= len(leaves):
        raise IndexError(f"a tree of {len(leaves)} has no beginning of {older}")
    return tuple(_subproof([leaf_hash(leaf) for leaf in leaves], older, is_whole=True))


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is number `index` of the `size` leaves under `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size or any(len(node) != _HASH_BYTES for node in proof):
        return False
    place, last, found = index, size - 1, leaf_hash(leaf)
    for node in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(node, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, node)
        place, last = place >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(*, older: int, older_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `older` leaves is the beginning of the tree of `size` leaves (RFC 9162 2.1.4.2)."""
    if not 0 < older <= size or any(len(node) != _HASH_BYTES for node in proof):
        return False
    if older == size:
        return not proof and older_root == root
    path = [older_root, *proof] if older & (older - 1) == 0 else list(proof)
    if not path:
        return False
    place, last = older - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = _node(node, old), _node(node, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = _node(new, node)
        place, last = place >> 1, last >> 1
    return last == 0 and old == older_root and new == root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _root(hashes: Sequence[bytes]) -> bytes:
    """Level by level: pairs are joined, an odd last one moves up as it is, which is RFC 6962's tree."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    level = list(hashes)
    while len(level) > 1:
        joined = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = joined + level[-1:] if len(level) & 1 else joined
    return level[0]


def _split(size: int) -> int:
    """The largest power of two below `size`, for `size` of at least two."""
    return 1 << (size - 1).bit_length() - 1


def _path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    left = _split(len(hashes))
    if index < left:
        return [*_path(hashes[:left], index), _root(hashes[left:])]
    return [*_path(hashes[left:], index - left), _root(hashes[:left])]


def _subproof(hashes: Sequence[bytes], older: int, *, is_whole: bool) -> list[bytes]:
    if older == len(hashes):
        return [] if is_whole else [_root(hashes)]
    left = _split(len(hashes))
    if older <= left:
        return [*_subproof(hashes[:left], older, is_whole=is_whole), _root(hashes[left:])]
    return [*_subproof(hashes[left:], older - left, is_whole=False), _root(hashes[:left])]
