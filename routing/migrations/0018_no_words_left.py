"""What the rules were asked about an execution goes with it: of a verdict's question its digest stays, so that its signature holds.

Notices and mails, which repeat words of requests, are dropped by age; not while everything is on hold. Moving a row asks what was moved
of it before: there is an index for that now.
"""

from django.db import migrations, models

FUNCTIONS = """
-- what is left of a question that is destroyed: the digest that the verdict's statement names (governance/rulebook/question.py)
CREATE FUNCTION tars_gone(question bytea) RETURNS bytea LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT convert_to('{"destroyed":true,"digest":"sha256:' || encode(sha256(question), 'hex') || '"}', 'UTF8') $$;

-- a verdict is written once; the owner, for pruning, may put a question's digest in its place and nothing else
CREATE FUNCTION tars_verdict_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE free text[] := ARRAY['sealed_in', 'question'];
BEGIN
  IF (to_jsonb(NEW) - free) <> (to_jsonb(OLD) - free)
     OR (NEW.question <> OLD.question AND NOT (tars_is_owner(TG_RELID) AND NEW.question = tars_gone(OLD.question))) THEN
    RAISE EXCEPTION 'tars_append_only: of % only sealed_in ever change', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER verdicts_keep ON verdicts;
CREATE TRIGGER verdicts_keep BEFORE UPDATE ON verdicts FOR EACH ROW EXECUTE FUNCTION tars_verdict_keeps();

-- the verdicts of executions: the last one by its id; where there were more, those of its systems and its time that were asked its words
CREATE FUNCTION tars_verdicts_of(tenant uuid, ids uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = pg_catalog, public AS $$
  SELECT unnest(ARRAY[e.verdict_id, r.verdict_id]) FROM executions e
  LEFT JOIN execution_requests r ON r.tenant_id = $1 AND r.id = e.id WHERE e.tenant_id = $1 AND e.id = ANY($2)
  UNION
  SELECT v.id FROM executions e JOIN execution_requests r ON r.tenant_id = $1 AND r.id = e.id
  CROSS JOIN LATERAL (SELECT v.id FROM verdicts v
    WHERE v.tenant_id = $1 AND v.system_id = ANY(r.tried || e.routing_path || e.system_id)
      AND v.at BETWEEN r.created_at AND r.finished_at
      AND left(convert_from(v.question, 'UTF8')::jsonb #>> '{facts,request,text}', 200) = left(r.user_request, 200)) v
  WHERE e.tenant_id = $1 AND e.id = ANY($2) AND (r.attempt > 1 OR r.question_id IS NOT NULL OR cardinality(r.tried || e.routing_path) > 1) $$;

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
  UPDATE verdicts v SET question = tars_gone(v.question)
    WHERE v.tenant_id = tenant AND v.id IN (SELECT tars_verdicts_of(tenant, ids))
      AND NOT (convert_from(v.question, 'UTF8')::jsonb ? 'destroyed');
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

-- a call that is reported when its execution is destroyed counts, and says nothing; who destroys and who reports wait for each other
CREATE FUNCTION tars_call_of_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
  SELECT e.lifecycle_state INTO state FROM executions e WHERE e.tenant_id = NEW.tenant_id AND e.id = NEW.execution_id FOR KEY SHARE;
  IF state = 'PRUNED' THEN
    NEW.input_data := NULL;
    NEW.error_message := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER mcp_telemetry_log_of_destroyed BEFORE INSERT ON mcp_telemetry_log FOR EACH ROW
  WHEN (NEW.execution_id IS NOT NULL AND (NEW.input_data IS NOT NULL OR NEW.error_message IS NOT NULL))
  EXECUTE FUNCTION tars_call_of_destroyed();
"""
DROPPED = ("notices", "outbox_mails")


class Migration(migrations.Migration):
    dependencies = [("routing", "0011_system_stones"), ("governance", "0009_systems_archived")]

    operations = [
        migrations.AddIndex(
            "archivedrow", models.Index(fields=["tenant", "execution"], name="archived_rows_of_execution")
        ),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_on_hold BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION tars_stays_on_hold()",
                migrations.RunSQL.noop,
            )
            for table in DROPPED
        ),
    ]
