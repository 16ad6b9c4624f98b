"""Row security, composite references and kept rows for what 0002 made."""

from django.db import migrations

from governance import rls

WALLED = [
    "budget_alerts",
    "budget_moves",
    "budget_paces",
    "budget_plans",
    "prices",
    "reservation_lines",
    "reservations",
    "storage_levels",
    "system_shares",
    "top_ups",
]

REFERENCES = [
    ("budget_alerts", "resource_id", "resources"),
    ("budget_alerts", "share_id", "system_shares"),
    ("budget_moves", "reservation_id", "reservations"),
    ("budget_paces", "resource_id", "resources"),
    ("reservation_lines", "reservation_id", "reservations"),
    ("reservation_lines", "resource_id", "resources"),
    ("reservation_lines", "share_id", "system_shares"),
    ("reservations", "system_id", "systems"),
    ("system_shares", "resource_id", "resources"),
    ("system_shares", "system_id", "systems"),
    ("top_ups", "request_id", "approval_requests"),
    ("top_ups", "resource_id", "resources"),
]

FUNCTIONS = """
CREATE TRIGGER reservations_keep BEFORE UPDATE ON reservations FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('state', 'actual', 'overshoot', 'is_priced', 'expires_at', 'closed_at', 'closed_by', 'closed_because');
CREATE TRIGGER reservation_lines_keep BEFORE UPDATE ON reservation_lines FOR EACH ROW EXECUTE FUNCTION tars_keeps('settled');
CREATE TRIGGER budget_moves_keep BEFORE UPDATE ON budget_moves FOR EACH ROW EXECUTE FUNCTION tars_keeps('sealed_in');
CREATE TRIGGER top_ups_keep BEFORE UPDATE ON top_ups FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('state', 'digest', 'request_id', 'closed_at', 'closed_by');
"""


