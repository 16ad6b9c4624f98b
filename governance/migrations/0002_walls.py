"""Row security, composite references, append-only tables, and the triggers that hold the gated write path."""

from django.core.management import call_command
from django.db import migrations

from governance import rls

WALLED = [
    "actor_keys",
    "amendment_proposals",
    "approval_decisions",
    "approval_requests",
    "constitutional_amendments",
    "counters",
    "deputies",
    "ledger_entries",
    "ledger_heads",
    "memberships",
    "override_reviews",
    "proposal_moves",
    "proposal_revisions",
    "quorums",
    "rollbacks",
    "standing_authorities",
    "system_versions",
    "systems",
]

REFERENCES = [
    ("amendment_proposals", "system_id", "systems"),
    ("amendment_proposals", "request_id", "approval_requests"),
    ("approval_decisions", "request_id", "approval_requests"),
    ("constitutional_amendments", "proposal_id", "amendment_proposals"),
    ("constitutional_amendments", "system_id", "systems"),
    ("deputies", "membership_id", "memberships"),
    ("override_reviews", "decision_id", "approval_decisions"),
    ("proposal_moves", "proposal_id", "amendment_proposals"),
    ("proposal_revisions", "proposal_id", "amendment_proposals"),
    ("rollbacks", "amendment_id", "constitutional_amendments"),
    ("rollbacks", "system_id", "systems"),
    ("rollbacks", "request_id", "approval_requests"),
    ("system_versions", "system_id", "systems"),
    ("system_versions", "amendment_id", "constitutional_amendments"),
]

