"""Whether a guardrail has caught an amendment: the slice that watches registers itself, so that `amendments` asks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from governance.errors import NotAllowed
from governance.scope import Scope

Check = Callable[[Scope, int, datetime], str]
"""Why TARS may not undo the amendment of this number at this moment, as a sentence; "" where a crossing under an open watch lets
it. Asked inside the caller's transaction, and holds until it ends."""
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Ask `check` before a guardrail undoes anything; called from `AppConfig.ready`, again without harm."""
    _checks[name] = check


def demand_caught(*, scope: Scope, number: int, at: datetime) -> None:
    """Raises `NotAllowed` unless a registered watch says that its guardrail was crossed."""
    refusals = [check(scope, number, at) for check in _checks.values()]
    if all(refusals):
        raise NotAllowed(
            refusals[0] if refusals else "Nothing watches amendments here, so TARS may undo none by itself."
        )
