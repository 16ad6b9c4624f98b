"""A system that nobody used for a year, whose retention is over, becomes a stone: what it was is destroyed, that it was stays.

Only `tars_prune_systems` makes a stone, and nobody changes one afterwards.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION tars_system_stone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.lifecycle_state <> 'PRUNED' AND NEW.lifecycle_state <> 'PRUNED' THEN RETURN NEW; END IF;
  -- who depends on it may stop to
  IF (to_jsonb(NEW) - 'reverse_dependencies') <> (to_jsonb(OLD) - 'reverse_dependencies') AND NOT tars_is_owner(TG_RELID) THEN
    RAISE EXCEPTION 'tars_stone: a system is destroyed by pruning, and does not change afterwards' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER systems_stone BEFORE UPDATE ON systems FOR EACH ROW EXECUTE FUNCTION tars_system_stone();

-- all of a system that is destroyed, as one line: what a person confirms, and what the certificate names
CREATE FUNCTION tars_system_line(tenant uuid, wanted uuid) RETURNS text LANGUAGE sql STABLE
  SET search_path = pg_catalog, public SET timezone = 'UTC' SET bytea_output = 'hex' AS $$
  SELECT jsonb_build_object(
    'system', jsonb_build_object('id', s.id, 'name', s.name, 'constitution_version', s.constitution_version,
      'description', s.description, 'deployment_type', s.deployment_type, 'endpoint_url', s.endpoint_url,
      'documentation_url', s.documentation_url, 'github_repo', s.github_repo, 'depends_on', s.depends_on),
    'connector', (SELECT to_jsonb(c) FROM connectors c WHERE c.tenant_id = $1 AND c.system_id = $2),
    'secrets', coalesce((SELECT jsonb_agg(jsonb_build_array(x.name, x.version) ORDER BY x.id) FROM connector_secrets x
      JOIN connectors c ON c.tenant_id = $1 AND c.id = x.connector_id WHERE x.tenant_id = $1 AND c.system_id = $2), '[]'),
    'tools', coalesce((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM pinned_tools p
      JOIN connectors c ON c.tenant_id = $1 AND c.id = p.connector_id WHERE p.tenant_id = $1 AND c.system_id = $2), '[]'))::text
  FROM systems s WHERE s.tenant_id = $1 AND s.id = $2 $$;

-- why an archived system whose retention is over stays; empty: nothing keeps it
CREATE FUNCTION tars_system_stays(tenant uuid, wanted uuid) RETURNS text[] LANGUAGE sql STABLE
  SET search_path = pg_catalog, public AS $$
  SELECT array_remove(ARRAY[
    CASE WHEN s.status = 'active' THEN 'active' END,
    CASE WHEN tars_is_held($1, $2, NULL) THEN 'hold' END,
    CASE WHEN EXISTS (SELECT 1 FROM systems o WHERE o.tenant_id = $1 AND $2 = ANY (o.depends_on)) THEN 'needed' END,
    CASE WHEN EXISTS (SELECT 1 FROM executions e WHERE e.tenant_id = $1 AND e.system_id = $2 AND e.lifecycle_state <> 'PRUNED')
      OR EXISTS (SELECT 1 FROM execution_requests r WHERE r.tenant_id = $1 AND r.system_id = $2 AND r.stage <> 'done')
      THEN 'executions' END,
    CASE WHEN EXISTS (SELECT 1 FROM amendment_proposals p WHERE p.tenant_id = $1 AND p.system_id = $2
        AND p.state IN ('draft', 'proposed', 'changes_requested', 'approved', 'scheduled'))
      OR EXISTS (SELECT 1 FROM rollbacks b JOIN constitutional_amendments a ON a.tenant_id = $1 AND a.id = b.amendment_id
        WHERE b.tenant_id = $1 AND a.system_id = $2 AND b.state = 'waiting') THEN 'amendments' END], NULL)
  FROM systems s WHERE s.tenant_id = $1 AND s.id = $2 $$;

CREATE FUNCTION tars_prune_systems(ids uuid[], digests text[], at timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  tenant uuid := tars_here();
  years integer;
  found integer;
BEGIN
  -- who places a hold or changes the retention holds this lock too; who changes dependencies the second
  SELECT retention_years INTO years FROM tenants t WHERE t.id = tenant FOR NO KEY UPDATE;
  PERFORM pg_advisory_xact_lock(hashtextextended('tars_dependency' || tenant::text, 0));
  PERFORM 1 FROM systems s WHERE s.tenant_id = tenant AND s.id = ANY(ids) ORDER BY s.id FOR UPDATE;
  SELECT count(*) INTO found FROM unnest(ids, digests) AS w (id, digest) JOIN systems s ON s.tenant_id = tenant AND s.id = w.id
    WHERE s.lifecycle_state = 'ARCHIVED' AND s.name <> 'law' AND tars_kept_until(s.archived_at, years, s.constitution) <= at
      AND tars_system_stays(tenant, s.id) = '{}' AND tars_text_digest(tars_system_line(tenant, s.id)) = w.digest;
  IF found <> cardinality(ids) OR found <> cardinality(digests) THEN
    RAISE EXCEPTION 'tars_held: something of this is not due, is not what was shown, or stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM connector_secrets x USING connectors c
    WHERE x.tenant_id = tenant AND c.tenant_id = tenant AND c.id = x.connector_id AND c.system_id = ANY(ids);
  DELETE FROM pinned_tools p USING connectors c
    WHERE p.tenant_id = tenant AND c.tenant_id = tenant AND c.id = p.connector_id AND c.system_id = ANY(ids);
  DELETE FROM connectors c WHERE c.tenant_id = tenant AND c.system_id = ANY(ids);
  DELETE FROM next_vectors n WHERE n.tenant_id = tenant AND n.kind = 'system' AND n.subject_id = ANY(ids);
  UPDATE systems s SET lifecycle_state = 'PRUNED', status = 'archived', updated_at = at, description = '', depends_on = '{}',
      capabilities_embedding = NULL, capabilities_embedding_model = '', capabilities_embedding_version = NULL,
      deployment_type = NULL, endpoint_url = NULL, documentation_url = NULL, github_repo = NULL
    WHERE s.tenant_id = tenant AND s.id = ANY(ids);
  RETURN found;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0010_archives_checked")]

    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
