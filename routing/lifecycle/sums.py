"""What is away, in groups that are kept equally long: counted before something is destroyed, or kept for longer or shorter.

The groups are sums (`ArchivedSum`): one for each system and night, however many executions went away in it. What a legal hold
on a single execution keeps is read from the holds, which people place one by one.
"""

from __future__ import annotations

from typing import Final

NOBODY: Final = "'00000000-0000-0000-0000-000000000000'"
"""Stands for no system where two are compared."""

# `tars_kept_until` once for each group would be most of the time; here it is, once for each system. A test compares the two.
_GROUPS: Final = """
rules AS MATERIALIZED (
  SELECT s.id, (SELECT max(least(greatest(d.days::text::numeric, 0), 1000000)::double precision * interval '1 day')
    FROM (VALUES (s.constitution -> 'retention_period_days'), (s.constitution -> 'retention' -> 'period_days')) AS d (days)
    WHERE jsonb_typeof(d.days) = 'number') AS days,
    tars_is_held(%(tenant)s, s.id, NULL) AS is_held
  FROM systems s WHERE s.tenant_id = %(tenant)s),
years AS MATERIALIZED (
  SELECT retention_years AS was, tars_is_held(%(tenant)s, NULL, NULL) AS all_held FROM tenants WHERE id = %(tenant)s),
single AS MATERIALIZED (
  SELECT e.system_id, a.archived_at, count(*) AS held FROM archived_rows a
  JOIN executions e ON e.tenant_id = %(tenant)s AND e.id = a.execution_id
  WHERE a.tenant_id = %(tenant)s AND a.restored_at IS NULL AND a.pruned_at IS NULL AND a.execution_id IN (
    SELECT execution_id FROM legal_holds WHERE tenant_id = %(tenant)s AND released_at IS NULL AND kind = 'execution')
  GROUP BY 1, 2),
groups AS MATERIALIZED (
  SELECT g.system_id, g.archived_at, g.away,
    CASE WHEN y.all_held OR r.is_held THEN g.away ELSE coalesce(s.held, 0) END AS held,
    greatest(g.archived_at + make_interval(years => y.was), g.archived_at + r.days) AS was,
    greatest(g.archived_at + make_interval(years => {years}), g.archived_at + r.days) AS will
  FROM archived_sums g CROSS JOIN years y LEFT JOIN rules r ON r.id = g.system_id
  LEFT JOIN single s ON s.archived_at = g.archived_at
    AND coalesce(s.system_id, {nobody}) = coalesce(g.system_id, {nobody})
  WHERE g.tenant_id = %(tenant)s AND g.away > 0)
"""


def groups(*, years: str = "y.was") -> str:
    """CTEs of a statement: `groups` with `away`, `held` of them, `was`: until when they are kept, `will`: with these years."""
    return _GROUPS.format(years=years, nobody=NOBODY)
