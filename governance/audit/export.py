"""A tenant's record as a file that anybody can verify anywhere: JSON Lines, every line canonical (RFC 8785).

First line `manifest`, last line `trailer` (how many lines of each kind, SHA-256 over all bytes before it), between them
`key`, `entry`, `system`, `version`, `amendment`, `decision`, `page`. Entries have the form of `audit.form`; the other lines are
the fields of `audit.records`, hashed bytes as the text they are, other bytes in hex. Needs no database and no Django.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, get_type_hints

from governance.audit.form import MAX_BYTES, parsed, published
from governance.audit.records import PACKED, Chain, Entry, Fault, Record
from governance.canonical import canonical_bytes, digest, loads_canonical
from governance.errors import DomainError, Invalid
from governance.ledger.hashing import hash_text

FORMAT: Final = "tars-ledger-1"
MAX_LINE: Final = 2 * MAX_BYTES
MAX_DEPTH: Final = 96
"""A constitution has at most 64 levels; the lines put a few around it."""
_TEXTS = frozenset({"canonical", "bound", "statement", "content"})
_KINDS: dict[str, type[Any]] = {kind.KIND: kind for kind in PACKED}
# the written fields of each kind, and their types
_FIELDS: dict[str, dict[str, Any]] = {
    name: {field.name: get_type_hints(kind)[field.name] for field in fields(kind) if field.name != "line"}
    for name, kind in _KINDS.items()
}
_MANIFEST = frozenset({"record", "format", "tenant_id", "tenant_name", "exported_at", "head", "digest"})


def write(records: Iterable[Record], *, exported_at: str) -> Iterator[bytes]:
    """The lines of an export, one by one.

    `records` come in the verifier's order, the `Chain` first; `exported_at` is ISO 8601. A row that has no readable
    form becomes a line that says so: an export never hides one.
    """
    whole, counts = hashlib.sha256(), Counter[str]()
    for record in records:
        name, line = _line(record, exported_at=exported_at)
        counts[name] += 1
        whole.update(line)
        yield line
    yield _bytes({"record": "trailer", "counts": dict(counts), "sha256": whole.hexdigest()})


def read(path: Path) -> Iterator[Record]:
    """The records of an export; what cannot be read is a `Fault` that names its line. Raises OSError only."""
    with path.open("rb") as file:
        yield from read_lines(iter(lambda: file.readline(MAX_LINE), b""))


def read_lines(lines: Iterable[bytes]) -> Iterator[Record]:
    """As `read`, from lines that keep their newline."""
    reader = _Reader()
    for line in lines:
        yield from reader.line(line)
    yield from reader.end()


def _line(record: Record, *, exported_at: str) -> tuple[str, bytes]:
    try:
        data = _manifest(record, exported_at) if isinstance(record, Chain) else _data(record)
        return data["record"], _bytes(data)
    except (DomainError, UnicodeDecodeError) as error:
        said = error.sentence if isinstance(error, DomainError) else "its stored bytes are no text."
        label = f"Entry {record.sequence}" if isinstance(record, Entry) else f"A record of kind {record.KIND}"
        return "unreadable", _bytes({"record": "unreadable", "label": label, "sentence": said})


def _manifest(chain: Chain, exported_at: str) -> dict[str, Any]:
    data = {
        "record": "manifest",
        "format": FORMAT,
        "tenant_id": chain.tenant_id,
        "tenant_name": chain.tenant_name,
        "exported_at": exported_at,
        "head": {"sequence": chain.head_sequence, "entry_hash": hash_text(chain.head_hash)},
    }
    return {**data, "digest": digest(data)}


def _data(record: Record) -> dict[str, Any]:
    if isinstance(record, Entry):
        return {"record": "entry", **published(record)}
    values = {name: _said(name, getattr(record, name)) for name in _FIELDS[record.KIND]}
    return {"record": record.KIND, **values}


def _said(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode() if name in _TEXTS else value.hex()
    return list(value) if isinstance(value, tuple) else value


def _bytes(data: dict[str, Any]) -> bytes:
    return canonical_bytes(data, max_depth=MAX_DEPTH) + b"\n"


class _Reader:
    """One pass over the lines: each is read strictly, and the file as a whole is held against its trailer."""

    def __init__(self) -> None:
        self.number = 0
        self.counts: Counter[str] = Counter()
        self.whole = hashlib.sha256()
        self.is_ended = False

    def line(self, line: bytes) -> Iterator[Record]:
        self.number += 1
        if self.is_ended:
            yield self._fault("order", "it stands after the last line of the export.")
            return
        try:
            data = self._json(line)
            if data["record"] == "trailer":
                self.is_ended = True
                yield from self._trailer(data)
                return
            yield self._record(data)
            self.counts[data["record"]] += 1
        except DomainError as error:
            yield self._fault("line", error.sentence)
        self.whole.update(line)

    def end(self) -> Iterator[Record]:
        if not self.is_ended:
            sentence = "the last line is missing, so the file was cut or is not whole."
            yield Fault(line=self.number, code="trailer", label="The file", sentence=sentence)

    def _json(self, line: bytes) -> dict[str, Any]:
        if not line.endswith(b"\n"):
            raise Invalid("it does not end with a newline: something is cut off or added.")
        try:
            data = loads_canonical(line[:-1], max_bytes=MAX_LINE, max_depth=MAX_DEPTH)
        except DomainError as error:
            raise Invalid(f"it is not canonical JSON: {error.sentence}") from None
        if not isinstance(data, dict) or not isinstance(data.get("record"), str):
            raise Invalid("it is not a record.")
        return data

    def _record(self, data: dict[str, Any]) -> Record:
        name = data["record"]
        if (name == "manifest") != (self.number == 1):
            raise Invalid("the manifest is the first line and stands nowhere else.")
        if name == "manifest":
            return self._chain(data)
        if name == "entry":
            return parsed({key: value for key, value in data.items() if key != "record"}, line=self.number)
        if name == "unreadable":
            return Fault(
                line=self.number,
                code="unreadable",
                label=str(data.get("label")),
                sentence="it could not be read back when the export was made; the database it came from was damaged.",
            )
        if name not in _KINDS:
            raise Invalid(f"nothing is known about records of the kind {name}.")
        return self._row(_KINDS[name], data)

    def _row(self, kind: type[Any], data: dict[str, Any]) -> Record:
        wanted = _FIELDS[kind.KIND]
        if odd := sorted(data.keys() ^ {"record", *wanted}):
            raise Invalid(f"the member {odd[0]} is missing or too many.")
        values = {name: _heard(name, data[name], hint) for name, hint in wanted.items()}
        return kind(line=self.number, **values)

    def _chain(self, data: dict[str, Any]) -> Chain:
        rest = {name: value for name, value in data.items() if name != "digest"}
        head = data.get("head")
        if data.keys() != _MANIFEST or data["digest"] != digest(rest) or not isinstance(head, dict):
            raise Invalid("the manifest is not as it was written.")
        if data["format"] != FORMAT:
            raise Invalid(f"the format is {data['format']}, and this verifier knows {FORMAT}.")
        try:
            return Chain(
                line=self.number,
                tenant_id=str(data["tenant_id"]),
                tenant_name=str(data["tenant_name"]),
                head_sequence=int(head["sequence"]),
                head_hash=bytes.fromhex(str(head["entry_hash"]).removeprefix("sha256:")),
                is_rows=False,
            )
        except (KeyError, TypeError, ValueError):
            raise Invalid("the manifest does not say where the chain ends.") from None

    def _trailer(self, data: dict[str, Any]) -> Iterator[Record]:
        if data.keys() != {"record", "counts", "sha256"}:
            yield self._fault("trailer", "the last line is not of the documented form.")
        elif data["counts"] != dict(self.counts):
            yield self._fault("trailer", "the last line counts other records than the file holds.")
        if data.get("sha256") != self.whole.hexdigest():
            yield self._fault("trailer", "the file's bytes are not those the last line was written for.")

    def _fault(self, code: str, sentence: str) -> Fault:
        return Fault(line=self.number, code=code, label=f"Line {self.number}", sentence=sentence)


def _heard(name: str, value: Any, hint: Any) -> Any:
    """The field behind a member; raises `Invalid` for another type."""
    if hint is bytes:
        return _heard_bytes(name, value)
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise Invalid(f"its {name} is not a list of texts.")
        return tuple(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise Invalid(f"its {name} is of another type.")
    return value


def _heard_bytes(name: str, value: Any) -> bytes:
    if not isinstance(value, str):
        raise Invalid(f"its {name} is not text.")
    if name in _TEXTS:
        return value.encode()
    try:
        data = bytes.fromhex(value)
    except ValueError:
        data = b""
    if data.hex() != value:
        raise Invalid(f"its {name} is not lower-case hex.")
    return data