RESERVE = """
-- One round trip: find the budgets of every wanted type whose window holds p_at, lock them in the order of their ids, take all or none.
-- Answers {"outcome": held | kept | short | prepare | no_budget | no_system | key}; only held has changed anything.
-- HAZARD: a connection keeps the plans it made when the tables were small; without enable_seqscan = off it scans them for good.
-- HAZARD: shares are read after the lock and by statements of their own. Joined to the locking query they would be those of
-- before the wait.
CREATE FUNCTION tars_reserve(
  p_tenant uuid, p_id uuid, p_key text, p_digest text, p_system uuid, p_kind text, p_subject uuid, p_purpose text,
  p_amounts jsonb, p_by text, p_at timestamptz, p_expires timestamptz, p_starts timestamptz[], p_signing uuid,
  p_move uuid, p_statement bytea, p_move_digest text, p_signer text, p_signature bytea, p_is_prepared boolean
) RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  windows constant text[] := ARRAY['hourly', 'daily', 'weekly', 'monthly'];
  types text[] := ARRAY(SELECT jsonb_object_keys(p_amounts));
  ids uuid[] := '{}';
  shares uuid[] := '{}';
  wanted numeric[] := '{}';
  answer jsonb;
  kept jsonb;
  version integer;
  is_current boolean;
  is_missing boolean;
  is_covered boolean;
  budget record;
  share record;
  amount numeric;
  quota_free numeric;
BEGIN
  <<work>> BEGIN
  SELECT s.constitution_version,
    EXISTS (SELECT FROM actor_keys k WHERE k.tenant_id = p_tenant AND k.id = p_signing AND k.retired_at IS NULL),
    EXISTS (
      SELECT FROM budget_plans p WHERE p.tenant_id = p_tenant AND p.is_active AND p.resource_type = ANY (types)
        AND NOT EXISTS (
          SELECT FROM resources r WHERE r.tenant_id = p_tenant AND r.resource_type = p.resource_type
            AND r.window_type = p.window_type AND r.window_start = p_starts[array_position(windows, p.window_type)]))
    INTO version, is_current, is_missing
    FROM systems s WHERE s.tenant_id = p_tenant AND s.id = p_system;
  IF NOT FOUND THEN answer := '{"outcome": "no_system"}'; EXIT work; END IF;
  IF NOT is_current THEN answer := '{"outcome": "key"}'; EXIT work; END IF;
  -- HAZARD: whoever prepares takes a lock that plans take before budgets, so nothing may be locked yet when that turns out. A plan
  -- or constitution that changes after this look counts from the next hold on.
  SELECT is_missing OR coalesce(bool_or(s.id IS NULL OR s.fresh_for <> version), false),
    count(DISTINCT r.resource_type) FILTER (WHERE r.is_limit OR r.resource_type <> 'usd_budget') = cardinality(types)
    INTO is_missing, is_covered
    FROM resources r LEFT JOIN system_shares s
      ON s.tenant_id = p_tenant AND s.resource_id = r.id AND s.system_id = p_system
    WHERE r.tenant_id = p_tenant AND r.resource_type = ANY (types) AND r.window_type = ANY (windows)
      AND r.window_start = ANY (p_starts) AND r.window_end > p_at;
  IF NOT p_is_prepared AND (is_missing OR NOT is_covered) THEN answer := '{"outcome": "prepare"}'; EXIT work; END IF;
  IF NOT is_covered THEN answer := '{"outcome": "no_budget"}'; EXIT work; END IF;

  FOR budget IN
    SELECT r.id, r.resource_type, r.window_type, r.window_end, r.available FROM resources r
    WHERE r.tenant_id = p_tenant AND r.resource_type = ANY (types) AND r.window_type = ANY (windows)
      AND r.window_start = ANY (p_starts) AND r.window_end > p_at
    ORDER BY r.id FOR NO KEY UPDATE
  LOOP
    SELECT s.id, s.quota, s.used, s.reserved INTO share FROM system_shares s
      WHERE s.tenant_id = p_tenant AND s.resource_id = budget.id AND s.system_id = p_system;
    -- a budget that was made after the look above
    CONTINUE WHEN NOT FOUND;
    amount := (p_amounts ->> budget.resource_type)::numeric;
    quota_free := share.quota - share.used - share.reserved;
    IF answer IS NULL AND (amount > budget.available OR amount > quota_free) THEN
      answer := jsonb_build_object('outcome', 'short', 'type', budget.resource_type, 'window', budget.window_type,
        'ends_at', budget.window_end, 'is_quota', coalesce(quota_free < budget.available, false),
        'free', trim_scale(least(budget.available, quota_free))::text, 'wanted', amount::text);
    END IF;
    ids := ids || budget.id;
    shares := shares || share.id;
    wanted := wanted || amount;
  END LOOP;
  EXIT work WHEN answer IS NOT NULL;

  INSERT INTO reservations (id, tenant_id, key, request_digest, system_id, subject_kind, subject_id, purpose, state, amounts,
      overshoot, is_priced, held_by, held_at, expires_at, closed_by, closed_because)
    VALUES (p_id, p_tenant, p_key, p_digest, p_system, p_kind, p_subject, p_purpose, 'held', p_amounts,
      '{}', true, p_by, p_at, p_expires, '', '')
    ON CONFLICT (tenant_id, key) DO NOTHING;
  EXIT work WHEN NOT FOUND;
  FOR i IN 1 .. cardinality(ids) LOOP
    UPDATE resources r SET reserved = r.reserved + wanted[i], updated_at = greatest(r.updated_at, p_at) WHERE r.id = ids[i];
    UPDATE system_shares s SET reserved = s.reserved + wanted[i] WHERE s.id = shares[i];
    INSERT INTO reservation_lines (id, tenant_id, reservation_id, resource_id, share_id, amount)
      VALUES (uuidv7(), p_tenant, p_id, ids[i], shares[i], wanted[i]);
  END LOOP;
  INSERT INTO budget_moves (id, tenant_id, kind, reservation_id, at, statement, digest, signer, signature)
    VALUES (p_move, p_tenant, 'reserve', p_id, p_at, p_statement, p_move_digest, p_signer, p_signature);
  RETURN '{"outcome": "held"}';
  END;
  -- whoever held a lock or the key before may have been this very request
  SELECT to_jsonb(h) INTO kept FROM reservations h WHERE h.tenant_id = p_tenant AND h.key = p_key;
  RETURN CASE WHEN FOUND THEN jsonb_build_object('outcome', 'kept', 'hold', kept) ELSE answer END;
END $$;
"""

