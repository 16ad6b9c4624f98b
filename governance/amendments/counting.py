"""Applied and rolled back amendments are added up, in the task worker: by system, and by UTC day and type.

Each amendment and each rollback writes the next version of its system's constitution, without gaps, while the system's row is
locked. So a system's version says how far it is counted: what `system_versions` has beyond that is added by `fold`, and by
whoever reads meanwhile. No clock is asked, and a past that is written later (a demo's) is counted like everything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection

from governance.scope import Scope
from governance.tenancy import in_tenant

_EPOCH: Final = datetime.fromtimestamp(0, tz=UTC)
SYSTEMS: Final = 200
VERSIONS: Final = 100
"""So many systems, and versions of each, are counted in one transaction."""
MOST_BATCHES: Final = 25
"""In one run for one tenant: the others wait no longer than that."""

# INVARIANT: how far a system is counted and what was counted are read in one statement
_STALE: Final = """
FROM systems s LEFT JOIN amendment_counts c ON c.tenant_id = s.tenant_id AND c.system_id = s.id
WHERE s.tenant_id = %(tenant)s AND s.constitution_version > coalesce(c.version, 1)
"""
_NEXT: Final = f"""
SELECT s.id, coalesce(c.version, 1), least(s.constitution_version, coalesce(c.version, 1) + {VERSIONS}) {_STALE}
ORDER BY s.id LIMIT {SYSTEMS}
"""
_ROLLED: Final = """
SELECT s.id, s.name, s.constitution_version AS version, s.updated_at, coalesce(c.version, 1) AS seen,
  coalesce(c.total, 0) AS total, coalesce(c.undone, 0) AS undone
FROM systems s LEFT JOIN amendment_counts c ON c.tenant_id = s.tenant_id AND c.system_id = s.id
WHERE s.tenant_id = %(tenant)s {only}
"""
_COUNTED: Final = """
SELECT s.id, s.name, s.constitution_version AS version, s.updated_at, s.constitution_version AS seen,
  coalesce(a.total, 0) AS total, coalesce(a.undone, 0) AS undone
FROM systems s LEFT JOIN (SELECT system_id, count(*) AS total, count(rolled_back_at) AS undone FROM constitutional_amendments
  WHERE tenant_id = %(tenant)s GROUP BY system_id) a ON a.system_id = s.id
WHERE s.tenant_id = %(tenant)s {only}
"""
# hundreds of moments: as microseconds they are read sooner than with their zone
# those with the highest rate, and before them whoever is not counted to the end: it may be one of them
_HIGHEST: Final = """
WITH counted AS MATERIALIZED ({counted})
SELECT f.id, f.name, f.version, (extract(epoch FROM f.updated_at) * 1000000)::bigint, f.seen, f.total, f.undone, e.* FROM (
  SELECT * FROM counted ORDER BY version > seen DESC, coalesce(undone::float8 / nullif(total, 0), 0) DESC, total DESC,
    name COLLATE "C" LIMIT %(most)s::bigint + (SELECT count(*) FROM counted WHERE version > seen)) f
CROSS JOIN (SELECT count(*), sum(total), sum(undone) FROM counted) e
"""
_BY_DAY: Final = f"""
SELECT day, amendment_type, total, undone, NULL::uuid, NULL::int, NULL::int FROM amendment_days
WHERE tenant_id = %(tenant)s AND day >= %(first)s
UNION ALL SELECT NULL, NULL, NULL, NULL, s.id, coalesce(c.version, 1), s.constitution_version {_STALE}
"""  # noqa: S608
_MOVED: Final = """
SELECT v.system_id, (a.approved_at AT TIME ZONE 'UTC')::date AS day, a.amendment_type,
  count(*) FILTER (WHERE v.cause = 'amendment') AS total, count(*) FILTER (WHERE v.cause = 'rollback') AS undone
FROM unnest(%(systems)s::uuid[], %(seen)s::int[], %(upto)s::int[]) w (system_id, seen, upto)
JOIN system_versions v ON v.tenant_id = %(tenant)s AND v.system_id = w.system_id AND v.number > w.seen AND v.number <= w.upto
JOIN constitutional_amendments a ON a.tenant_id = %(tenant)s AND a.id = v.amendment_id
GROUP BY 1, 2, 3
"""
_ADD: Final = f"""
WITH moved AS MATERIALIZED ({_MOVED}),
by_day AS (
  INSERT INTO amendment_days AS d (id, tenant_id, day, amendment_type, total, undone)
  SELECT gen_random_uuid(), %(tenant)s, day, amendment_type, sum(total), sum(undone) FROM moved GROUP BY day, amendment_type
  ON CONFLICT (tenant_id, day, amendment_type) DO UPDATE
    SET total = d.total + EXCLUDED.total, undone = d.undone + EXCLUDED.undone)
INSERT INTO amendment_counts AS c (id, tenant_id, system_id, version, total, undone)
SELECT gen_random_uuid(), %(tenant)s, w.system_id, w.upto, coalesce(sum(m.total), 0), coalesce(sum(m.undone), 0)
FROM unnest(%(systems)s::uuid[], %(upto)s::int[]) w (system_id, upto) LEFT JOIN moved m USING (system_id)
GROUP BY w.system_id, w.upto
ON CONFLICT (tenant_id, system_id) DO UPDATE
  SET version = EXCLUDED.version, total = c.total + EXCLUDED.total, undone = c.undone + EXCLUDED.undone
