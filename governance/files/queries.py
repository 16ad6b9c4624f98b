from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Concat

from governance.errors import DomainError, NotFound
from governance.files.kinds import human_size
from governance.files.models import Purpose, StoredFile
from governance.scope import Capability, Scope


class FileChanged(DomainError):
    """The stored bytes are not the ones whose digest was kept."""

    code = "file_changed"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that evidence names, and whether what is stored is still it. `id` is None for one that is gone."""

    name: str
    media_type: str
    size: int
    digest: str
    id: UUID | None = None
    is_whole: bool = False

    @property
    def size_words(self) -> str:
        return human_size(self.size)

    @property
    def state(self) -> str:
        if self.id is None:
            return "missing"
        return "kept" if self.is_whole else "changed"


_ACTUAL = Concat(
    Value("sha256:"),
    Func(Func(F("content"), function="sha256"), Value("hex"), function="encode", output_field=models.TextField()),
    output_field=models.TextField(),
)


def attachments_of(*, scope: Scope, named: Iterable[dict[str, Any]]) -> tuple[Attachment, ...]:
    """What evidence names under `attachments`, compared with what is stored; one query, none for an empty list."""
    wanted = [entry for entry in named if isinstance(entry, dict)]
    if not wanted:
        return ()
    rows = (
        StoredFile.objects.filter(
            tenant_id=scope.tenant_id, purpose=Purpose.EVIDENCE, digest__in=[entry.get("digest") for entry in wanted]
        )
        .annotate(actual=_ACTUAL)
        .values_list("digest", "id", "actual", "name")
    )
    kept: dict[str, list[tuple[bool, str, UUID]]] = {}
    for digest, id, actual, name in rows:
        kept.setdefault(digest, []).append((actual == digest, name, id))
    return tuple(_attachment(entry, kept.get(str(entry.get("digest")), [])) for entry in wanted)


def _attachment(entry: dict[str, Any], stored: Sequence[tuple[bool, str, UUID]]) -> Attachment:
    name = str(entry.get("name", ""))
    best = max(stored, key=lambda row: (row[0], row[1] == name, row[2]), default=None)
    return Attachment(
        name=name,
        media_type=str(entry.get("media_type", "")),
        size=int(entry.get("size", 0)),
        digest=str(entry.get("digest", "")),
        id=best[2] if best else None,
        is_whole=bool(best and best[0]),
    )


def uploads_of(*, scope: Scope, file_ids: Iterable[UUID], at: datetime) -> list[StoredFile]:
    """The actor's own unsent uploads among these, without their content, in the order they came."""
    rows = StoredFile.objects.defer("content").filter(
        tenant_id=scope.tenant_id,
        purpose=Purpose.EVIDENCE,
        id__in=list(file_ids),
        user_id=scope.actor.user_id,
        expires_at__gt=at,
    )
    return list(rows.order_by("id"))


def found_file(*, scope: Scope, file_id: UUID, at: datetime) -> StoredFile:
    """One file with its content, which matches its digest. Raises `NotAllowed`, `NotFound`, `FileChanged`.

    An upload that nothing names yet is its owner's alone.
    """
    scope.demand(Capability.READ_RECORD, to="fetch a file")
    row = StoredFile.objects.filter(tenant_id=scope.tenant_id, id=file_id).filter(_is_there(scope, at)).first()
    if row is None:
        raise NotFound("There is no such file, or its time is over.")
    if not StoredFile.objects.filter(tenant_id=scope.tenant_id, id=file_id, digest=_ACTUAL).exists():
        raise FileChanged(f"{row.name} is not the file that was kept: its bytes changed. Tell the security team.")
    return row


def _is_there(scope: Scope, at: datetime) -> Q:
    is_own = Q(user_id=scope.actor.user_id) if scope.actor.user_id else Q(pk__in=[])
    return Q(expires_at=None) | Q(expires_at__gt=at) & (Q(purpose=Purpose.EXPORT) | is_own)
