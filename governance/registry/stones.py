"""What is left of a system that was destroyed after its retention: it is read, and nothing of it changes (docs/lifecycle.md)."""

from __future__ import annotations

from governance.errors import DomainError
from governance.registry.models import Lifecycle, System


class SystemDestroyed(DomainError):
    """Its retention was over and a person destroyed it; its name, versions and constitution stay as evidence."""

    code = "system_destroyed"


def demand_whole(system: System) -> None:
    """Raises `SystemDestroyed`."""
    if system.lifecycle_state == Lifecycle.PRUNED:
        raise SystemDestroyed(
            f"{system.name} was destroyed when its retention was over, and cannot come back. Its versions stay as evidence; "
            "register another system under another name."
        )
