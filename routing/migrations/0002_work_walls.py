"""Row security, composite references and kept rows for what 0001 made; the look-up of what is due."""

from django.db import migrations

from governance import rls

WALLED = [
    "connector_secrets",
    "connectors",
    "due_requests",
    "execution_requests",
    "executions",
    "mcp_telemetry_log",
    "pinned_tools",
    "receipts",
    "routing_rules",
]

REFERENCES = [
    ("due_requests", "id", "execution_requests"),
    ("connector_secrets", "connector_id", "connectors"),
    ("connectors", "system_id", "systems"),
    ("execution_requests", "parent_id", "execution_requests"),
    ("execution_requests", "system_id", "systems"),
    ("execution_requests", "question_id", "approval_requests"),
    ("execution_requests", "hold_id", "reservations"),
    ("executions", "system_id", "systems"),
    ("pinned_tools", "connector_id", "connectors"),
    ("receipts", "execution_id", "executions"),
    ("routing_rules", "recommended_system_id", "systems"),
]

FUNCTIONS = """
-- the runner claims before it knows a tenant: this gives ids and nothing else, and takes one row at a time from nobody
CREATE POLICY runner ON due_requests TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE FUNCTION tars_claim_due(runner text, at timestamptz, lease interval, most integer)
  RETURNS TABLE (tenant_id uuid, id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE due_requests d SET leased_by = $1, leased_until = $2 + $3, claims = d.claims + 1
  WHERE d.id IN (
    SELECT q.id FROM due_requests q JOIN tenants t ON t.id = q.tenant_id
    WHERE q.due_at <= $2 AND (q.leased_until IS NULL OR q.leased_until <= $2) AND t.is_active
    ORDER BY q.due_at, q.id LIMIT $4 FOR UPDATE OF q SKIP LOCKED)
  RETURNING d.tenant_id, d.id $$;
-- how much is due and nobody has, since when, and how much somebody has: for health, and for the runner's pause
CREATE FUNCTION tars_due(at timestamptz) RETURNS TABLE (waiting bigint, oldest timestamptz, next timestamptz, working bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT count(*) FILTER (WHERE greatest(due_at, leased_until) <= $1), min(due_at) FILTER (WHERE greatest(due_at, leased_until) <= $1),
    min(greatest(due_at, leased_until)), count(*) FILTER (WHERE leased_until > $1)
  FROM due_requests $$;

-- Only the owner makes an index. This makes, keeps or drops the one of the current tenant and of a model: a graph over active rules, asked
-- with both as constants. It says whether there is one afterwards. Writers of routing_rules wait while it is built.
CREATE FUNCTION tars_keep_routing_index(model text, dimensions integer, bound integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  tenant uuid := NULLIF(current_setting('app.tenant_id', true), '')::uuid;
  stem text := 'routing_near_' || replace(tenant::text, '-', '');
  own text := stem || '_' || left(md5(model || dimensions), 8);
  there boolean;
  active bigint;
  other text;
BEGIN
  IF tenant IS NULL THEN RAISE EXCEPTION 'no tenant is set'; END IF;
  FOR other IN SELECT indexname FROM pg_indexes
    WHERE schemaname = 'public' AND tablename = 'routing_rules' AND starts_with(indexname, stem) AND indexname <> own
  LOOP EXECUTE format('DROP INDEX public.%I', other); END LOOP;
  there := to_regclass(format('public.%I', own)) IS NOT NULL;
  SELECT count(*) INTO active FROM routing_rules WHERE tenant_id = tenant AND embedding_model = model AND is_active;
  IF there AND active * 2 < bound THEN
    EXECUTE format('DROP INDEX public.%I', own);
    RETURN 0;
  END IF;
  IF NOT there AND active >= bound AND dimensions BETWEEN 1 AND 2000 THEN
    EXECUTE format('CREATE INDEX %I ON routing_rules USING hnsw ((request_embedding::vector(%s)) vector_cosine_ops) '
      'WHERE tenant_id = %L::uuid AND embedding_model = %L AND is_active', own, dimensions, tenant, model);
    EXECUTE 'ANALYZE routing_rules';
    RETURN 1;
  END IF;
  RETURN there::integer;
END $$;

CREATE TRIGGER execution_requests_keep BEFORE UPDATE ON execution_requests FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('action', 'stage', 'system_id', 'attempt', 'tried', 'routing_path', 'route', 'governance_check', 'steps', 'embedding_model',
    'request_embedding', 'verdict_id', 'approval_digest', 'question_id', 'hold_id', 'answer', 'progress', 'progress_note',
    'is_cancel_wanted', 'has_parts', 'deadline_at', 'called_at', 'updated_at', 'finished_at');
-- duration_ms is generated from two that are kept; before the row is written it is not there yet
CREATE TRIGGER executions_keep BEFORE UPDATE ON executions FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('user_satisfaction', 'user_feedback', 'should_retry_with_different_path', 'suggested_improvements', 'rated_by', 'rated_at',
    'disputed_by', 'disputed_at', 'dispute', 'lifecycle_state', 'last_accessed_at', 'access_count',
    'duration_ms');
CREATE TRIGGER receipts_keep BEFORE UPDATE ON receipts FOR EACH ROW EXECUTE FUNCTION tars_keeps('sealed_in', 'leaf');
CREATE TRIGGER connector_secrets_keep BEFORE UPDATE ON connector_secrets FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('retired_at', 'sealed');
CREATE TRIGGER pinned_tools_keep BEFORE UPDATE ON pinned_tools FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('state', 'decided_at', 'decided_by');
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_work"), ("billing", "0003_money_walls")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in ("connectors", "execution_requests", "executions")),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        rls.AppendOnly("mcp_telemetry_log"),
        *(
            rls.KeepRows(table)
            for table in (
                "connector_secrets",
                "connectors",
                "execution_requests",
                "executions",
                "pinned_tools",
                "receipts",
                "routing_rules",
            )
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
