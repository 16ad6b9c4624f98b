"""Where else words of an execution stand when it is destroyed: who keeps them registers, and takes them away in that transaction.

What stands here are copies: a learned rule's pattern, an example of a replay. What is a record of its own, the ledger above all,
stays (docs/lifecycle.md); `tests/db/lifecycle/test_no_words_left.py` searches everything.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from governance.scope import Scope


@dataclass(frozen=True, slots=True)
class Destroyed:
    """Executions that are being destroyed: their ids, and the words of their requests."""

    ids: frozenset[UUID]
    texts: frozenset[str]
    at: datetime


Forget = Callable[[Scope, Destroyed], int]
"""Takes copies away, in the caller's transaction; returns how many. Locks in the order of ids."""
_FORGET: Final[dict[str, Forget]] = {}


def register(name: str, forget: Forget) -> None:
    """Called once, at start, by who keeps copies under `name`."""
    _FORGET[name] = forget


def forget(*, scope: Scope, ids: Collection[UUID], lines: Iterable[str], at: datetime) -> dict[str, int]:
    """Take away every copy of what these lines of archive files say; returns how many of each kind there were."""
    texts = frozenset(str(json.loads(line)["execution"]["user_request"]).strip() for line in lines)
    gone = Destroyed(frozenset(ids), texts, at)
    return {name: count for name, one in sorted(_FORGET.items()) if (count := one(scope, gone))}
