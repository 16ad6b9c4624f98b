"""What this slice refuses with."""

from __future__ import annotations

from governance.errors import DomainError


class NotArchived(DomainError):
    """It is here already, or it was destroyed."""

    code = "not_archived"


class StoreFailed(DomainError):
    """The store did not take, give or drop a file."""

    code = "archive_store"
    status = 503


class FileMissing(DomainError):
    """The store does not have the file."""

    code = "archive_missing"
    status = 503


class NothingDue(DomainError):
    """Nothing that may be destroyed is due."""

    code = "nothing_due"


class CountsMoved(DomainError):
    """Other rows would be destroyed than were shown."""

    code = "counts_moved"


class OnHold(DomainError):
    """The thing is on hold already, or not any more."""

    code = "legal_hold"
