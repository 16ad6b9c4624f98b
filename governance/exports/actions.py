from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from governance.audit import queries as audit
from governance.audit.export import write
from governance.errors import DomainError, Invalid
from governance.exports import sources
from governance.exports.manifest import Facts, manifest, packed
from governance.exports.paper import as_pdf
from governance.exports.sources import Asked, Source
from governance.exports.table import MEDIA, Row, as_csv, as_json, as_jsonl
from governance.files.actions import keep_file
from governance.files.models import Purpose, StoredFile
from governance.ids import new_id
from governance.jobs import actions as jobs
from governance.jobs.handlers import Run
from governance.jobs.models import Job
from governance.ledger import actions as ledger
from governance.ledger.hashing import hash_text
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope
from governance.tenancy import in_tenant

NAME = "audit.export"
AT_ONCE = {"csv": 10_000, "jsonl": 10_000, "json": 10_000, "pdf": 2_000}
"""Rows that are written while the person waits."""
MOST = {"csv": 500_000, "jsonl": 200_000, "json": 50_000, "pdf": 20_000}
KEPT_FOR = timedelta(days=7)
_FONT = Path(settings.BASE_DIR) / "static" / "fonts" / "dejavu-sans.ttf"


class TooMuch(DomainError):
    """More rows than one file holds."""

    code = "too_much"
    status = 422


@dataclass(frozen=True, slots=True)
class Taken:
    """A file as it leaves, and the ledger entry that says so. `digest` is of the list itself, `content` what is sent."""

    name: str
    media_type: str
    content: bytes
    count: int
    digest: str
    entry: int


@governed(NAME, subject="kind")
def take(*, scope: Scope, kind: str, format: str, filters: Mapping[str, str], at: datetime) -> Taken | Job:
    """A filtered list as a file; beyond `AT_ONCE` rows a job that makes it, kept for seven days.

    Raises `NotAllowed`, `NotFound` (no such list), `Invalid` (no such format), `TooMuch`.
    """
    source = sources.source_of(kind)
    source.demand_open(scope)
    if format not in source.formats:
        raise Invalid(f"{source.title} comes as {', '.join(source.formats)}.", problems=(("/format", "is unknown"),))
    facts, asked = _facts(scope, source, source.asked(scope, filters), at)
    count = source.count(scope, asked.payload, MOST[format] + 1)
    if count > MOST[format]:
        raise TooMuch(
            f"More than {MOST[format]:,} rows fit, and a {format.upper()} holds no more. Narrow the filters, "
            "or take the whole record away."
        )
    if count > AT_ONCE[format] and not scope.can(Capability.READ_RECORD):
        # A job's file stays for days, for whoever reads the record.
        raise TooMuch(f"More than {AT_ONCE[format]:,} rows fit, and you can take no more at once. Narrow the filters.")
    if count <= AT_ONCE[format]:
        return _made(scope, source, format, facts, source.rows(scope, asked.payload), at=at)
    return jobs.start(
        scope=scope,
        kind="export",
        key=f"export:{new_id(at)}",
        title=f"{source.title} as {format.upper()}: {facts.words}"[:200],
        payload={
            "source": kind,
            "format": format,
            "count": count,
            "filter": asked.payload,
            "facts": {**asdict(facts), "exported_at": at.isoformat()},
        },
        at=at,
    )


def finish(run: Run) -> dict[str, Any]:
    """Make the file of an export job and keep it; a second run finds what the first one kept."""
    asked = run.payload
    source, format = sources.source_of(asked["source"]), asked["format"]
    at = datetime.fromisoformat(asked["facts"]["exported_at"])
    facts = Facts(**{**asked["facts"], "exported_at": at})
    rows = _in_steps(run, source, asked["filter"], total=asked["count"])
    content, count = _written(source, format, facts, rows)
    with in_tenant(run.scope.tenant_id, durable=True):
        file = (
            StoredFile.objects.defer("content")
            .filter(tenant_id=run.scope.tenant_id, purpose=Purpose.EXPORT, name__endswith=f"{run.job_id.hex[-12:]}.zip")
            .first()
        )
        if file is None:
            taken = _recorded(run.scope, source, format, facts, content, count, at=run.at, is_packed=True)
            file = keep_file(
                scope=run.scope,
                purpose=Purpose.EXPORT,
                name=taken.name.replace(".zip", f"-{run.job_id.hex[-12:]}.zip"),
                content=taken.content,
                at=run.at,
                expires_at=run.at + KEPT_FOR,
            )
    return {"url": f"/files/{file.id}/", "label": file.name, "digest": file.digest, "count": count}


@governed("audit.export_record")
def begin_record(*, scope: Scope, to: str, at: datetime) -> int:
    """Say on the ledger that the whole record leaves, before it does; returns how many entries it has. Raises `NotAllowed`."""
    scope.demand(Capability.VERIFY, to="take the record away")
    sequence, entry_hash = audit.head(scope)
    ledger.append(
        scope=scope,
        at=at,
        event_type="export",
        action={
            "name": "audit.export_record",
            "subject": "The whole record",
            "filter": "everything",
            "to": to,
            "count": sequence,
            "head": {"sequence": sequence, "entry_hash": hash_text(entry_hash)},
        },
        explanation=f"{scope.actor.name} takes the whole record away ({to}): {sequence:,} entries and all that belongs to them.",
        rules_applied=["ledger.exports"],
    )
    return sequence