FUNCTIONS = """
CREATE FUNCTION tars_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'tars_append_only: rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- schedules fan out over tenants; this gives ids and nothing else
CREATE FUNCTION tars_active_tenant_ids() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS 'SELECT id FROM tenants WHERE is_active ORDER BY id';

CREATE FUNCTION tars_max_users() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seats integer; taken integer;
BEGIN
  IF NEW.ended_at IS NOT NULL OR (TG_OP = 'UPDATE' AND OLD.ended_at IS NULL) THEN RETURN NEW; END IF;
  SELECT max_users INTO seats FROM tenants WHERE id = NEW.tenant_id FOR UPDATE;
  SELECT count(*) INTO taken FROM memberships WHERE tenant_id = NEW.tenant_id AND ended_at IS NULL AND id <> NEW.id;
  IF taken >= seats THEN
    RAISE EXCEPTION 'tars_max_users: all % seats are taken', seats USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- dependencies: inside the tenant, acyclic, and the reverse side always derived
CREATE FUNCTION tars_dependency_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.reverse_dependencies := ARRAY(
    SELECT s.id FROM systems s WHERE s.tenant_id = NEW.tenant_id AND NEW.id = ANY (s.depends_on) ORDER BY s.id);
  IF TG_OP = 'UPDATE' AND NEW.depends_on = OLD.depends_on THEN RETURN NEW; END IF;
  -- two circles may not close at the same time
  PERFORM pg_advisory_xact_lock(hashtextextended('tars_dependency' || NEW.tenant_id::text, 0));
  IF EXISTS (SELECT 1 FROM unnest(NEW.depends_on) d LEFT JOIN systems s ON s.id = d AND s.tenant_id = NEW.tenant_id
             WHERE s.id IS NULL) OR cardinality(NEW.depends_on) <> (SELECT count(DISTINCT d) FROM unnest(NEW.depends_on) d) THEN
    RAISE EXCEPTION 'tars_dependency: unknown or repeated system' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    WITH RECURSIVE below(id) AS (
      SELECT unnest(NEW.depends_on)
      UNION
      SELECT unnest(s.depends_on) FROM below b JOIN systems s ON s.id = b.id AND s.tenant_id = NEW.tenant_id AND s.id <> NEW.id)
    SELECT 1 FROM below WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'tars_dependency: a circle' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION tars_dependency_reverse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched uuid[];
BEGIN
  IF TG_OP = 'INSERT' THEN touched := NEW.depends_on;
  ELSIF NEW.depends_on IS DISTINCT FROM OLD.depends_on THEN touched := OLD.depends_on || NEW.depends_on;
  END IF;
  IF cardinality(touched) > 0 THEN
    UPDATE systems SET reverse_dependencies = '{}' WHERE tenant_id = NEW.tenant_id AND id = ANY (touched);
  END IF;
  RETURN NULL;
END $$;

-- whether a met question about this subject and digest carries an answer by somebody else than its proposer. Signatures are
-- beyond SQL: the verbs and the ledger's verifier check those.
CREATE FUNCTION tars_was_approved(tenant uuid, request uuid, subject uuid, digest text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM approval_requests r JOIN approval_decisions d ON d.tenant_id = r.tenant_id AND d.request_id = r.id
    WHERE r.tenant_id = $1 AND r.id = $2 AND r.subject_id = $3 AND r.digest = $4 AND r.state = 'met'
      AND d.verdict = 'approve' AND d.digest = $4 AND coalesce(d.user_id <> r.excluded_user_id, true))
$$;

-- the gated write path (DESIGN.md contract 1): what an amendment or rollback of this very transaction wrote, and nothing else
CREATE FUNCTION tars_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.applied_in := pg_current_xact_id();
  NEW.rolled_back_at := NULL;
  NEW.rolled_back_in := NULL;
  IF NOT EXISTS (
    SELECT 1 FROM amendment_proposals p WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.proposal_id AND p.number = NEW.number
      AND p.system_id = NEW.system_id AND p.state IN ('approved', 'scheduled')
      AND tars_was_approved(p.tenant_id, p.request_id, p.id, NEW.digest)) THEN
    RAISE EXCEPTION 'tars_gated: an amendment is applied only after the approval of its digest'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION tars_amendment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.rolled_back_at IS NOT NULL OR NEW.rolled_back_at IS NULL OR NOT OLD.can_rollback
     OR (to_jsonb(NEW) - 'rolled_back_at' - 'rolled_back_in' - 'bound') <> (to_jsonb(OLD) - 'rolled_back_at' - 'rolled_back_in' - 'bound')
     OR NEW.bound <> OLD.bound THEN
    RAISE EXCEPTION 'tars_append_only: an applied amendment only ever gains its rolled_back_at'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.rolled_back_in := pg_current_xact_id();
  RETURN NEW;
END $$;

CREATE FUNCTION tars_version_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found boolean; last integer;
BEGIN
  NEW.applied_in := pg_current_xact_id();
  SELECT max(number) INTO last FROM system_versions WHERE tenant_id = NEW.tenant_id AND system_id = NEW.system_id;
  IF NEW.number <> coalesce(last, 0) + 1 THEN
    RAISE EXCEPTION 'tars_gated: versions have no gaps' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.digest <> 'sha256:' || encode(sha256(NEW.canonical), 'hex') THEN
    RAISE EXCEPTION 'tars_gated: a version is named by the digest of its bytes' USING ERRCODE = 'check_violation';
  END IF;
  found := CASE NEW.cause
    WHEN 'registered' THEN EXISTS (
      SELECT 1 FROM systems s WHERE s.tenant_id = NEW.tenant_id AND s.id = NEW.system_id AND s.constitution_version = 1
        AND s.constitution = convert_from(NEW.canonical, 'UTF8')::jsonb)
    WHEN 'amendment' THEN EXISTS (
      SELECT 1 FROM constitutional_amendments a WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.amendment_id
        AND a.system_id = NEW.system_id AND a.new_version = NEW.number AND a.new_digest = NEW.digest
        AND a.applied_in = pg_current_xact_id() AND a.new_constitution = convert_from(NEW.canonical, 'UTF8')::jsonb)
    ELSE EXISTS (
      SELECT 1 FROM constitutional_amendments a JOIN rollbacks b ON b.tenant_id = a.tenant_id AND b.amendment_id = a.id
      WHERE a.tenant_id = NEW.tenant_id AND a.id = NEW.amendment_id
        AND a.system_id = NEW.system_id AND a.rolled_back_in = pg_current_xact_id()
        AND b.state = 'waiting' AND b.base_version = NEW.number - 1 AND b.new_digest = NEW.digest
        AND tars_was_approved(b.tenant_id, b.request_id, b.id, b.digest))
    END;
  IF NOT found THEN
    RAISE EXCEPTION 'tars_gated: a constitution changes only by an amendment or a rollback'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION tars_system_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.tenant_id <> OLD.tenant_id OR NEW.id <> OLD.id OR NEW.name <> OLD.name THEN
    RAISE EXCEPTION 'tars_gated: a system keeps its tenant, id and name' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.constitution = OLD.constitution AND NEW.constitution_version = OLD.constitution_version
     AND NEW.version = OLD.version AND NEW.capabilities = OLD.capabilities THEN
    RETURN NEW;
  END IF;
  IF NOT EXISTS (
    SELECT 1 FROM system_versions v WHERE v.tenant_id = NEW.tenant_id AND v.system_id = NEW.id
      AND v.applied_in = pg_current_xact_id() AND v.cause <> 'registered' AND v.number = NEW.constitution_version
      AND NEW.constitution_version = OLD.constitution_version + 1
      AND NEW.constitution = convert_from(v.canonical, 'UTF8')::jsonb
      AND NEW.version = coalesce(NEW.constitution ->> 'version', '1.0.0')
      AND to_jsonb(NEW.capabilities) = coalesce(NEW.constitution -> 'capabilities', '[]'::jsonb)) THEN
    RAISE EXCEPTION 'tars_gated: a constitution changes only by an amendment or a rollback'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- a row of which only the named columns ever change
CREATE FUNCTION tars_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - TG_ARGV) <> (to_jsonb(OLD) - TG_ARGV) THEN
    RAISE EXCEPTION 'tars_append_only: of % only % ever change', TG_TABLE_NAME, array_to_string(TG_ARGV, ', ')
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- a proposal's end is final, and it counts as approved or applied only when it was
CREATE FUNCTION tars_proposal_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state = OLD.state THEN RETURN NEW; END IF;
  IF OLD.state IN ('rejected', 'expired', 'withdrawn', 'rolled_back')
     OR (OLD.state = 'applied' AND NEW.state <> 'rolled_back')
     OR (NEW.state = 'approved' AND OLD.state <> 'proposed')
     OR (NEW.state = 'scheduled' AND OLD.state <> 'approved')
     OR (NEW.state = 'approved' AND NOT EXISTS (
       SELECT 1 FROM approval_requests r WHERE r.tenant_id = NEW.tenant_id AND r.id = NEW.request_id
         AND tars_was_approved(r.tenant_id, r.id, NEW.id, r.digest)))
     OR (NEW.state = 'applied' AND NOT EXISTS (
       SELECT 1 FROM constitutional_amendments a WHERE a.tenant_id = NEW.tenant_id AND a.proposal_id = NEW.id
         AND a.applied_in = pg_current_xact_id()))
     OR (NEW.state = 'rolled_back' AND NOT EXISTS (
       SELECT 1 FROM constitutional_amendments a WHERE a.tenant_id = NEW.tenant_id AND a.proposal_id = NEW.id
         AND a.rolled_back_in = pg_current_xact_id())) THEN
    RAISE EXCEPTION 'tars_gated: a proposal does not go from % to % by itself', OLD.state, NEW.state
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- a question's subject, digest and requirements never move; it only closes
CREATE FUNCTION tars_request_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (to_jsonb(NEW) - 'state' - 'closed_at' - 'closed_because') <> (to_jsonb(OLD) - 'state' - 'closed_at' - 'closed_because')
     OR OLD.state IN ('refused', 'void') OR (OLD.state = 'met' AND NEW.state <> 'void') THEN
    RAISE EXCEPTION 'tars_append_only: a question only closes' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- one answer per person, TARS included (a unique constraint lets nulls repeat)
CREATE UNIQUE INDEX approval_decisions_one_by_tars ON approval_decisions (tenant_id, request_id) WHERE user_id IS NULL;

ALTER TABLE constitutional_amendments ADD COLUMN applied_in xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ADD COLUMN rolled_back_in xid8;
ALTER TABLE system_versions ADD COLUMN applied_in xid8 NOT NULL DEFAULT pg_current_xact_id();

CREATE TRIGGER amendments_stamp BEFORE INSERT ON constitutional_amendments FOR EACH ROW EXECUTE FUNCTION tars_stamp();
CREATE TRIGGER amendments_update BEFORE UPDATE ON constitutional_amendments FOR EACH ROW EXECUTE FUNCTION tars_amendment_update();
CREATE TRIGGER versions_check BEFORE INSERT ON system_versions FOR EACH ROW EXECUTE FUNCTION tars_version_check();
CREATE TRIGGER systems_check BEFORE UPDATE ON systems FOR EACH ROW EXECUTE FUNCTION tars_system_check();
CREATE TRIGGER systems_dependency BEFORE INSERT OR UPDATE ON systems FOR EACH ROW EXECUTE FUNCTION tars_dependency_check();
CREATE TRIGGER systems_reverse AFTER INSERT OR UPDATE OF depends_on ON systems FOR EACH ROW EXECUTE FUNCTION tars_dependency_reverse();
CREATE TRIGGER memberships_seats BEFORE INSERT OR UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION tars_max_users();
CREATE TRIGGER requests_update BEFORE UPDATE ON approval_requests FOR EACH ROW EXECUTE FUNCTION tars_request_update();
CREATE TRIGGER proposals_state BEFORE UPDATE ON amendment_proposals FOR EACH ROW EXECUTE FUNCTION tars_proposal_state();
CREATE TRIGGER proposals_keep BEFORE UPDATE ON amendment_proposals FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('state', 'revision', 'effect', 'sentence', 'updated_at', 'effective_at', 'expires_at', 'request_id');
CREATE TRIGGER rollbacks_keep BEFORE UPDATE ON rollbacks FOR EACH ROW EXECUTE FUNCTION tars_keeps('state', 'done_at');
CREATE TRIGGER keys_keep BEFORE UPDATE ON actor_keys FOR EACH ROW EXECUTE FUNCTION tars_keeps('retired_at', 'retired_because');
CREATE TRIGGER authorities_keep BEFORE UPDATE ON standing_authorities FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('revoked_at', 'revoked_because');
CREATE TRIGGER memberships_keep BEFORE UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION tars_keeps('roles', 'ended_at');
CREATE TRIGGER deputies_keep BEFORE UPDATE ON deputies FOR EACH ROW EXECUTE FUNCTION tars_keeps('ends_at');
"""

