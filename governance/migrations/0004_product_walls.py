"""Row security, composite references, append-only tables and look-ups before a tenant is known, for what 0003 made."""

from django.db import migrations

from governance import rls

WALLED = [
    "api_tokens",
    "assignments",
    "comments",
    "decision_snapshots",
    "idempotency_keys",
    "invitations",
    "jobs",
    "looks",
    "notice_preferences",
    "notices",
    "outbox_mails",
    "rate_windows",
    "reminders",
    "saved_searches",
    "snoozes",
    "stored_files",
    "ticks",
    "webhook_deliveries",
    "webhooks",
]

REFERABLE = ["comments", "webhooks"]

REFERENCES = [
    ("api_tokens", "system_id", "systems"),
    ("assignments", "request_id", "approval_requests"),
    ("comments", "thread_id", "comments"),
    ("decision_snapshots", "decision_id", "approval_decisions"),
    ("decision_snapshots", "proposal_id", "amendment_proposals"),
    ("reminders", "request_id", "approval_requests"),
    ("snoozes", "request_id", "approval_requests"),
    ("webhook_deliveries", "webhook_id", "webhooks"),
]

FUNCTIONS = """
DROP TRIGGER memberships_keep ON memberships;
CREATE TRIGGER memberships_keep BEFORE UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('roles', 'ended_at', 'guide_hidden_at');
CREATE TRIGGER tokens_keep BEFORE UPDATE ON api_tokens FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('last_used_at', 'revoked_at', 'revoked_because');
CREATE TRIGGER invitations_keep BEFORE UPDATE ON invitations FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('accepted_at', 'revoked_at');
CREATE TRIGGER comments_keep BEFORE UPDATE ON comments FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('resolved_at', 'resolved_by');
-- a file's bytes never change; once it has no expiry it stays
CREATE FUNCTION tars_file_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.expires_at IS NULL OR (TG_OP = 'UPDATE' AND NEW.expires_at IS NOT NULL) THEN
    RAISE EXCEPTION 'tars_append_only: a file that was kept for good stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER files_keep BEFORE UPDATE ON stored_files FOR EACH ROW EXECUTE FUNCTION tars_keeps('expires_at');
CREATE TRIGGER files_stay BEFORE UPDATE OR DELETE ON stored_files FOR EACH ROW EXECUTE FUNCTION tars_file_stays();
ALTER TABLE stored_files ADD CONSTRAINT stored_files_named CHECK (digest = 'sha256:' || encode(sha256(content), 'hex'));
CREATE TRIGGER deliveries_keep BEFORE UPDATE ON webhook_deliveries FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('state', 'attempts', 'next_try_at', 'last_status', 'last_error', 'last_ms', 'delivered_at');

-- look-ups that come before a tenant is known: each gives a tenant's id and nothing else
CREATE FUNCTION tars_token_tenant(secret bytea) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT k.tenant_id FROM api_tokens k JOIN tenants t ON t.id = k.tenant_id WHERE k.secret_hash = $1 AND t.is_active $$;
CREATE FUNCTION tars_invitation_tenant(secret bytea) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS $$
  SELECT i.tenant_id FROM invitations i JOIN tenants t ON t.id = i.tenant_id WHERE i.secret_hash = $1 AND t.is_active $$;

-- a person at the machine itself sees closed tenants too; this gives ids and nothing else
CREATE FUNCTION tars_all_tenant_ids() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, public AS 'SELECT id FROM tenants ORDER BY id';

-- every tenant with its seats, for platform staff and for nobody else
CREATE FUNCTION tars_platform_tenants(staff uuid) RETURNS TABLE (
    id uuid, name text, domain text, subscription_tier text, max_users integer, max_monthly_budget numeric,
    created_at timestamptz, is_active boolean, is_demo boolean, deactivated_at timestamptz, deactivated_because text,
    seats_taken bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT t.id, t.name, t.domain, t.subscription_tier, t.max_users, t.max_monthly_budget, t.created_at, t.is_active, t.is_demo,
    t.deactivated_at, t.deactivated_because,
    (SELECT count(*) FROM memberships m WHERE m.tenant_id = t.id AND m.ended_at IS NULL)
  FROM tenants t WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.is_active AND u.is_platform_staff)
  ORDER BY t.name, t.id $$;

-- forced row security binds the owner too, and the functions above run as the owner
CREATE POLICY lookup ON api_tokens FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY lookup ON invitations FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY lookup ON memberships FOR SELECT TO CURRENT_USER USING (true);
DROP POLICY schedules ON tenants;
CREATE POLICY lookup ON tenants FOR SELECT TO CURRENT_USER USING (true);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_product")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in REFERABLE),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        *(rls.AppendOnly(table) for table in ("decision_snapshots", "reminders")),
        *(rls.KeepRows(table) for table in ("api_tokens", "comments", "invitations", "jobs", "webhook_deliveries", "webhooks")),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
