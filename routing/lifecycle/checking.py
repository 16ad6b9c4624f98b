"""Is every archive file there, whole, and what the ledger says? `tars archive verify`, the page, the API and a task each night
ask; the last answer stands in the file's row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import F, Q
from django.urls import reverse

from governance.audit.queries import explained
from governance.identity.queries import able
from governance.notices import kinds
from governance.notices.actions import tell
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant
from routing.lifecycle import moving, pack, stores
from routing.lifecycle.errors import FileMissing, StoreFailed
from routing.lifecycle.models import Archive, ArchivedRow

MOST_FAULTS: Final = 100
KIND: Final = "archive_files"


@dataclass(frozen=True, slots=True)
class Checked:
    """`faults` are sentences; `files` and `rows` were looked at. `strays`: files that no archive names, which harm nothing."""

    files: int
    rows: int
    faults: tuple[str, ...]
    strays: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        return not self.faults


def register_kinds() -> None:
    kinds.register(KIND, "Archive files that are missing or not what was written", can_mute=False)


def check(*, scope: Scope, archive_id: UUID | None = None, at: datetime | None = None) -> Checked:
    """Read every file (or one) back: its digest against its row and against the ledger's entry, each line that is away
    against its row, and that no destroyed file is left. What was found is kept where `at` says when. Opens transactions of its
    own. Raises `NotAllowed`.
    """
    scope.demand(Capability.VERIFY, to="check the archives")
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(tenant_id=scope.tenant_id)
        ids = list(
            (rows.filter(id=archive_id) if archive_id else rows).order_by("at", "id").values_list("id", flat=True)
        )
    looked, away = 0, 0
    strays: tuple[str, ...] = ()
    faults: list[str] = []
    try:
        for id in ids:
            found, rows_away = _looked(scope, id, at=at)
            looked, away = looked + 1, away + rows_away
            faults += found
        strays = () if archive_id else _strays(scope)
    except StoreFailed as error:
        faults.append(error.sentence)
    return Checked(looked, away, tuple(faults[:MOST_FAULTS]), strays)


def check_oldest(*, scope: Scope, since: datetime, at: datetime, most: int) -> int:
    """A step of a night that began at `since`: check so many files that it has not reached, longest unchecked first; returns how
    many. A file that was found destroyed as it should be is not asked for again. Raises `StoreFailed` where the store cannot be
    asked: that says nothing of the files.
    """
    unreached = Q(checked_at=None) | Q(checked_at__lt=since)
    settled = Q(destroyed_at__isnull=False, checked_at__gt=F("destroyed_at"), fault="")
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(unreached, tenant_id=scope.tenant_id).exclude(settled)
        ids = list(rows.order_by(F("checked_at").asc(nulls_first=True), "id").values_list("id", flat=True)[:most])
    for id in ids:
        _looked(scope, id, at=at, night=since)
    return len(ids)


def _looked(
    scope: Scope, archive_id: UUID, *, at: datetime | None, night: datetime | None = None
) -> tuple[list[str], int]:
    """The faults of one file and how many rows are away in it; kept, and told where a night found it."""
    one, digests = _now(scope, archive_id)
    try:
        faults = _faults(scope, one, digests)
    except StoreFailed as error:
        stores.current().look()  # a store that cannot be asked is no fault of the file
        faults = [f"{one.name}: {error.sentence}"]
    if at is not None:
        _keep(scope, one, faults, at=at, night=night)
    return faults, len(digests)


def _now(scope: Scope, archive_id: UUID) -> tuple[Archive, list[str]]:
    """A file's row and the lines that are away in it, read when its turn comes: files are destroyed while others are read."""
    with in_tenant(scope.tenant_id):
        rows = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, restored_at=None, pruned_at=None)
        digests = list(rows.filter(archive=archive_id).values_list("digest", flat=True))
        return Archive.objects.get(tenant_id=scope.tenant_id, id=archive_id), digests


def _faults(scope: Scope, one: Archive, digests: list[str]) -> list[str]:
    if one.destroyed_at is not None:
        is_left = stores.current().has(one.name)
        return [f"{one.name} was destroyed, and is still in the store."] if is_left else []
    try:
        content = moving.content_of(one)
    except (FileMissing, pack.Damaged) as error:
        return [f"{one.name}: {error.sentence}"]
    missing = [digest for digest in digests if digest not in content.lines]
    faults = [f"{one.name} lacks the line {digest}." for digest in missing]
    return (
        faults
        if _is_on_ledger(scope, one)
        else [*faults, f"{one.name}: the ledger names another digest, or no such file."]
    )


def _is_on_ledger(scope: Scope, one: Archive) -> bool:
    if one.sequence is None:
        return False
    with in_tenant(scope.tenant_id):
        entry = explained(scope=tars_scope(scope.tenant_id), sequence=one.sequence)
    action = entry.document.get("content", {}).get("action", {})
    digests = action.get("kept", {}) if isinstance(action.get("kept"), dict) else {}
    return not entry.problem and one.digest in {action.get("digest"), *digests.values()}


def _keep(scope: Scope, seen: Archive, faults: list[str], *, at: datetime, night: datetime | None) -> None:
    """INVARIANT: a row says what was found of it as it was seen; one that was destroyed meanwhile waits for the next look."""
    with in_tenant(scope.tenant_id, durable=True):
        rows = Archive.objects.select_for_update().filter(tenant_id=scope.tenant_id, destroyed_at=seen.destroyed_at)
        row = rows.filter(id=seen.id).first()
        if row is None:
            return
        was, row.checked_at, row.fault = row.fault, at, " ".join(faults)[:1000]
        row.save(update_fields=["checked_at", "fault"])
        if night is not None and row.fault and not was:
            _tell(scope, row, night=night, at=at)


def _tell(scope: Scope, row: Archive, *, night: datetime, at: datetime) -> None:
    """One line a night, however many files it names; a fault that stays is not told again."""
    tell(
        scope=scope,
        user_ids=able(scope=scope, to=Capability.RETAIN),
        kind=KIND,
        key=f"archive-files:{night:%Y-%m-%d}",
        subject="Archive files",
        sentence=f"An archive file is missing or is not what was written: {row.name}. The page says which others are.",
        url=reverse("lifecycle:page"),
        at=at,
        is_urgent=True,
    )


def _strays(scope: Scope) -> tuple[str, ...]:
    with in_tenant(scope.tenant_id):
        named = set(Archive.objects.filter(tenant_id=scope.tenant_id).values_list("name", flat=True))
    return tuple(sorted(name for name in stores.current().names(f"{scope.tenant_id}/") if name not in named))
