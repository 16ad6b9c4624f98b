"""Is every archive file there, whole, and what the ledger says? `tars archive verify`, the page and the API ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from governance.audit.queries import explained
from governance.errors import DomainError
from governance.scope import Capability, Scope, tars_scope
from governance.tenancy import in_tenant
from routing.lifecycle import moving, stores
from routing.lifecycle.models import Archive, ArchivedRow

MOST_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """`faults` are sentences; `files` and `rows` were looked at."""

    files: int
    rows: int
    faults: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.faults


def check(*, scope: Scope, archive_id: UUID | None = None) -> Checked:
    """Read every file (or one) back: its digest against its row and against the ledger's entry, each line that is away
    against its row, and that no destroyed file is left. Opens transactions of its own. Raises `NotAllowed`.
    """
    scope.demand(Capability.VERIFY, to="check the archives")
    with in_tenant(scope.tenant_id):
        rows = Archive.objects.filter(tenant_id=scope.tenant_id)
        ids = list(
            (rows.filter(id=archive_id) if archive_id else rows).order_by("at", "id").values_list("id", flat=True)
        )
    away, faults = 0, []
    for id in ids:
        one, digests = _now(scope, id)
        away += len(digests)
        faults += _faults(scope, one, digests)
    return Checked(len(ids), away, tuple(faults[:MOST_FAULTS]))


def _now(scope: Scope, archive_id: UUID) -> tuple[Archive, list[str]]:
    """A file's row and the lines that are away in it, read when its turn comes: files are destroyed while others are read."""
    with in_tenant(scope.tenant_id):
        rows = ArchivedRow.objects.filter(tenant_id=scope.tenant_id, restored_at=None, pruned_at=None)
        digests = list(rows.filter(archive=archive_id).values_list("digest", flat=True))
        return Archive.objects.get(tenant_id=scope.tenant_id, id=archive_id), digests


def _faults(scope: Scope, one: Archive, digests: list[str]) -> list[str]:
    if one.destroyed_at is not None:
        return (
            [f"{one.name} was destroyed, and is still in the store."]
            if stores.current().get(one.name) is not None
            else []
        )
    try:
        content = moving.content_of(one)
    except DomainError as error:
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
