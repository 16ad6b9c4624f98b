"""The chain itself: order, links, hashes, commitments, signatures, and the columns that repeat them. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from governance.audit.records import Entry
from governance.audit.report import Findings
from governance.audit.signing import is_key, is_signed
from governance.canonical import canonical_bytes, loads_canonical
from governance.errors import DomainError
from governance.ledger import hashing

MAX_BYTES = 64 * 1024 * 1024
"""Largest header or content of one entry, in bytes; what is larger was not written by TARS."""
Values = dict[str, Any]
"""An entry's opened fields by pointer: `/event_type`, `/action/name`, …"""

_HEADER_COLUMNS = {
    "log_version": "the version of the format",
    "entry_id": "the column id",
    "tenant_id": "the column tenant_id",
    "sequence": "the column sequence",
    "timestamp": "the column at",
    "recorded_at": "the column recorded_at",
    "previous_hash": "the column previous_hash",
    "signer": "the column signer",
}
_SEARCH_COLUMNS = (
    ("event_type", "/event_type"),
    ("action_name", "/action/name"),
    ("subject", "/action/subject"),
    ("actor_name", "/actor_name"),
)
_SURELY = frozenset(
    {"/agent_id", "/actor_name", "/event_type", "/constitutional_validation", "/privacy_level"}
    | {"/action/name", "/action/subject"}
)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as a `keys.create` entry made it known."""

    sequence: int
    key_id: str
    user_id: str | None
    name: str
    at: str


class ChainCheck:
    """Feed it every entry in order; it keeps the last hash and the known keys, nothing else."""

    def __init__(self, *, tenant_id: str, findings: Findings) -> None:
        self.tenant_id = tenant_id
        self.findings = findings
        self.keys: dict[str, KnownKey] = {}
        self.root = ""
        self.sequence = 0
        self._strangers: set[str] = set()
        self._links = frozenset({hashing.GENESIS})

    @property
    def last_hashes(self) -> frozenset[bytes]:
        """The last entry's hash, stored and computed (one value unless it was altered)."""
        return self._links

    def entry(self, entry: Entry) -> Values | None:
        """Check one entry and return its opened fields, or None when they cannot be read."""
        opened = _opened(entry.openings)
        values = {pointer: value for pointer, (_, value) in opened.items()} if opened is not None else None
        label = label_of(entry, values)
        self._place(entry, label)
        if opened is None or values is None:
            self._say(entry, label, "openings", "its stored content cannot be read back as canonical JSON.")
        else:
            self._columns(entry, label, values)
        self._bytes(entry, label, opened)
        self._signed(entry, label, values)
        self._links = frozenset({entry.entry_hash, hashing.entry_hash(entry.header)})
        if values is not None:
            self._learn(entry, label, values)
        return values

    def _say(self, entry: Entry, label: str, code: str, sentence: str) -> None:
        self.findings.add(label, code, sentence, sequence=entry.sequence, line=entry.line)

    def _place(self, entry: Entry, label: str) -> None:
        """Sequence without gaps from 1, and the link to the entry before."""
        expected = self.sequence + 1
        if entry.sequence == expected:
            if entry.previous_hash not in self._links:
                self._say(entry, label, "link", "it does not follow from the entry before: previous_hash is another.")
        elif entry.sequence > expected:
            first, last = expected, entry.sequence - 1
            names = (f"Entry {first}", "it is") if first == last else (f"Entries {first} to {last}", "they are")
            self.findings.add(
                names[0],
                "missing",
                f"{names[1]} missing before entry {entry.sequence}.",
                sequence=first,
                line=entry.line,
            )
        else:
            self._say(entry, label, "order", f"it comes after entry {self.sequence}: repeated or out of order.")
        self.sequence = max(self.sequence, entry.sequence)
        if entry.tenant_id != self.tenant_id:
            self._say(entry, label, "tenant", "it carries another tenant's id.")

    def _columns(self, entry: Entry, label: str, values: Values) -> None:
        """The columns people search by repeat what is sealed."""
        for column, pointer in _SEARCH_COLUMNS:
            if values.get(pointer) != getattr(entry, column):
                self._say(entry, label, "column", f"the column {column} is not what was sealed.")
        if entry.redaction_class != "none":
            self._say(entry, label, "column", "the column redaction_class says redacted, and nothing was redacted.")
        if missing := sorted(_SURELY - values.keys()):
            self._say(entry, label, "openings", f"{missing[0]} is missing, which every entry has.")
        if values.get("/agent_id") != entry.signer:
            self._say(entry, label, "signer", "the agent named in it is not its signer.")

    def _bytes(self, entry: Entry, label: str, opened: dict[str, tuple[bytes, Any]] | None) -> None:
        """Re-derive the header from columns and openings; then its hash."""
        if hashing.entry_hash(entry.header) != entry.entry_hash:
            self._say(entry, label, "hash", "the stored bytes do not match its hash.")
        expected = _header(entry)
        if opened is not None:
            expected["commitments"] = {
                pointer: hashing.commitment(pointer=pointer, salt=salt, value=value)
                for pointer, (salt, value) in opened.items()
            }
            if _bytes_of(expected) == entry.header:
                return
        self._explain(entry, label, expected)

    def _explain(self, entry: Entry, label: str, expected: dict[str, Any]) -> None:
        """Which part of the signed header the row does not repeat."""
        try:
            header = loads_canonical(entry.header, max_bytes=MAX_BYTES)
        except DomainError:
            header = None
        if not isinstance(header, dict) or not isinstance(header.get("commitments"), dict):
            self._say(entry, label, "header", "its header is not canonical JSON of the documented form.")
            return
        for member, what in _HEADER_COLUMNS.items():
            if header.get(member) != expected[member]:
                self._say(entry, label, "column", f"{what} is not what was signed.")
        if extra := sorted(header.keys() - _HEADER_COLUMNS.keys() - {"commitments"}):
            self._say(entry, label, "header", f"its header has a member {extra[0]} that the format does not know.")
        if "commitments" in expected:
            self._commitments(entry, label, header["commitments"], expected["commitments"])

    def _commitments(self, entry: Entry, label: str, signed: dict[str, Any], derived: dict[str, str]) -> None:
        for pointer in sorted(signed.keys() | derived.keys()):
            if pointer not in derived:
                self._say(entry, label, "openings", f"the content of {pointer} is gone.")
            elif pointer not in signed:
                self._say(entry, label, "openings", f"{pointer} was added after it was signed.")
            elif signed[pointer] != derived[pointer]:
                self._say(entry, label, "openings", f"{pointer} is not what was signed.")

    def _signed(self, entry: Entry, label: str, values: Values | None) -> None:
        first = not self.keys and (values or {}).get("/action/name") == "keys.create"
        if first and values is not None and values.get("/action/did") == entry.signer:
            self.root = entry.signer
        elif entry.signer not in self.keys and entry.signer not in self._strangers:
            self._strangers.add(entry.signer)
            self._say(entry, label, "signer", "its signer's key was not made known by an earlier entry of this chain.")
        message = hashing.signed_message(entry.entry_hash)
        if not is_signed(signer=entry.signer, message=message, signature=entry.signature):
            self._say(entry, label, "signature", "its signature does not verify under its signer's key.")

    def _learn(self, entry: Entry, label: str, values: Values) -> None:
        """A key becomes known when TARS enters it."""
        if values.get("/action/name") != "keys.create" or values.get("/event_type") != "key":
            return
        did = str(values.get("/action/did"))
        if not is_key(did):
            self._say(entry, label, "key", "it introduces something that is no Ed25519 key.")
        elif entry.signer != self.root:
            self._say(entry, label, "key", "it introduces a key and is not signed by TARS.")
        elif did in self.keys:
            self._say(entry, label, "key", "it introduces a key that was known already.")
        else:
            user_id = values.get("/action/user_id")
            self.keys[did] = KnownKey(
                sequence=entry.sequence,
                key_id=str(values.get("/action/key_id")),
                user_id=None if user_id is None else str(user_id),
                name=str(values.get("/action/subject")),
                at=entry.at,
            )