SETTLE = """
-- Charge what a hold really used, whatever its window and state are by now. More than was held is taken from what is free; what is
-- not free is overshoot. Answers the hold's charges; {"outcome": settled | kept | none}.
CREATE FUNCTION tars_settle(
  p_tenant uuid, p_hold uuid, p_actual jsonb, p_is_priced boolean, p_by text, p_because text, p_at timestamptz,
  p_starts timestamptz[]
) RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  hold reservations;
  lines jsonb := '[]';
  over jsonb := '{}';
  actual numeric;
  back numeric;
  charge numeric;
  line record;
BEGIN
  SELECT * INTO hold FROM reservations h WHERE h.tenant_id = p_tenant AND h.id = p_hold FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN '{"outcome": "none"}'; END IF;
  IF hold.state = 'settled' THEN RETURN jsonb_build_object('outcome', 'kept', 'hold', to_jsonb(hold)); END IF;

  PERFORM FROM resources r WHERE r.tenant_id = p_tenant AND (
      r.id IN (SELECT l.resource_id FROM reservation_lines l WHERE l.tenant_id = p_tenant AND l.reservation_id = p_hold)
      OR (r.resource_type IN (SELECT jsonb_object_keys(p_actual - ARRAY(SELECT jsonb_object_keys(hold.amounts))))
        AND r.window_start = ANY (p_starts) AND r.window_end > hold.held_at))
    ORDER BY r.id FOR NO KEY UPDATE;
  -- types that were used and not reserved
  INSERT INTO reservation_lines (id, tenant_id, reservation_id, resource_id, share_id, amount)
    SELECT uuidv7(), p_tenant, p_hold, r.id, s.id, 0 FROM resources r
      JOIN system_shares s ON s.tenant_id = p_tenant AND s.resource_id = r.id AND s.system_id = hold.system_id
    WHERE r.tenant_id = p_tenant AND r.window_start = ANY (p_starts) AND r.window_end > hold.held_at
      AND r.resource_type IN (SELECT jsonb_object_keys(p_actual - ARRAY(SELECT jsonb_object_keys(hold.amounts))));
  p_actual := hold.amounts || p_actual;

  FOR line IN
    SELECT l.id, l.amount, l.resource_id, l.share_id, r.resource_type, r.window_type, r.available,
      s.quota - s.used - s.reserved AS quota_free
    FROM reservation_lines l JOIN resources r ON r.id = l.resource_id JOIN system_shares s ON s.id = l.share_id
    WHERE l.tenant_id = p_tenant AND l.reservation_id = p_hold ORDER BY l.resource_id
  LOOP
    actual := (p_actual ->> line.resource_type)::numeric;
    back := CASE WHEN hold.state = 'held' THEN line.amount ELSE 0 END;
    charge := least(actual, line.available + back, line.quota_free + back);
    UPDATE resources r SET used = r.used + charge, reserved = r.reserved - back, updated_at = greatest(r.updated_at, p_at)
      WHERE r.id = line.resource_id;
    UPDATE system_shares s SET used = s.used + charge, reserved = s.reserved - back WHERE s.id = line.share_id;
    UPDATE reservation_lines l SET settled = charge WHERE l.id = line.id;
    IF actual > charge THEN
      over := over || jsonb_build_object(line.resource_type,
        trim_scale(greatest(actual - charge, coalesce((over ->> line.resource_type)::numeric, 0)))::text);
    END IF;
    lines := lines || jsonb_build_object('resource_id', line.resource_id, 'resource_type', line.resource_type,
      'window_type', line.window_type, 'charged', trim_scale(charge)::text);
  END LOOP;
  -- what no budget is there for
  SELECT over || coalesce(jsonb_object_agg(used.key, used.value), '{}') INTO over FROM jsonb_each(p_actual) used
    WHERE used.value #>> '{}' <> '0' AND NOT EXISTS (
      SELECT FROM reservation_lines l JOIN resources r ON r.id = l.resource_id
      WHERE l.tenant_id = p_tenant AND l.reservation_id = p_hold AND r.resource_type = used.key);
  UPDATE reservations h SET state = 'settled', actual = p_actual, overshoot = over, is_priced = p_is_priced, closed_at = p_at,
    closed_by = p_by, closed_because = p_because WHERE h.id = p_hold;
  RETURN jsonb_build_object('outcome', 'settled', 'actual', p_actual, 'overshoot', over, 'lines', lines);
END $$;
"""

