"""The last 30 days asked again under a change of the law or of one constitution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.policy.book import Book
from governance.policy.decide import decide
from governance.rulebook import sources
from governance.rulebook.gather import Gathered, gathered_all
from governance.rulebook.law_document import SYSTEM_NAME as LAW
from governance.rulebook.models import StoredVerdict
from governance.rulebook.queries.verdicts import ABOUT_AMENDMENTS
from governance.rulebook.replay import Replay
from governance.scope import Scope

WINDOW: Final = timedelta(days=30)
AT_ONCE: Final = 300
"""Decisions that a page replays while somebody waits; more become a job."""
CHUNK: Final = 200
MOST: Final = 1_000_000
"""Decisions that a job replays at most: the oldest of the window."""


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed document: the law's, or the constitution of one system."""

    system: str
    document: Mapping[str, Any]
    digest: str

    @property
    def is_law(self) -> bool:
        return self.system == LAW


@dataclass(frozen=True, slots=True)
class Window:
    """From when, and until when excluded."""

    since: datetime
    until: datetime


def window_at(at: datetime) -> Window:
    """The 30 days before `at`."""
    return Window(at - WINDOW, at)


def count(*, scope: Scope, change: Change, window: Window, most: int) -> int:
    """How many decisions there are to replay, counted up to `most`."""
    return _rows(scope, change, window)[:most].count()


def begun(window: Window) -> Replay:
    """A replay of nothing yet."""
    return Replay(since=window.since.isoformat(), until=window.until.isoformat())


def whole(*, scope: Scope, change: Change, window: Window, at: datetime) -> Replay:
    """Replay everything inside the caller's transaction."""
    replay, after = begun(window), None
    while True:
        after = step(replay, scope=scope, change=change, window=window, after=after, at=at)
        if after is None:
            return replay


def step(
    replay: Replay, *, scope: Scope, change: Change, window: Window, after: UUID | None, at: datetime
) -> UUID | None:
    """Replay the next chunk, oldest first, and say after which verdict to go on; None when that was all."""
    rows = list(_rows(scope, change, window, after=after)[:CHUNK])
    systems = {row.system.name for row in rows}
    pairs = [(name, "") for name in sorted(systems)]
    law = dict(change.document) if change.is_law else None
    own = {} if change.is_law else {change.system: change.document}
    old = gathered_all(scope=scope, wanted=pairs, at=at)
    new = gathered_all(scope=scope, wanted=pairs, at=at, law=law, constitutions=own)
    for row in rows:
        _again(replay, row, old.get((row.system.name, "")), new.get((row.system.name, "")))
    return rows[-1].id if len(rows) == CHUNK else None


def _again(replay: Replay, row: StoredVerdict, old: Gathered | None, new: Gathered | None) -> None:
    if old is None or new is None:
        return replay.skip("no_system")
    try:
        question = json.loads(bytes(row.question))
        texts = (*question["asset_rules"], *question["session_rules"])
        asked = {
            "facts": {**question["facts"], **question["gathered"]},
            "action": question["action"],
            "at": datetime.fromisoformat(question["at"]),
            "bearer": question["bearer"],
        }
        before, after = (decide(_book(found, texts), **asked) for found in (old, new))
    except (KeyError, TypeError, ValueError):
        return replay.skip("unreadable")
    about = {"id": str(row.id), "at": row.at.isoformat(), "system": row.system.name}
    return replay.add(before=before, after=after, asked=about)


def _book(found: Gathered, texts: tuple[str, ...]) -> Book:
    return sources.book(law=found.law, constitution=found.constitution, system=found.system, texts=texts)


def _rows(scope: Scope, change: Change, window: Window, *, after: UUID | None = None) -> QuerySet[StoredVerdict]:
    rows = StoredVerdict.objects.filter(tenant_id=scope.tenant_id, at__gte=window.since, at__lt=window.until)
    rows = rows.exclude(ABOUT_AMENDMENTS)
    if not change.is_law:
        rows = rows.filter(system__name=change.system)
    if after is not None:
        at = StoredVerdict.objects.filter(tenant_id=scope.tenant_id, id=after).values_list("at", flat=True).get()
        rows = rows.filter(Q(at__gt=at) | Q(at=at, id__gt=after))
    return rows.select_related("system").only("id", "at", "question", "system__name").order_by("at", "id")
