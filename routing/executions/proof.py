"""Is a receipt what it says, judged from the file alone? Pure: no database, no clock, no network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance import canonical
from governance.keys.did import public_key_of
from governance.ledger import merkle
from routing.executions.receipt import DOES_NOT, ESTABLISHES, VERSION, signed_message

IN_A_LEDGER: Final = (
    "A tree with the root named here has this receipt as a leaf. That TARS's ledger holds this root is shown by the ledger: "
    "compare it with the entry."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a file establishes and what it does not; `faults` are sentences, and with one of them nothing is established."""

    faults: tuple[str, ...]
    establishes: tuple[str, ...]
    does_not: tuple[str, ...]
    statement: Mapping[str, Any]
    root: str = ""
    ledger_sequence: int | None = None

    @property
    def is_genuine(self) -> bool:
        return not self.faults


def judged(document: Any) -> Finding:
    """Judge a receipt's document as the API hands it out."""
    try:
        data = document["statement"].encode()
        said = json.loads(data)
        faults = list(_faults(document, data, said))
        anchor = document.get("anchor")
        if anchor is not None and not _stands(anchor, document["digest"]):
            faults.append("The path does not lead from this receipt to the root that is named.")
    except (AttributeError, KeyError, TypeError, ValueError):
        return Finding(("This is no receipt: a part is missing or cannot be read.",), (), DOES_NOT, {})
    if faults:
        return Finding(tuple(faults), (), DOES_NOT, said)
    anchored = (IN_A_LEDGER,) if anchor is not None else ()
    root = anchor["root"] if anchor is not None else ""
    sequence = anchor["ledger_sequence"] if anchor is not None else None
    return Finding((), (*ESTABLISHES, *anchored), DOES_NOT, said, root, sequence)


def _faults(document: Mapping[str, Any], data: bytes, said: Any) -> Any:
    if not isinstance(said, dict) or said.get("receipt") != VERSION:
        raise ValueError("another kind of document")
    if canonical.canonical_bytes(said) != data:
        yield "The statement is not in the canonical form in which it was signed."
    if canonical.digest_bytes(data) != document["digest"]:
        yield "The digest is not that of the statement."
    if said.get("signer") != document["signer"]:
        yield "The statement names another signer."
    try:
        key = Ed25519PublicKey.from_public_bytes(public_key_of(document["signer"]))
        key.verify(bytes.fromhex(document["signature"]), signed_message(data))
    except InvalidSignature:
        yield "The signature is not the signer's over this statement."


def _stands(anchor: Mapping[str, Any], digest: str) -> bool:
    return merkle.verify_inclusion(
        leaf=digest.encode(),
        index=int(anchor["leaf"]),
        size=int(anchor["size"]),
        proof=[bytes.fromhex(node) for node in anchor["path"]],
        root=bytes.fromhex(anchor["root"]),
    )
