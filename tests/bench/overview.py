"""The overview's queries at 100,000 amendments against the seeds' bare SQL (seeds/000 and 004, Monitoring Queries)."""

from __future__ import annotations

from datetime import UTC, datetime

from tarsweb.home import Home
from tests.bench.database import raw
from tests.bench.measure import TOLD, Row, interleaved

AMENDMENTS = 100_000
SYSTEMS = 40
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

RECENT = """
SELECT s.name as system_name, ca.amendment_type, ca.approved_by, ca.approved_at, ca.diff->'field_name'->>'new' as new_value
FROM constitutional_amendments ca JOIN systems s ON ca.system_id = s.id
WHERE ca.tenant_id = %(tenant)s AND ca.approved_at >= %(at)s::timestamptz - INTERVAL '30 days'
ORDER BY ca.approved_at DESC LIMIT 50
"""
RATE = """
SELECT s.name as system_name, COUNT(*) as total_amendments,
  SUM(CASE WHEN ca.rolled_back_at IS NOT NULL THEN 1 ELSE 0 END) as rollbacks,
  ROUND(100.0 * SUM(CASE WHEN ca.rolled_back_at IS NOT NULL THEN 1 ELSE 0 END) / COUNT(*), 2) as rollback_rate
FROM constitutional_amendments ca JOIN systems s ON ca.system_id = s.id
WHERE ca.tenant_id = %(tenant)s GROUP BY s.name ORDER BY rollback_rate DESC
"""


def bench_overview(home: Home) -> list[Row]:
    from governance.scope import Role, Scope, tars_scope
    from governance.tenancy import in_tenant
    from tarsweb.overview import queries
    from tests import factories as make

    tenant = make.tenant(name="Large")
    scope = Scope(tenant_id=tenant.id, actor=tars_scope(tenant.id).actor, roles=frozenset({Role.OPERATOR}))
    _load(home, str(tenant.id))
    bare = raw(home)
    bare.execute("SELECT set_config('app.tenant_id', %s, false)", [str(tenant.id)])
    params = {"tenant": tenant.id, "at": AT}

    def seed(sql: str) -> object:
        return bare.execute(sql, params).fetchall()

    rows = []
    cases = (
        (
            "overview, recent amendments: time against the seed's SQL",
            lambda: list(queries.recent_amendments(scope, AT)),
            RECENT,
        ),
        ("overview, rollback rate: time against the seed's SQL", lambda: list(queries.rollback_rates(scope)), RATE),
    )
    for name, ours, sql in cases:
        with in_tenant(tenant.id):
            mine, peer, ratio = interleaved(ours, lambda sql=sql: seed(sql), rounds=7)  # type: ignore[misc]
        rows.append(
            Row(
                name,
                ratio,
                TOLD,
                f"{mine * 1000:.1f} ms against {peer * 1000:.1f} ms at {AMENDMENTS:,} amendments",
            )
        )
    bare.close()
    return rows


def _load(home: Home, tenant: str) -> None:
    """Bulk rows as the superuser with triggers off: only their number and spread matter here."""
    with raw(home, role="super") as server:
        server.execute("SET session_replication_role = replica")
        server.execute(
            "INSERT INTO systems (id, tenant_id, name, type, description, version, capabilities, constitution,"
            " constitution_version, depends_on, reverse_dependencies) SELECT gen_random_uuid(), %s::uuid, 'system-' || n,"
            " 'agent', '', '1.0.0', '{}', '{}', 1, '{}', '{}' FROM generate_series(1, %s) n",
            [tenant, SYSTEMS],
        )
        server.execute(
            """
            WITH s AS (
              SELECT id, name, row_number() OVER (ORDER BY name) - 1 AS place FROM systems
              WHERE tenant_id = %(tenant)s::uuid)
            INSERT INTO constitutional_amendments (id, tenant_id, number, proposal_id, system_id, system_name,
              amendment_type, basis, effect, sentence, old_constitution, new_constitution, diff, evidence, base_version,
              new_version, old_digest, new_digest, bound, digest, proposed_by, approved_by, approved_at, can_rollback,
              rolled_back_at)
            SELECT gen_random_uuid(), %(tenant)s::uuid, n, gen_random_uuid(), s.id, s.name,
              (ARRAY['dream_promotion','manual_update','governance_tightening','capability_expansion'])[1 + n %% 4], 'ordinary',
              'neutral', 'Fallback delay falls.', '{"fallback_delay_ms": 500}', '{"fallback_delay_ms": 200}',
              '{"fallback_delay_ms": {"old": 500, "new": 200, "change": -300}}', '{"reason": "bench"}', n, n + 1, 'a', 'b',
              '', 'c', 'bo@example.org', 'cy@example.org', %(at)s::timestamptz - (n %% 7000) * interval '1 hour', true,
              CASE WHEN n %% 33 = 0 THEN %(at)s::timestamptz END
            FROM generate_series(1, %(count)s) n JOIN s ON s.place = n %% %(systems)s
            """,
            {"tenant": tenant, "at": AT, "count": AMENDMENTS, "systems": SYSTEMS},
        )
        server.commit()
        server.autocommit = True
        server.execute("ANALYZE")