CLOSE = """
-- Give back what these holds have, as released or expired; answers which of them were still held. Holds are locked in the order of
-- their ids, then all their budgets in that of theirs.
CREATE FUNCTION tars_close(
  p_tenant uuid, p_holds uuid[], p_state text, p_by text, p_because text, p_at timestamptz
) RETURNS uuid[] LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  open uuid[];
BEGIN
  SELECT array_agg(found.id) INTO open FROM (
    SELECT h.id FROM reservations h WHERE h.tenant_id = p_tenant AND h.id = ANY (p_holds) AND h.state = 'held'
    ORDER BY h.id FOR NO KEY UPDATE) found;
  IF open IS NULL THEN RETURN '{}'; END IF;
  PERFORM FROM resources r WHERE r.tenant_id = p_tenant AND r.id IN (
      SELECT l.resource_id FROM reservation_lines l WHERE l.tenant_id = p_tenant AND l.reservation_id = ANY (open))
    ORDER BY r.id FOR NO KEY UPDATE;
  UPDATE resources r SET reserved = r.reserved - back.amount, updated_at = greatest(r.updated_at, p_at) FROM (
      SELECT l.resource_id, sum(l.amount) AS amount FROM reservation_lines l
      WHERE l.tenant_id = p_tenant AND l.reservation_id = ANY (open) GROUP BY 1) back
    WHERE r.tenant_id = p_tenant AND r.id = back.resource_id;
  UPDATE system_shares s SET reserved = s.reserved - back.amount FROM (
      SELECT l.share_id, sum(l.amount) AS amount FROM reservation_lines l
      WHERE l.tenant_id = p_tenant AND l.reservation_id = ANY (open) GROUP BY 1) back
    WHERE s.tenant_id = p_tenant AND s.id = back.share_id;
  UPDATE reservations h SET state = p_state, closed_at = p_at, closed_by = p_by, closed_because = p_because
    WHERE h.tenant_id = p_tenant AND h.id = ANY (open);
  RETURN open;
END $$;
"""

LIMITS = """
-- A movement of money does not ask the contract again (only a total does), and a budget that only counts is no limit.
CREATE OR REPLACE FUNCTION tars_budget_limit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE most numeric;
BEGIN
  IF NEW.resource_type <> 'usd_budget' OR NOT NEW.is_limit THEN RETURN NEW; END IF;
  SELECT max_monthly_budget INTO most FROM tenants WHERE id = NEW.tenant_id FOR SHARE;
  IF NEW.total_budget > most THEN
    RAISE EXCEPTION 'tars_budget_limit: % is more than the contract allows (%)', NEW.total_budget, most
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION tars_contract_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.max_monthly_budget < OLD.max_monthly_budget AND EXISTS (
    SELECT 1 FROM resources r WHERE r.tenant_id = NEW.id AND r.resource_type = 'usd_budget' AND r.is_limit
      AND r.window_end > statement_timestamp() AND r.total_budget > NEW.max_monthly_budget) THEN
    RAISE EXCEPTION 'tars_budget_limit: a running budget is larger' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
DROP TRIGGER resources_limit ON resources;
CREATE TRIGGER resources_limit BEFORE INSERT OR UPDATE OF total_budget, resource_type, is_limit ON resources
  FOR EACH ROW EXECUTE FUNCTION tars_budget_limit();
"""


