"""What lies beside the executions on the figures page: amendments, and the money that executions held and spent.

Amendments: one for fifty executions, over 1,000 systems of one tenant and two years, one in 33 rolled back. Money: one tenant's
part of the executions (a twentieth), each with its hold, two lines and two movements; dollars and tokens by hour, day, week and
month. Both come as the superuser with triggers and references off: only number and spread matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tarsweb.home import Home
from tests.bench.database import raw

SYSTEMS, PER_AMENDMENT, DAYS = 1_000, 50, 730
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

RATES = """
SELECT s.name, total, undone, round(100.0 * undone / nullif(total, 0), 2)
FROM amendment_counts c JOIN systems s ON s.id = c.system_id WHERE c.tenant_id = %(tenant)s ORDER BY 4 DESC
"""
WEEKS = "SELECT day, amendment_type, total, undone FROM amendment_days WHERE tenant_id = %(tenant)s AND day >= %(far)s"
RECENT = """
SELECT s.name as system_name, ca.amendment_type, ca.approved_by, ca.approved_at, ca.diff->'field_name'->>'new' as new_value
FROM constitutional_amendments ca JOIN systems s ON ca.system_id = s.id
WHERE ca.tenant_id = %(tenant)s AND ca.approved_at >= %(first)s ORDER BY ca.approved_at DESC LIMIT 50
"""
BUDGETS = """
SELECT resource_type, window_type, total_budget, used, reserved, available, round(100.0 * (used + reserved) / total_budget, 2)
FROM resources WHERE tenant_id = %(tenant)s AND window_start <= %(at)s AND window_end > %(at)s ORDER BY 7 DESC
"""

_SYSTEMS = """
INSERT INTO systems (id, tenant_id, name, type, description, version, capabilities, constitution, constitution_version,
  depends_on, reverse_dependencies)
SELECT gen_random_uuid(), %(tenant)s, 'system-' || n, 'agent', '', '1.0.0', '{}', '{}', 1, '{}', '{}'
FROM generate_series(1, %(systems)s) n
"""
_AMENDMENTS = """
WITH s AS (SELECT id, name, row_number() OVER (ORDER BY name) - 1 AS place FROM systems WHERE tenant_id = %(tenant)s)
INSERT INTO constitutional_amendments (id, tenant_id, number, proposal_id, system_id, system_name, amendment_type, basis, effect,
  sentence, old_constitution, new_constitution, diff, evidence, base_version, new_version, old_digest, new_digest, bound, digest,
  proposed_by, approved_by, approved_at, can_rollback, rolled_back_at)
SELECT gen_random_uuid(), %(tenant)s, n, gen_random_uuid(), s.id, s.name,
  (ARRAY['dream_promotion','manual_update','governance_tightening','capability_expansion'])[1 + n %% 4], 'ordinary', 'neutral',
  'Fallback delay falls.', '{"fallback_delay_ms": 500}', '{"fallback_delay_ms": 200}',
  '{"fallback_delay_ms": {"old": 500, "new": 200, "change": -300}}', '{"reason": "bench"}', n, n + 1, 'a', 'b', '', 'c',
  'bo@example.org', 'cy@example.org',
  %(at)s::timestamptz - make_interval(secs => (n::float8 * 0.6180339887 - floor(n::float8 * 0.6180339887)) * %(days)s * 86400),
  true, CASE WHEN n %% 33 = 0 THEN %(at)s::timestamptz END
FROM generate_series(%(start)s + 1, %(end)s) n JOIN s ON s.place = n %% %(systems)s
"""
_VERSIONS = """
WITH events AS (
  SELECT id, system_id, number, cause FROM constitutional_amendments CROSS JOIN (VALUES ('amendment'), ('rollback')) v (cause)
  WHERE tenant_id = %(tenant)s AND number > %(start)s AND (cause = 'amendment' OR rolled_back_at IS NOT NULL))
INSERT INTO system_versions (id, tenant_id, system_id, number, canonical, digest, cause, amendment_id, at, by)
SELECT gen_random_uuid(), %(tenant)s, e.system_id,
  s.constitution_version + row_number() OVER (PARTITION BY e.system_id ORDER BY e.number, e.cause), '{}', 'a', e.cause, e.id,
  %(at)s, 'bench'
FROM events e JOIN systems s ON s.id = e.system_id
"""
_STAND = """
UPDATE systems s SET constitution_version = v.last FROM (
  SELECT system_id, max(number) AS last FROM system_versions WHERE tenant_id = %(tenant)s GROUP BY system_id) v
WHERE s.tenant_id = %(tenant)s AND s.id = v.system_id
"""
_WINDOWS = """
INSERT INTO resources (id, tenant_id, resource_type, window_type, window_start, window_end, total_budget, used, reserved)
SELECT gen_random_uuid(), %(tenant)s, t, w, at, at + step, 1000000, 400000 + (random() * 500000)::int, 100
FROM (VALUES ('usd_budget'), ('llm_tokens')) types (t)
CROSS JOIN (VALUES ('hourly', interval '1 hour'), ('daily', interval '1 day'), ('weekly', interval '1 week'),
  ('monthly', interval '1 month')) windows (w, step)
