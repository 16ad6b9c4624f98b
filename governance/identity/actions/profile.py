from __future__ import annotations

from governance.identity.models import User


def set_profile(*, user: User, name: str, time_zone: str) -> None:
    """A person's own name and time zone: a convenience of theirs, so no tenant's ledger holds it."""
    User.objects.filter(id=user.id).update(name=name, time_zone=time_zone)