PLATFORM = """
-- How full every tenant's running budgets are, for platform staff and for nobody else: one row a tenant, its fullest budget and the
-- dollars of its longest window. Figures only: no system, no hold, no person.
CREATE FUNCTION tars_platform_budgets(staff uuid, at timestamptz) RETURNS TABLE (
    tenant_id uuid, name text, is_active boolean, is_demo boolean, budgets bigint, near bigint, used_up bigint,
    resource_type text, window_type text, window_end timestamptz, total_budget numeric, used numeric, reserved numeric,
    alert_threshold numeric, dollars_total numeric, dollars_used numeric, dollars_reserved numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  WITH running AS (
    -- one look-up by the key for each kind of budget, however many windows are over
    SELECT r.*, CASE WHEN r.total_budget > 0 THEN (r.used + r.reserved) / r.total_budget ELSE 1 END AS part
    FROM tenants t
      CROSS JOIN unnest(ARRAY['llm_tokens', 'compute_hours', 'api_calls', 'storage_gb', 'usd_budget']) AS kind(name)
      CROSS JOIN (VALUES ('hourly', 'hour'), ('daily', 'day'), ('weekly', 'week'), ('monthly', 'month')) AS span(name, unit)
      JOIN resources r ON r.tenant_id = t.id AND r.resource_type = kind.name AND r.window_type = span.name
        AND r.window_start = date_trunc(span.unit, $2 AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
    WHERE r.is_limit),
  counted AS (
    SELECT r.tenant_id, count(*) AS budgets, count(*) FILTER (WHERE r.part >= r.alert_threshold AND r.total_budget > 0) AS near,
      count(*) FILTER (WHERE r.available = 0 AND r.total_budget > 0) AS used_up
    FROM running r GROUP BY 1),
  fullest AS (SELECT DISTINCT ON (r.tenant_id) r.* FROM running r WHERE r.total_budget > 0 ORDER BY r.tenant_id, r.part DESC, r.id),
  dollars AS (
    SELECT DISTINCT ON (r.tenant_id) r.* FROM running r WHERE r.resource_type = 'usd_budget'
    ORDER BY r.tenant_id, r.window_end - r.window_start DESC)
  SELECT t.id, t.name, t.is_active, t.is_demo, coalesce(c.budgets, 0), coalesce(c.near, 0), coalesce(c.used_up, 0),
    f.resource_type, f.window_type, f.window_end, f.total_budget, f.used, f.reserved, f.alert_threshold, d.total_budget, d.used, d.reserved
  FROM tenants t LEFT JOIN counted c ON c.tenant_id = t.id LEFT JOIN fullest f ON f.tenant_id = t.id
    LEFT JOIN dollars d ON d.tenant_id = t.id
  WHERE EXISTS (SELECT 1 FROM users u WHERE u.id = $1 AND u.is_active AND u.is_platform_staff)
  ORDER BY f.part DESC NULLS LAST, t.name, t.id $$;
-- forced row security binds the owner too, and the function above runs as the owner
CREATE POLICY lookup ON resources FOR SELECT TO CURRENT_USER USING (true);
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_money")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in ("reservations", "resources", "system_shares")),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        *(rls.AppendOnly(table) for table in ("budget_alerts", "prices")),
        *(rls.KeepRows(table) for table in ("budget_moves", "budget_paces", "budget_plans", "reservation_lines", "reservations", "storage_levels", "system_shares", "top_ups")),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (FUNCTIONS, RESERVE, SETTLE, CLOSE, LIMITS, PLATFORM)),
    ]
