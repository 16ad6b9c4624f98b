"""A visit of platform staff, as their browser session keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase

from governance.identity.models import User
from governance.identity.queries import Seat, actor_of
from governance.scope import Scope

_KEY = "visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """Where, until when and why."""

    id: UUID
    tenant_id: UUID
    tenant_name: str
    is_demo: bool
    until: datetime
    because: str

    @property
    def subject(self) -> str:
        """What ledger entries about this visit are about."""
        return self.subject_of(self.id)

    @staticmethod
    def subject_of(visit_id: UUID) -> str:
        return f"visit {visit_id.hex[-12:]}"

    def scope(self, user: User) -> Scope:
        """The visitor in the tenant: no role, the capabilities of a visit."""
        return Scope(tenant_id=self.tenant_id, actor=actor_of(user), is_visit=True)

    def seat(self, *, at: datetime) -> Seat:
        """The visited tenant as the frame names it."""
        return Seat(self.tenant_id, self.tenant_name, self.is_demo, frozenset(), at)


def keep(session: SessionBase, visit: Visit) -> None:
    """Remember the visit in this browser session."""
    session[_KEY] = {
        "id": str(visit.id),
        "tenant": str(visit.tenant_id),
        "name": visit.tenant_name,
        "is_demo": visit.is_demo,
        "until": visit.until.isoformat(),
        "because": visit.because,
    }


def forget(session: SessionBase) -> None:
    """The visit is over."""
    session.pop(_KEY, None)


def visit_of(session: SessionBase, *, user: User, at: datetime) -> Visit | None:
    """The visit under way; None after its hour, and for somebody who is not (any longer) platform staff."""
    kept: dict[str, Any] | None = session.get(_KEY)
    if kept is None:
        return None
    until = datetime.fromisoformat(kept["until"])
    if not user.is_platform_staff or until <= at:
        return None
    return Visit(UUID(kept["id"]), UUID(kept["tenant"]), kept["name"], kept["is_demo"], until, kept["because"])