@governed("audit.end_export")
def end_record(*, scope: Scope, digest: str, size: int, is_whole: bool, at: datetime) -> None:
    """Say on the ledger what left: the digest and size of the file, or that it was cut off."""
    said = (
        f"The whole record left: {size:,} bytes, {digest}."
        if is_whole
        else f"The record was cut off after {size:,} bytes."
    )
    ledger.append(
        scope=scope,
        at=at,
        event_type="export",
        action={
            "name": "audit.end_export",
            "subject": "The whole record",
            "digest": digest,
            "bytes": size,
            "is_whole": is_whole,
        },
        explanation=said,
        rules_applied=["ledger.exports"],
    )


def record_lines(*, scope: Scope, exported_at: str, clock: Callable[[], datetime]) -> Iterator[bytes]:
    """The record's lines; whatever happens to them, the ledger says afterwards how many bytes left and under which digest."""
    whole, size, is_whole = sha256(), 0, False
    try:
        for line in write(audit.records(scope, packed_only=True), exported_at=exported_at):
            whole.update(line)
            size += len(line)
            yield line
        is_whole = True
    finally:
        digest = f"sha256:{whole.hexdigest()}"
        end_record(scope=scope, digest=digest, size=size, is_whole=is_whole, at=clock())


def _facts(scope: Scope, source: Source, asked: Asked, at: datetime) -> tuple[Facts, Asked]:
    sequence, entry_hash = audit.head(scope)
    facts = Facts(
        title=source.title,
        tenant_id=str(scope.tenant_id),
        tenant_name=audit.tenant_name(scope.tenant_id) or "",
        words=asked.words,
        query=asked.query,
        filter=asked.payload,
        exported_by=scope.actor.name,
        exported_at=at,
        head_sequence=sequence,
        head_hash=hash_text(entry_hash),
    )
    # A list that grows at its end is read up to the head that the manifest names.
    return facts, replace(asked, payload={**asked.payload, "up_to": sequence})


def _made(scope: Scope, source: Source, format: str, facts: Facts, rows: Iterator[Row], *, at: datetime) -> Taken:
    content, count = _written(source, format, facts, rows)
    return _recorded(scope, source, format, facts, content, count, at=at, is_packed=source.is_packed)


def _written(source: Source, format: str, facts: Facts, rows: Iterator[Row]) -> tuple[bytes, int]:
    """The list as bytes, and how many rows are in them."""
    if format == "pdf":
        return as_pdf(source.columns, rows, facts=facts, font=_FONT)
    counted = _Counted(rows)
    parts = {
        "csv": lambda: as_csv(source.columns, counted),
        "jsonl": lambda: as_jsonl(counted),
        "json": lambda: as_json(counted),
    }
    return b"".join(parts[format]()), counted.count


def _recorded(
    scope: Scope,
    source: Source,
    format: str,
    facts: Facts,
    content: bytes,
    count: int,
    *,
    at: datetime,
    is_packed: bool,
) -> Taken:
    """The entry on the ledger, and the file with its manifest."""
    stem = f"{source.kind}-{slugify(facts.tenant_name) or 'tenant'}-{facts.exported_at:%Y-%m-%d}"
    digest = f"sha256:{sha256(content).hexdigest()}"
    entry = ledger.append(
        scope=scope,
        at=at,
        event_type="export",
        action={
            "name": NAME,
            "subject": source.title,
            "format": format,
            "filter": facts.words,
            "query": facts.query,
            "count": count,
            "file": f"{stem}.{format}",
            "bytes": len(content),
            "digest": digest,
            "head": {"sequence": facts.head_sequence, "entry_hash": facts.head_hash},
            "asked_by": facts.exported_by,
        },
        explanation=f"{facts.exported_by} took {count:,} rows of {source.title} away as {format.upper()}: {facts.words}.",
        rules_applied=["ledger.exports"],
    )
    name, sent = f"{stem}.{format}", content
    if is_packed:
        said = manifest(facts, file=name, content=content, count=count, entry=entry.sequence)
        name, sent = f"{stem}.zip", packed(said, content=content, at=facts.exported_at)
    return Taken(name, MEDIA[name.rpartition(".")[2]], sent, count, digest, entry.sequence)


def _in_steps(run: Run, source: Source, payload: dict[str, Any], *, total: int) -> Iterator[Row]:
    """Every row, each chunk in a transaction of its own, so that progress can be said in between."""
    cursor, done = None, 0
    while True:
        with in_tenant(run.scope.tenant_id):
            rows, cursor = source.chunk(run.scope, payload, cursor)
        yield from rows
        done += len(rows)
        run.progress(done, total, f"{done:,} rows read")
        if cursor is None:
            return


class _Counted:
    """Rows, and how many of them were read."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.count += 1
            yield row
