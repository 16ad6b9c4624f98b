"""Row security, references and rights for what 0005 made; the only ways by which an execution's contents leave its row and come back.

An app process cannot empty a row by itself. `tars_archive` empties it in the transaction that names the file and the digest of every line,
and computes each line anew from the rows that it empties: what was written is what was there. `tars_restore` takes a line only by its
digest. `tars_prune` looks at retention and legal holds itself.
"""

from django.db import migrations

from governance import rls

WALLED = ["accesses", "archived_rows", "archives", "legal_holds"]

REFERENCES = [
    ("archived_rows", "archive_id", "archives"),
    ("archived_rows", "execution_id", "executions"),
    ("legal_holds", "system_id", "systems"),
    ("legal_holds", "execution_id", "executions"),
]

GUARDED = ["stored_files", "session_rules", "rule_sessions"]
"""Where rows are dropped by age: not while everything is on hold."""

FUNCTIONS = """
ALTER TABLE archived_rows ADD COLUMN moved_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE FUNCTION tars_is_owner(relation oid) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, public AS
  'SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = relation';

-- which execution is in which file is written by the functions below, which run as the owner, and by nobody else
CREATE FUNCTION tars_archived_row_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT tars_is_owner(TG_RELID) THEN
    RAISE EXCEPTION 'tars_gated: what is archived is written by archiving, restoring and pruning' USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.moved_in := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER archived_rows_check BEFORE INSERT OR UPDATE ON archived_rows FOR EACH ROW EXECUTE FUNCTION tars_archived_row_check();
CREATE TRIGGER archives_keep BEFORE UPDATE ON archives FOR EACH ROW EXECUTE FUNCTION tars_keeps('sequence', 'destroyed_at', 'destroyed_in');
CREATE TRIGGER legal_holds_keep BEFORE UPDATE ON legal_holds FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('released_at', 'released_by', 'released_because');

-- whether this transaction moves the execution's contents, as the owner
CREATE FUNCTION tars_moves(relation oid, tenant uuid, execution uuid) RETURNS boolean LANGUAGE sql STABLE
  SET search_path = pg_catalog, public AS $$
  SELECT tars_is_owner(relation) AND EXISTS (SELECT 1 FROM archived_rows a
    WHERE a.tenant_id = $2 AND a.execution_id = $3 AND a.moved_in = pg_current_xact_id()) $$;

-- as tars_keeps, until archiving, restoring or pruning moves the contents; only they change what is ARCHIVED or PRUNED
CREATE FUNCTION tars_execution_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moves boolean := (to_jsonb(NEW) - TG_ARGV) <> (to_jsonb(OLD) - TG_ARGV);
BEGIN
  IF NOT moves AND TG_TABLE_NAME = 'executions' THEN
    moves := NEW.lifecycle_state <> OLD.lifecycle_state
      AND (NEW.lifecycle_state IN ('ARCHIVED', 'PRUNED') OR OLD.lifecycle_state IN ('ARCHIVED', 'PRUNED'));
  END IF;
  IF moves AND (NEW.tenant_id <> OLD.tenant_id OR NEW.id <> OLD.id OR NOT tars_moves(TG_RELID, OLD.tenant_id, OLD.id)) THEN
    RAISE EXCEPTION 'tars_append_only: of % only % ever change', TG_TABLE_NAME, array_to_string(TG_ARGV, ', ')
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER executions_keep ON executions;
CREATE TRIGGER executions_keep BEFORE UPDATE ON executions FOR EACH ROW EXECUTE FUNCTION
  tars_execution_keeps('user_satisfaction', 'user_feedback', 'should_retry_with_different_path', 'suggested_improvements', 'rated_by',
    'rated_at', 'disputed_by', 'disputed_at', 'dispute', 'lifecycle_state', 'last_accessed_at', 'access_count', 'request_embedding',
    'embedding_model', 'duration_ms');
DROP TRIGGER execution_requests_keep ON execution_requests;
CREATE TRIGGER execution_requests_keep BEFORE UPDATE ON execution_requests FOR EACH ROW EXECUTE FUNCTION
  tars_execution_keeps('action', 'stage', 'system_id', 'attempt', 'tried', 'routing_path', 'route', 'governance_check', 'steps',
    'embedding_model', 'request_embedding', 'verdict_id', 'approval_digest', 'question_id', 'hold_id', 'answer', 'progress',
    'progress_note', 'is_cancel_wanted', 'has_parts', 'deadline_at', 'called_at', 'updated_at', 'finished_at');

-- a tool call is written once; its arguments and its error go where its execution goes
CREATE FUNCTION tars_tool_call_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved text[] := ARRAY['input_data', 'error_message'];
BEGIN
  IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) - moved) = (to_jsonb(OLD) - moved) AND tars_moves(TG_RELID, OLD.tenant_id, OLD.execution_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'tars_append_only: rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER mcp_telemetry_log_append_only ON mcp_telemetry_log;
CREATE TRIGGER mcp_telemetry_log_append_only BEFORE UPDATE OR DELETE ON mcp_telemetry_log FOR EACH ROW EXECUTE FUNCTION tars_tool_call_keeps();

-- an execution with all that goes with it, as one line of a file; how often it was opened is no content
CREATE FUNCTION tars_archive_line(tenant uuid, wanted uuid) RETURNS text LANGUAGE sql STABLE
  SET search_path = pg_catalog, public SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
  SELECT jsonb_build_object(
    'execution', to_jsonb(e) - ARRAY['lifecycle_state', 'last_accessed_at', 'access_count', 'archived_at', 'duration_ms'],
    'request', (SELECT to_jsonb(r) FROM execution_requests r WHERE r.tenant_id = $1 AND r.id = $2),
    'receipt', (SELECT to_jsonb(p) FROM receipts p WHERE p.tenant_id = $1 AND p.execution_id = $2),
    'tool_calls', coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM mcp_telemetry_log t
      WHERE t.tenant_id = $1 AND t.execution_id = $2), '[]'))::text
  FROM executions e WHERE e.tenant_id = $1 AND e.id = $2 $$;
CREATE FUNCTION tars_text_digest(line text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS
  $$ SELECT 'sha256:' || encode(sha256(convert_to(line, 'UTF8')), 'hex') $$;

CREATE FUNCTION tars_here() RETURNS uuid LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public AS $$
DECLARE tenant uuid := NULLIF(current_setting('app.tenant_id', true), '')::uuid;
BEGIN
  IF tenant IS NULL THEN RAISE EXCEPTION 'no tenant is set'; END IF;
  RETURN tenant;
END $$;

-- what is left of the contents when they are away: the beginning of the words, how it came in, and what filters ask for
CREATE FUNCTION tars_stub_steps(steps jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT CASE WHEN steps -> 0 IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(jsonb_build_object(
    'at', steps -> 0 -> 'at', 'step', steps -> 0 -> 'step', 'channel', steps -> 0 -> 'channel', 'sentence', '')) END $$;
CREATE FUNCTION tars_stub_check(said jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public AS $$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(said) WHERE key IN ('requires_approval', 'outcome') $$;

CREATE FUNCTION tars_archive(archive uuid, ids uuid[], digests text[], at timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE tenant uuid := tars_here();
BEGIN
  PERFORM 1 FROM executions e WHERE e.tenant_id = tenant AND e.id = ANY(ids) ORDER BY e.id FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM archives a WHERE a.tenant_id = tenant AND a.id = archive AND a.destroyed_at IS NULL
      AND a.rows = cardinality(ids) AND cardinality(ids) = cardinality(digests)) THEN
    RAISE EXCEPTION 'tars_moved: there is no such archive for these rows' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF EXISTS (
    SELECT 1 FROM unnest(ids, digests) AS w (id, digest) LEFT JOIN executions e ON e.tenant_id = tenant AND e.id = w.id
    LEFT JOIN execution_requests r ON r.tenant_id = tenant AND r.id = w.id
    WHERE e.id IS NULL OR e.lifecycle_state IN ('ARCHIVED', 'PRUNED') OR r.stage <> 'done'
      OR tars_text_digest(tars_archive_line(tenant, w.id)) IS DISTINCT FROM w.digest) THEN
    RAISE EXCEPTION 'tars_moved: what was written is not what is there' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO archived_rows (id, tenant_id, archive_id, execution_id, digest, bytes, archived_at)
    SELECT gen_random_uuid(), tenant, archive, w.id, w.digest, octet_length(tars_archive_line(tenant, w.id)), at
    FROM unnest(ids, digests) AS w (id, digest);
  UPDATE executions e SET lifecycle_state = 'ARCHIVED', archived_at = at, user_request = left(e.user_request, 200), request_embedding = NULL,
      route = NULL, steps = tars_stub_steps(e.steps), input_data = NULL, output_data = NULL, error_message = NULL,
      governance_check = tars_stub_check(e.governance_check), user_feedback = NULL, suggested_improvements = NULL, dispute = ''
    WHERE e.tenant_id = tenant AND e.id = ANY(ids);
  UPDATE execution_requests r SET user_request = left(r.user_request, 200), request_embedding = NULL, route = NULL,
      steps = tars_stub_steps(r.steps), input_data = NULL, answer = NULL, progress_note = '',
      governance_check = tars_stub_check(r.governance_check)
    WHERE r.tenant_id = tenant AND r.id = ANY(ids);
  UPDATE mcp_telemetry_log t SET input_data = NULL, error_message = NULL
    WHERE t.tenant_id = tenant AND t.execution_id = ANY(ids) AND (t.input_data IS NOT NULL OR t.error_message IS NOT NULL);
  RETURN cardinality(ids);
END $$;

-- the contents come back from the line that has the digest, and must then be what the line says
CREATE FUNCTION tars_restore(execution uuid, line text, at timestamptz) RETURNS uuid
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
     OR now -> 'tool_calls' IS DISTINCT FROM was -> 'tool_calls' THEN
    RAISE EXCEPTION 'tars_moved: what came back is not what was archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN away.id;
END $$;

-- until when something archived is kept: the longer of the tenant's years and the constitution's days
CREATE FUNCTION tars_kept_until(archived_at timestamptz, years integer, constitution jsonb) RETURNS timestamptz LANGUAGE sql STABLE
  SET search_path = pg_catalog, public AS $$
  SELECT greatest(archived_at + make_interval(years => years), (
    SELECT max(archived_at + (d.days::text::numeric)::double precision * interval '1 day')
    FROM (VALUES (constitution -> 'retention_period_days'), (constitution -> 'retention' -> 'period_days')) AS d (days)
    WHERE jsonb_typeof(d.days) = 'number')) $$;

CREATE FUNCTION tars_is_held(tenant uuid, system uuid, execution uuid) RETURNS boolean LANGUAGE sql STABLE
  SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM legal_holds h WHERE h.tenant_id = $1 AND h.released_at IS NULL
    AND (h.kind = 'tenant' OR h.system_id = $2 OR h.execution_id = $3)) $$;

CREATE FUNCTION tars_prune(ids uuid[], at timestamptz) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
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
  RETURN found;
END $$;

-- what stays of a file that is destroyed stands in another one, line for line
CREATE FUNCTION tars_rewrite(was uuid, archive uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  tenant uuid := tars_here();
  moved integer;
BEGIN
  UPDATE archived_rows a SET archive_id = archive
    WHERE a.tenant_id = tenant AND a.archive_id = was AND a.restored_at IS NULL AND a.pruned_at IS NULL;
  GET DIAGNOSTICS moved = ROW_COUNT;
  IF moved <> (SELECT a.rows FROM archives a WHERE a.tenant_id = tenant AND a.id = archive) THEN
    RAISE EXCEPTION 'tars_moved: the new file does not hold what the old one held' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN moved;
END $$;

-- nothing is dropped by age while everything is on hold
CREATE FUNCTION tars_stays_on_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF tars_is_held(OLD.tenant_id, NULL, NULL) THEN RETURN NULL; END IF;
  RETURN OLD;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_ageing"), ("governance", "0009_systems_archived")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in ("archives",)),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        *(rls.KeepRows(table) for table in ("archived_rows", "archives", "legal_holds")),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_on_hold BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION tars_stays_on_hold()",
                migrations.RunSQL.noop,
            )
            for table in GUARDED
        ),
    ]