# the look-ups that come before a tenant is known: my own memberships, and the tenants they name
OWN_MEMBERSHIPS = """
CREATE POLICY own ON memberships FOR SELECT USING (user_id = NULLIF(current_setting('app.user_id', true), '')::uuid);
CREATE POLICY own ON tenants FOR SELECT USING (id IN (
  SELECT m.tenant_id FROM memberships m WHERE m.user_id = NULLIF(current_setting('app.user_id', true), '')::uuid));
-- forced row security binds the owner too, and tars_active_tenant_ids() runs as the owner: without this it finds nobody
CREATE POLICY schedules ON tenants FOR SELECT TO CURRENT_USER USING (is_active);
"""


def make_cache_table(apps, schema_editor):
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        rls.Wall("tenants", column="id"),
        *(rls.Wall(table) for table in WALLED),
        migrations.RunSQL(OWN_MEMBERSHIPS, migrations.RunSQL.noop),
        *(rls.Referable(table) for table in sorted({to for _, _, to in REFERENCES})),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        *(
            rls.AppendOnly(table)
            for table in (
                "approval_decisions",
                "ledger_entries",
                "override_reviews",
                "proposal_moves",
                "proposal_revisions",
                "system_versions",
            )
        ),
        rls.AppendOnly("constitutional_amendments", except_update=True),
        *(
            rls.KeepRows(table)
            for table in (
                "actor_keys",
                "amendment_proposals",
                "approval_requests",
                "counters",
                "ledger_heads",
                "memberships",
                "rollbacks",
                "standing_authorities",
                "systems",
                "tenants",
                "users",
            )
        ),
        migrations.RunPython(make_cache_table, migrations.RunPython.noop),
    ]
