"""What forbids TARS to change a system alone: higher slices register what they know of, so that `amendments` asks them."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from governance.scope import Scope

Check = Callable[[Scope, UUID], str]
"""Why TARS may not change this system by itself now, as a sentence; "" where it may. Asked inside the caller's transaction."""
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Ask `check` before a standing authority is used; called from `AppConfig.ready`, again without harm."""
    _checks[name] = check


def suspended(*, scope: Scope, system_id: UUID) -> str:
    """The first reason found; "" when nothing speaks against it."""
    return next((said for check in _checks.values() if (said := check(scope, system_id))), "")