"""  # noqa: S608


# the covering index answers: the wide rows are not touched
_SINCE: Final = """
SELECT s.name, f.total, f.every FROM (
  SELECT system_id, count(*) AS total, sum(count(*)) OVER () AS every FROM constitutional_amendments
  WHERE tenant_id = %(tenant)s AND approved_at >= %(first)s::timestamp AT TIME ZONE 'UTC' {only}
  GROUP BY system_id ORDER BY 2 DESC, 1 LIMIT %(most)s) f
JOIN systems s ON s.tenant_id = %(tenant)s AND s.id = f.system_id ORDER BY f.total DESC, s.name
"""
_OF_ONE: Final = "AND system_id = (SELECT id FROM systems WHERE tenant_id = %(tenant)s AND name = %(system)s)"


@dataclass(frozen=True, slots=True)
class Since:
    """How many amendments were applied since a day, and how many of them to the systems with the most."""

    total: int
    by_system: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SystemCount:
    """One system's applied amendments, and how many of them were rolled back."""

    name: str
    version: int
    updated_at: datetime
    total: int
    undone: int


@dataclass(frozen=True, slots=True)
class SystemCounts:
    """Some systems' (`lines`), how many systems there are, and what all of them come to."""

    lines: list[SystemCount]
    systems: int
    total: int
    undone: int


@dataclass(frozen=True, slots=True)
class DayCount:
    """The same of one UTC day and type."""

    day: date
    type: str
    total: int
    undone: int


@dataclass(frozen=True, slots=True)
class _Stale:
    """A system that is counted up to `seen` and stands at `upto`."""

    system_id: UUID
    seen: int
    upto: int


def fold(*, scope: Scope) -> int:
    """Count what is not counted yet; returns how many systems moved. Runs twice, or twice at once, without harm."""
    moved = 0
    for _ in range(MOST_BATCHES):
        with in_tenant(scope.tenant_id, durable=True), connection.cursor() as cursor:
            found = _step(cursor, scope.tenant_id)
        moved += found
        if not found:
            break
    return moved


def by_system(*, scope: Scope, system: str = "", most: int | None = None, is_exact: bool = False) -> SystemCounts:
    """Since each system's registration; `most` of them, the highest rate first. Inside the tenant's transaction; a second query
    only where something is new. `is_exact` reads the amendments themselves; both give the same.
    """
    with connection.cursor() as cursor:
        counted = (_COUNTED if is_exact else _ROLLED).format(only="AND s.name = %(system)s" if system else "")
        text = _HIGHEST.format(counted=counted)
        cursor.execute(text, {"tenant": scope.tenant_id, "system": system, "most": most})
        rows = cursor.fetchall()
        moved = _moved(cursor, scope.tenant_id, [_Stale(row[0], row[4], row[2]) for row in rows if row[2] > row[4]])
    more: dict[UUID, tuple[int, int]] = {}
    for system_id, _, _, total, undone in moved:
        before = more.get(system_id, (0, 0))
        more[system_id] = (before[0] + total, before[1] + undone)
    new = [sum(one[side] for one in more.values()) for side in (0, 1)]
    lines = [
        SystemCount(
            name,
            version,
            _EPOCH + timedelta(microseconds=at),
            total + more.get(id, (0, 0))[0],
            undone + more.get(id, (0, 0))[1],
        )
        for id, name, version, at, _, total, undone, *_ in rows
    ]
    lines.sort(key=lambda one: (-(one.undone / one.total if one.total else 0), -one.total, one.name))
    systems, total, undone = rows[0][7:] if rows else (0, 0, 0)
    return SystemCounts(lines[:most], systems, int(total) + new[0], int(undone) + new[1])


def by_day(*, scope: Scope, first: date) -> list[DayCount]:
    """From a day on; a day and type may stand there twice. As `by_system` reads."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_DAY, {"tenant": scope.tenant_id, "first": first})
        rows = cursor.fetchall()
        moved = _moved(cursor, scope.tenant_id, [_Stale(*row[4:]) for row in rows if row[4]])
    kept = [DayCount(*row[:4]) for row in rows if row[0]]
    return kept + [DayCount(*row[1:]) for row in moved if row[1] >= first]


def since(*, scope: Scope, first: date, system: str = "", most: int) -> Since:
    """What was applied since a UTC day, if one is named to one system. Read from the amendments, in one query."""
    values: dict[str, Any] = {"tenant": scope.tenant_id, "first": first, "system": system, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE.format(only=_OF_ONE if system else ""), values)
        rows = cursor.fetchall()
    return Since(int(rows[0][2]) if rows else 0, {row[0]: row[1] for row in rows})


def _step(cursor: Any, tenant_id: UUID) -> int:
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"amendment counts:{tenant_id}"])
    if not cursor.fetchone()[0]:
        return 0
    cursor.execute(_NEXT, {"tenant": tenant_id})
    stale = [_Stale(*row) for row in cursor.fetchall()]
    if stale:
        cursor.execute(_ADD, _values(tenant_id, stale))
    return len(stale)


def _moved(cursor: Any, tenant_id: UUID, stale: Sequence[_Stale]) -> list[tuple[Any, ...]]:
    """By system, day and type what these are not counted for yet."""
    if not stale:
        return []
    cursor.execute(_MOVED, _values(tenant_id, stale))
    return list(cursor.fetchall())


def _values(tenant_id: UUID, stale: Iterable[_Stale]) -> dict[str, Any]:
    systems, seen, upto = zip(*((one.system_id, one.seen, one.upto) for one in stale), strict=True)
    return {"tenant": tenant_id, "systems": list(systems), "seen": list(seen), "upto": list(upto)}
