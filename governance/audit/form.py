"""An entry in the published form: seeds/002 5.1, plus what a stranger needs to re-derive its hash. Pure.

| member | from |
|---|---|
| `log_version` … `redaction_proof` | seeds/002 5.1; `merkle_root` is null until batches exist |
| `tenant_id`, `sequence`, `recorded_at` | the rest of the signed header |
| `commitments`, `salts` | one per field of `content`; with them the header can be built and hashed |
"""

from __future__ import annotations

import base64
from typing import Any

from governance.audit.records import Entry
from governance.canonical import canonical_bytes, loads_canonical
from governance.errors import DomainError, Invalid
from governance.ledger import hashing

MAX_BYTES = 64 * 1024 * 1024
_MEMBERS = frozenset(
    {
        "log_version",
        "entry_id",
        "tenant_id",
        "sequence",
        "timestamp",
        "recorded_at",
        "previous_hash",
        "entry_hash",
        "merkle_root",
        "content",
        "commitments",
        "salts",
        "signatures",
        "redaction_class",
        "redaction_proof",
    }
)


def published(entry: Entry) -> dict[str, Any]:
    """The published form of a row. Raises `Invalid` naming the entry when its stored bytes have no such form."""
    try:
        openings = loads_canonical(entry.openings, max_bytes=MAX_BYTES)
        commitments = loads_canonical(entry.header, max_bytes=MAX_BYTES)["commitments"]
        values = {pointer: value for pointer, (_, value) in openings.items()}
        salts = {pointer: salt for pointer, (salt, _) in openings.items()}
    except (DomainError, AttributeError, KeyError, TypeError, ValueError):
        raise Invalid(f"Entry {entry.sequence} cannot be read back; verify the ledger to see why.") from None
    return {
        "log_version": hashing.LOG_VERSION,
        "entry_id": entry.id,
        "tenant_id": entry.tenant_id,
        "sequence": entry.sequence,
        "timestamp": entry.at,
        "recorded_at": entry.recorded_at,
        "previous_hash": hashing.hash_text(entry.previous_hash),
        "entry_hash": hashing.hash_text(entry.entry_hash),
        "merkle_root": None,
        "content": hashing.assembled(values),
        "commitments": commitments,
        "salts": salts,
        "signatures": [
            {
                "signer": entry.signer,
                "signature": base64.b64encode(entry.signature).decode(),
                "signature_type": "ed25519",
            }
        ],
        "redaction_class": entry.redaction_class,
        "redaction_proof": None,
    }


def parsed(data: Any, *, line: int = 0) -> Entry:
    """The entry behind a published form. Raises `Invalid` saying what is wrong with the form, nothing more."""
    if not isinstance(data, dict) or data.keys() != _MEMBERS:
        odd = sorted(data.keys() ^ _MEMBERS)[0] if isinstance(data, dict) else "everything"
        raise Invalid(f"the members of an entry are fixed, and {odd} is missing or too many.")
    if data["log_version"] != hashing.LOG_VERSION:
        raise Invalid("its log_version is not one this verifier knows.")
    if data["merkle_root"] is not None or data["redaction_proof"] is not None:
        raise Invalid("merkle_root and redaction_proof are null in this version of the format.")
    content, salts = _object(data, "content"), _object(data, "salts")
    values = _values(content)
    if values.keys() != salts.keys():
        raise Invalid("content and salts do not name the same fields.")
    signer, signature = _signature(data["signatures"])
    return Entry(
        line=line,
        id=_text(data, "entry_id"),
        tenant_id=_text(data, "tenant_id"),
        sequence=_number(data, "sequence"),
        event_type=str(values.get("/event_type")),
        action_name=str(values.get("/action/name")),
        subject=str(values.get("/action/subject")),
        actor_name=str(values.get("/actor_name")),
        at=_text(data, "timestamp"),
        recorded_at=_text(data, "recorded_at"),
        header=_header(data, signer),
        openings=canonical_bytes({pointer: [salts[pointer], value] for pointer, value in values.items()}, max_depth=96),
        previous_hash=_hash(data, "previous_hash"),
        entry_hash=_hash(data, "entry_hash"),
        signer=signer,
        signature=signature,
        redaction_class=_text(data, "redaction_class"),
    )


def _values(content: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(content.get("action"), dict):
        raise Invalid("its content has no action.")
    values = dict(hashing.fields(content))
    if hashing.assembled(values) != content:
        raise Invalid("a field of its content has a name that pointers cannot carry.")
    return values


def _header(data: dict[str, Any], signer: str) -> bytes:
    names = ("entry_id", "log_version", "previous_hash", "recorded_at", "sequence", "tenant_id", "timestamp")
    return canonical_bytes(
        {name: data[name] for name in names} | {"signer": signer, "commitments": _object(data, "commitments")},
        max_depth=96,
    )


def _signature(found: Any) -> tuple[str, bytes]:
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], dict):
        raise Invalid("an entry has exactly one signature.")
    item = found[0]
    if item.keys() != {"signer", "signature", "signature_type"} or item["signature_type"] != "ed25519":
        raise Invalid("its signature is not of the documented form.")
    return _text(item, "signer"), base64_bytes(item["signature"])


def base64_bytes(text: Any) -> bytes:
    """Strict base64: the one text that these bytes have. Raises `Invalid`."""
    try:
        data = base64.b64decode(str(text), validate=True)
    except ValueError:
        raise Invalid("a value is not base64.") from None
    if base64.b64encode(data).decode() != text:
        raise Invalid("a value is not base64 in its one proper form.")
    return data


def _hash(data: dict[str, Any], name: str) -> bytes:
    text = _text(data, name)
    try:
        digest = bytes.fromhex(text.removeprefix("sha256:"))
    except ValueError:
        digest = b""
    if len(digest) != 32 or hashing.hash_text(digest) != text:
        raise Invalid(f"its {name} is not sha256: and 64 hex digits.")
    return digest


def _text(data: dict[str, Any], name: str) -> str:
    if not isinstance(value := data.get(name), str):
        raise Invalid(f"its {name} is not text.")
    return value


def _number(data: dict[str, Any], name: str) -> int:
    if type(value := data.get(name)) is not int:
        raise Invalid(f"its {name} is not a whole number.")
    return value


def _object(data: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(value := data.get(name), dict):
        raise Invalid(f"its {name} is not an object.")
    return value
