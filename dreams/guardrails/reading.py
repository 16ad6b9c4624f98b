"""What became of a system's work, read for its guardrails: before an amendment, and since.

What the amendment governs is the work of its system; of the router, every request that it sent on its way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from dreams.guardrails.judging import Baseline, Seen
from governance.ids import first_id

MOST_BEFORE: Final = 1_000
BEFORE: Final = timedelta(days=30)
RATED_BEFORE: Final = timedelta(days=90)
BATCH: Final = 5_000
BATCHES: Final = 4
"""How much one look takes in; the next goes on."""
MOST_RATINGS: Final = 5_000
SETTLES: Final = timedelta(seconds=5)
"""A receipt's id is made when its last step begins: by then that step has committed. What commits later is not counted."""

MOST_FORBIDDEN: Final = 5_000
"""Of what nobody got, how much of the time before an amendment is read for the law that its system ran into."""

_OF: Final = "(e.system_id = %(system)s OR e.routing_path[1] = %(system)s)"
_AGENT: Final = "e.system_id = %(system)s"
_FORBIDDEN: Final = """(e.system_id IS NULL AND e.status = 'governance_blocked'
  AND e.route -> 'candidates' -> 0 ->> 'system_id' = %(system)s::text)"""
"""Nobody got it, and this system was the best candidate."""
_LAW: Final = "ARRAY(SELECT jsonb_array_elements_text(e.governance_check -> 'law'))"
_LAW_BEFORE: Final = f"""CASE WHEN e.governance_check ? 'law' THEN {_LAW} WHEN e.governance_check ->> 'outcome' = 'deny' THEN
  ARRAY(SELECT 'gov.md ' || jsonb_array_elements_text(e.governance_check -> 'gov_md_sections_checked')) END"""
"""What was done before `law` was kept is no violation, and what it ran into is nothing new."""
_FACTS: Final = "e.id, e.completed_at, e.status, e.cost_usd"
_BEFORE: Final = f"""
SELECT {_FACTS}, {_LAW_BEFORE} FROM executions e
WHERE e.tenant_id = %(tenant)s AND e.started_at >= %(first)s AND e.started_at < %(at)s AND e.completed_at < %(at)s AND {{of}}
ORDER BY e.started_at DESC LIMIT {MOST_BEFORE}"""  # noqa: S608
_FORBIDDEN_BEFORE: Final = f"""
SELECT DISTINCT jsonb_array_elements_text(e.governance_check -> 'law') FROM (
  SELECT system_id, status, route, governance_check FROM executions WHERE tenant_id = %(tenant)s AND system_id IS NULL
    AND started_at >= %(first)s AND started_at < %(at)s AND completed_at < %(at)s
  ORDER BY system_id, started_at DESC LIMIT {MOST_FORBIDDEN}) e
WHERE {_FORBIDDEN}"""  # noqa: S608
_RATED: Final = f"""
SELECT e.rated_at, e.user_satisfaction <= 2 FROM executions e WHERE e.tenant_id = %(tenant)s AND e.rated_at >= %(first)s
  AND e.rated_at < %(at)s AND e.started_at >= %(first)s AND e.user_satisfaction IS NOT NULL AND {{of}}
  ORDER BY e.rated_at DESC LIMIT {MOST_RATINGS}"""  # noqa: S608
_SINCE: Final = f"""
SELECT r.id, {_FACTS}, {_LAW} FROM receipts r JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = r.execution_id
WHERE r.tenant_id = %(tenant)s AND r.id > %(seen)s AND r.id < %(until)s AND e.started_at >= %(begins)s
  AND ({{of}} OR {_FORBIDDEN})
ORDER BY r.id LIMIT {BATCH}"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Watched:
    """Whose work: `is_router` where every request that it routed counts."""

    tenant_id: UUID
    system_id: UUID
    is_router: bool

    @property
    def of(self) -> str:
        return _OF if self.is_router else _AGENT


def baseline(watched: Watched, *, at: datetime) -> Baseline:
    """What was before `at`. Three queries."""
    seen = [_seen(row) for row in _rows(watched, _BEFORE, first=at - BEFORE, at=at)]
    finished = [one for one in seen if one.is_success is not None]
    priced = [one.cost for one in finished if one.cost is not None]
    ratings = ratings_between(watched, first=at - RATED_BEFORE, at=at)
    forbidden = {clause for (clause,) in _rows(watched, _FORBIDDEN_BEFORE, first=at - BEFORE, at=at)}
    return Baseline(
        finished=len(finished),
        succeeded=sum(one.is_success is True for one in finished),
        priced=len(priced),
        cost=round(sum(priced) / len(priced), 8) if priced else 0.0,
        rated=len(ratings),
        low=sum(is_low for _, is_low in ratings),
        is_router=watched.is_router,
        violated=tuple(sorted(forbidden.union(*(one.law for one in seen)))),
    )


def ratings_between(watched: Watched, *, first: datetime, at: datetime) -> list[tuple[datetime, bool]]:
    """When work of that time was rated, and whether with one or two stars; as it stands now, the oldest first."""
    return list(reversed(_rows(watched, _RATED, first=first, at=at)))


def since(watched: Watched, *, begins: datetime, seen: UUID, at: datetime) -> Iterator[tuple[UUID, list[Seen]]]:
    """Executions begun since that ended before `at`, in their order, in batches with up to where each was read. Each comes once;
    what is read to its end is not read again, also where nothing was found."""
    until = first_id(at - SETTLES)
    for _ in range(BATCHES):
        if seen >= until:
            return
        rows = _rows(watched, _SINCE, seen=seen, until=until, begins=begins)
        seen = rows[-1][0] if len(rows) == BATCH else until
        yield seen, [_seen(row[1:]) for row in rows]


def _rows(watched: Watched, text: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(text.format(of=watched.of), {"tenant": watched.tenant_id, "system": watched.system_id, **values})
        return cursor.fetchall()


def _seen(row: tuple[Any, ...]) -> Seen:
    id, at, status, cost, law = row
    is_blocked = status == "governance_blocked"
    return Seen(
        at=at,
        is_success=None if is_blocked else status == "success",
        cost=None if cost is None or is_blocked else float(cost),
        # What the e-stop, drift or the system's own constitution refuse is no clause of the law, and no violation.
        law=tuple(law or ()) if is_blocked else (),
        id=str(id),
    )
