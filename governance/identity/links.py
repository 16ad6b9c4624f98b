"""The link of an invitation: what is kept of its secret, and whether it still opens anything. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime

from governance.errors import DomainError


class InvitationOver(DomainError):
    """Accepted, revoked or expired: the link does nothing any more."""

    code = "invitation_over"
    status = 410


def hash_of(secret: str) -> bytes:
    """What the database keeps of a link's secret. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def demand_open(
    accepted_at: datetime | None, revoked_at: datetime | None, expires_at: datetime, *, at: datetime
) -> None:
    """Raise `InvitationOver` with what happened to it."""
    if accepted_at is not None:
        raise InvitationOver("This invitation was accepted already. Sign in to work in the tenant.")
    if revoked_at is not None:
        raise InvitationOver(
            "This invitation was taken back or replaced by a newer one. Look for a newer mail, or ask again."
        )
    if expires_at <= at:
        raise InvitationOver("This invitation has expired. Ask the person who invited you to send it again.")
