from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from governance.canonical import digest_bytes
from governance.errors import Invalid, NotFound
from governance.files import kinds
from governance.files.models import Purpose, StoredFile
from governance.ids import new_id
from governance.ledger.verbs import governed
from governance.scope import Capability, Scope

UNSENT_FOR = timedelta(days=1)
MOST_UNSENT = 40


class BadFile(Invalid):
    """The file cannot be kept: its type, its size, or its content that is not what its name says."""

    code = "bad_file"


class TooManyFiles(Invalid):
    """More files, or larger ones together, than one proposal or one person may have."""

    code = "too_many_files"


def keep_file(
    *, scope: Scope, purpose: Purpose, name: str, content: bytes, at: datetime, expires_at: datetime | None = None
) -> StoredFile:
    """Keep bytes under a cleaned name, inside the caller's transaction; the caller has gated it.

    With `expires_at` the file is dropped after that time. Raises `BadFile`.
    """
    is_evidence = purpose == Purpose.EVIDENCE
    types = kinds.TYPES if is_evidence else kinds.EXPORT_TYPES
    name = kinds.clean_name(name)
    if (size := len(content)) > (most := kinds.EVIDENCE_BYTES if is_evidence else kinds.EXPORT_BYTES):
        raise BadFile(f"{name} is larger than {kinds.human_size(most)}. Attach a part of it, or link it instead.")
    if fault := kinds.fault_of(name=name, content=content, types=types):
        raise BadFile(f"{name} {fault}.")
    return StoredFile.objects.create(
        id=new_id(at),
        tenant_id=scope.tenant_id,
        purpose=purpose,
        name=name,
        media_type=types[kinds.ending_of(name)],
        size=size,
        digest=digest_bytes(content),
        content=content,
        kept_by=scope.actor.name,
        user_id=scope.actor.user_id,
        at=at,
        expires_at=expires_at,
    )


@governed("files.upload", subject="name")
def upload(*, scope: Scope, name: str, content: bytes, at: datetime) -> StoredFile:
    """Keep evidence that no proposal names yet; it is dropped after a day unless one does.

    Raises `NotAllowed`, `BadFile`, `TooManyFiles`.
    """
    scope.demand(Capability.PROPOSE, to="attach a file")
    waiting = StoredFile.objects.filter(
        tenant_id=scope.tenant_id, user_id=scope.actor.user_id, purpose=Purpose.EVIDENCE, expires_at__gt=at
    )
    if waiting.count() >= MOST_UNSENT:
        raise TooManyFiles(
            f"You have {MOST_UNSENT} files waiting that no proposal names. They are dropped after a day; then attach more."
        )
    return keep_file(
        scope=scope, purpose=Purpose.EVIDENCE, name=name, content=content, at=at, expires_at=at + UNSENT_FOR
    )


def claim(*, scope: Scope, file_ids: Iterable[UUID], named: Sequence[str], at: datetime) -> list[StoredFile]:
    """The files a revision will name, kept for good from here on; inside the caller's transaction.

    Each is an upload of the actor's own, or one whose digest is in `named` (what the revision before holds). Raises `NotFound`
    for any other and `TooManyFiles` beyond the limits of one proposal. The files come without their content.
    """
    wanted = list(dict.fromkeys(file_ids))
    rows = StoredFile.objects.defer("content").filter(
        tenant_id=scope.tenant_id, purpose=Purpose.EVIDENCE, id__in=wanted
    )
    found = {row.id: row for row in rows.select_for_update() if _may_use(scope, row, named, at)}
    if len(found) < len(wanted):
        raise NotFound("A file that should be attached is not here any more. Attach it again.")
    files = list({found[id].digest: found[id] for id in wanted}.values())
    demand_room([row.size for row in files])
    rows.filter(id__in=[row.id for row in files], expires_at__isnull=False).update(expires_at=None)
    return files


def drop_expired(*, tenant_id: UUID, at: datetime) -> int:
    """Delete one tenant's files whose time is over, inside the caller's transaction; returns how many."""
    count, _ = StoredFile.objects.filter(tenant_id=tenant_id, expires_at__lte=at).delete()
    return count


def _may_use(scope: Scope, row: StoredFile, named: Sequence[str], at: datetime) -> bool:
    if row.expires_at is None:
        return row.digest in named
    return row.expires_at > at and row.user_id is not None and row.user_id == scope.actor.user_id


def demand_room(sizes: Sequence[int]) -> None:
    """Raise `TooManyFiles` for more files, or larger ones together, than one proposal takes."""
    if len(sizes) > kinds.EVIDENCE_FILES:
        raise TooManyFiles(f"A proposal takes {kinds.EVIDENCE_FILES} files at most. Leave some out, or link them.")
    if sum(sizes) > kinds.EVIDENCE_TOTAL:
        most = kinds.human_size(kinds.EVIDENCE_TOTAL)
        raise TooManyFiles(f"The files are larger than {most} together. Leave some out, or link them.")