CROSS JOIN LATERAL generate_series(date_trunc(CASE w WHEN 'hourly' THEN 'hour' WHEN 'daily' THEN 'day' WHEN 'weekly' THEN 'week'
  ELSE 'month' END, %(at)s::timestamptz - interval '90 days', 'UTC'), %(at)s::timestamptz, step) at
ON CONFLICT DO NOTHING
"""
_PACES = """
INSERT INTO budget_paces (id, tenant_id, resource_id, slot, settled)
SELECT gen_random_uuid(), %(tenant)s, id, slot, 3000 FROM resources CROSS JOIN generate_series(0, 119) slot
WHERE tenant_id = %(tenant)s AND window_type <> 'hourly' ON CONFLICT DO NOTHING
"""
_HOLDS = """
INSERT INTO reservations (id, tenant_id, key, request_digest, system_id, subject_kind, purpose, state, amounts, actual, overshoot,
  is_priced, held_by, held_at, expires_at, closed_at, closed_by, closed_because)
SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(tenant)s, 'bench:' || n, 'a', %(system)s, 'execution',
  'payroll', 'settled', '{"usd_budget": "0.01"}', '{"usd_budget": "0.01"}', '{}', true, 'tars', at, at, at, 'tars', ''
FROM (SELECT n, %(at)s::timestamptz - make_interval(secs => (%(end)s - n)::float8 / %(end)s * 90 * 86400) AS at
  FROM generate_series(%(start)s + 1, %(end)s) n) f
"""
_LINES = """
INSERT INTO reservation_lines (id, tenant_id, reservation_id, resource_id, share_id, amount, settled)
SELECT gen_random_uuid(), %(tenant)s, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, r.id, r.id, 0.01, 0.01
FROM generate_series(%(start)s + 1, %(end)s) n CROSS JOIN (
  SELECT id FROM resources WHERE tenant_id = %(tenant)s AND window_end > %(at)s AND window_type IN ('daily', 'monthly')
    AND resource_type = 'usd_budget') r
"""
_MOVES = """
INSERT INTO budget_moves (id, tenant_id, kind, reservation_id, at, statement, digest, signer, signature, sealed_in)
SELECT gen_random_uuid(), %(tenant)s, kind, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, %(at)s,
  decode(repeat('7b', 200), 'hex'), 'sha256:' || n, 'bench', decode(repeat('00', 64), 'hex'),
  CASE WHEN n <= %(end)s - 100 THEN n / 100 END
FROM generate_series(%(start)s + 1, %(end)s) n CROSS JOIN (VALUES ('reserve'), ('settle')) v (kind)
"""


def load_amendments(home: Home, tenant: UUID, start: int, end: int) -> None:
    """Those of the executions from `start` to `end`."""
    values = {"tenant": tenant, "at": AT, "systems": SYSTEMS, "days": DAYS}
    values |= {"start": start // PER_AMENDMENT, "end": end // PER_AMENDMENT}
    steps = [*([] if start else [_SYSTEMS]), _AMENDMENTS, _VERSIONS, _STAND]
    _run(home, steps, values, "constitutional_amendments, system_versions, systems")


def load_money(home: Home, tenant: UUID, system: UUID, start: int, end: int) -> None:
    """Those of one tenant's executions from `start` to `end`."""
    values = {"tenant": tenant, "system": system, "at": AT, "start": start, "end": end}
    steps = [_WINDOWS, _PACES, _HOLDS, _LINES, "UPDATE budget_moves SET sealed_in = 0 WHERE sealed_in IS NULL", _MOVES]
    _run(home, steps, values, "resources, budget_paces, reservations, reservation_lines, budget_moves")


def cases(*, changing: Any, spending: Any) -> dict[str, tuple[Any, Callable[[], object], str]]:
    """By name: whose it is (a scope), what the page asks, and the bare query."""
    from billing.budgets.board import limits_now
    from governance.amendments import counting
    from routing.figures.span import last_days
    from tarsweb.overview import queries
    from tarsweb.overview.figures import MOST_BARS
    from tarsweb.overview.figures_view import MOST_AMENDMENTS
    from tarsweb.overview.queries import Window
    from tarsweb.overview.work_charts import MOST_ROWS

    first = last_days(30, at=AT).first

    def recent() -> object:
        rows = queries.applied(changing, Window(first=first))[:MOST_AMENDMENTS]
        return [queries.recent_of(row) for row in rows], counting.since(scope=changing, first=first, most=MOST_BARS)

    return {
        "rollback rate by system": (changing, lambda: queries.rollback_rates(changing, most=MOST_ROWS), RATES),
        "amendments by week, rollback rate over time": (changing, lambda: queries.days(changing, AT), WEEKS),
        "recent amendments": (changing, recent, RECENT),
        "budgets near their limit": (spending, lambda: limits_now(scope=spending, at=AT), BUDGETS),
    }


def _run(home: Home, steps: list[str], values: dict[str, Any], tables: str) -> None:
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        for step in steps:
            server.execute(step, {name: value for name, value in values.items() if f"%({name})s" in step})
        server.commit()
        server.autocommit = True
        server.execute(f"VACUUM (ANALYZE) {tables}")