def label_of(entry: Entry, values: Values | None) -> str:
    """ "Entry 17 (amendments.apply of AMD-3)"."""
    found = values or {}
    name = found.get("/action/name", entry.action_name)
    subject = found.get("/action/subject", entry.subject)
    return f"Entry {entry.sequence} ({name} of {subject})" if subject else f"Entry {entry.sequence} ({name})"


def _header(entry: Entry) -> dict[str, Any]:
    """What the header says, by the columns beside it."""
    return {
        "log_version": hashing.LOG_VERSION,
        "entry_id": entry.id,
        "tenant_id": entry.tenant_id,
        "sequence": entry.sequence,
        "timestamp": entry.at,
        "recorded_at": entry.recorded_at,
        "previous_hash": hashing.hash_text(entry.previous_hash),
        "signer": entry.signer,
    }


def _bytes_of(header: dict[str, Any]) -> bytes | None:
    try:
        return canonical_bytes(header)
    except DomainError:
        return None


def _opened(data: bytes) -> dict[str, tuple[bytes, Any]] | None:
    """`{pointer: (salt, value)}`; None when the bytes are not canonical JSON of that shape."""
    try:
        openings = loads_canonical(data, max_bytes=MAX_BYTES)
        return {pointer: (_salt(opening), opening[1]) for pointer, opening in openings.items()}
    except (DomainError, AttributeError, TypeError, ValueError, LookupError, binascii.Error):
        return None


def _salt(opening: list[Any]) -> bytes:
    text, _ = opening
    salt = base64.b64decode(text, validate=True)
    if len(salt) != hashing.SALT_BYTES or base64.b64encode(salt).decode() != text:
        raise ValueError("a salt has 16 bytes")
    return salt
