"""A call that was reported while its execution was away neither bars the way back nor survives the destruction; retention in days that
no calendar holds counts as far as there are dates.
"""

from django.db import migrations

FUNCTIONS = """
-- the contents come back from the line that has the digest, and must then be what the line says; a call that was reported since stays
CREATE OR REPLACE FUNCTION tars_restore(execution uuid, line text, at timestamptz) RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  tenant uuid := tars_here();
  away archived_rows;
  was jsonb;
  now jsonb;
BEGIN
  PERFORM 1 FROM executions e WHERE e.tenant_id = tenant AND e.id = execution FOR UPDATE;
  SELECT * INTO away FROM archived_rows a WHERE a.tenant_id = tenant AND a.execution_id = execution
    AND a.restored_at IS NULL AND a.pruned_at IS NULL FOR UPDATE;
  IF away.id IS NULL OR tars_text_digest(line) <> away.digest THEN
    RAISE EXCEPTION 'tars_moved: this is not what was archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
  was := line::jsonb;
  UPDATE archived_rows a SET restored_at = at WHERE a.tenant_id = tenant AND a.id = away.id;
  UPDATE executions e SET lifecycle_state = 'HOT', archived_at = NULL, last_accessed_at = greatest(e.last_accessed_at, at),
      user_request = o.user_request, request_embedding = o.request_embedding, embedding_model = o.embedding_model, route = o.route,
      steps = o.steps, input_data = o.input_data, output_data = o.output_data, error_message = o.error_message, governance_check = o.governance_check, user_feedback = o.user_feedback,
      suggested_improvements = o.suggested_improvements, dispute = o.dispute
    FROM jsonb_populate_record(NULL::executions, was -> 'execution') o WHERE e.tenant_id = tenant AND e.id = execution;
  UPDATE execution_requests r SET user_request = o.user_request, request_embedding = o.request_embedding, route = o.route, steps = o.steps,
      embedding_model = o.embedding_model, input_data = o.input_data, answer = o.answer, progress_note = o.progress_note, governance_check = o.governance_check
    FROM jsonb_populate_record(NULL::execution_requests, was -> 'request') o WHERE r.tenant_id = tenant AND r.id = execution;
  UPDATE mcp_telemetry_log t SET input_data = o.input_data, error_message = o.error_message
    FROM jsonb_populate_recordset(NULL::mcp_telemetry_log, was -> 'tool_calls') o
    WHERE t.tenant_id = tenant AND t.execution_id = execution AND t.id = o.id AND (o.input_data IS NOT NULL OR o.error_message IS NOT NULL);
  now := tars_archive_line(tenant, execution)::jsonb;
  IF EXISTS (SELECT 1 FROM jsonb_each(was -> 'execution') o WHERE now -> 'execution' -> o.key IS DISTINCT FROM o.value)
     OR (was -> 'request' <> 'null' AND EXISTS (SELECT 1 FROM jsonb_each(was -> 'request') o
       WHERE now -> 'request' -> o.key IS DISTINCT FROM o.value))
     OR EXISTS (SELECT 1 FROM jsonb_array_elements(was -> 'tool_calls') o CROSS JOIN jsonb_each(o) k
       LEFT JOIN jsonb_array_elements(now -> 'tool_calls') n ON n -> 'id' = o -> 'id'
       WHERE n -> k.key IS DISTINCT FROM k.value) THEN
    RAISE EXCEPTION 'tars_moved: what came back is not what was archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN away.id;
END $$;

-- until when something archived is kept: the longer of the tenant's years and the constitution's days, as far as there are dates
CREATE OR REPLACE FUNCTION tars_kept_until(archived_at timestamptz, years integer, constitution jsonb) RETURNS timestamptz LANGUAGE sql STABLE
  SET search_path = pg_catalog, public AS $$
  SELECT greatest(archived_at + make_interval(years => years), (
    SELECT max(archived_at + least(greatest(d.days::text::numeric, 0), 1000000)::double precision * interval '1 day')
    FROM (VALUES (constitution -> 'retention_period_days'), (constitution -> 'retention' -> 'period_days')) AS d (days)
    WHERE jsonb_typeof(d.days) = 'number')) $$;

CREATE OR REPLACE FUNCTION tars_prune(ids uuid[], at timestamptz) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  tenant uuid := tars_here();
  years integer;
  found integer;
BEGIN
  -- who places a hold or changes the retention holds this lock too
  SELECT retention_years INTO years FROM tenants t WHERE t.id = tenant FOR NO KEY UPDATE;
  PERFORM 1 FROM executions e WHERE e.tenant_id = tenant AND e.id = ANY(ids) ORDER BY e.id FOR UPDATE;
  SELECT count(*) INTO found FROM archived_rows a JOIN executions e ON e.tenant_id = tenant AND e.id = a.execution_id
    LEFT JOIN systems s ON s.tenant_id = tenant AND s.id = e.system_id
    WHERE a.tenant_id = tenant AND a.execution_id = ANY(ids) AND a.restored_at IS NULL AND a.pruned_at IS NULL
      AND e.lifecycle_state = 'ARCHIVED' AND tars_kept_until(a.archived_at, years, s.constitution) <= at
      AND NOT tars_is_held(tenant, e.system_id, e.id);
  IF found <> cardinality(ids) THEN
    RAISE EXCEPTION 'tars_held: something of this is not due, or is on hold' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE archived_rows a SET pruned_at = at
    WHERE a.tenant_id = tenant AND a.execution_id = ANY(ids) AND a.restored_at IS NULL AND a.pruned_at IS NULL;
  UPDATE executions e SET lifecycle_state = 'PRUNED', user_request = 'Destroyed', request_embedding = NULL, steps = '[]', governance_check = '{}'
    WHERE e.tenant_id = tenant AND e.id = ANY(ids);
  UPDATE execution_requests r SET user_request = 'Destroyed', request_embedding = NULL, steps = '[]', governance_check = '{}', session = ''
    WHERE r.tenant_id = tenant AND r.id = ANY(ids);
  -- a call that was reported while its execution was away
  UPDATE mcp_telemetry_log t SET input_data = NULL, error_message = NULL
    WHERE t.tenant_id = tenant AND t.execution_id = ANY(ids) AND (t.input_data IS NOT NULL OR t.error_message IS NOT NULL);
  RETURN found;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0006_ageing_walls")]

    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
