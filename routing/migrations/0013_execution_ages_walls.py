"""Who is counted in which state of ageing: what moves is counted where it moves, in one statement's transaction, whoever moves it.

Executions are added in the state in which they are written by the task that adds up the days. The seed below is what was moved before;
nobody moves anything meanwhile, since making a trigger locks the table against writers.
"""

from django.db import migrations

from governance import rls

FUNCTIONS = """
CREATE FUNCTION tars_count_ages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- in one order, so that two who move at once do not wait for each other
  INSERT INTO execution_ages AS a (id, tenant_id, system_id, state, total)
  SELECT gen_random_uuid(), tenant_id, system_id, lifecycle_state, sum(n) FROM (
    SELECT tenant_id, system_id, lifecycle_state, -1 AS n FROM was
    UNION ALL SELECT tenant_id, system_id, lifecycle_state, 1 FROM became) moved
  GROUP BY tenant_id, system_id, lifecycle_state HAVING sum(n) <> 0 ORDER BY tenant_id, system_id, lifecycle_state
  ON CONFLICT (tenant_id, system_id, state) DO UPDATE SET total = a.total + EXCLUDED.total;
  RETURN NULL;
END $$;
CREATE TRIGGER executions_count_ages AFTER UPDATE ON executions REFERENCING OLD TABLE AS was NEW TABLE AS became
  FOR EACH STATEMENT EXECUTE FUNCTION tars_count_ages();

CREATE FUNCTION tars_count_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO archived_sums AS a (id, tenant_id, system_id, archived_at, away)
    SELECT gen_random_uuid(), m.tenant_id, e.system_id, m.archived_at, count(*)
    FROM became m JOIN executions e ON e.tenant_id = m.tenant_id AND e.id = m.execution_id
    WHERE m.restored_at IS NULL AND m.pruned_at IS NULL GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
    ON CONFLICT (tenant_id, system_id, archived_at) DO UPDATE SET away = a.away + EXCLUDED.away;
  ELSE
    INSERT INTO archived_sums AS a (id, tenant_id, system_id, archived_at, away)
    SELECT gen_random_uuid(), m.tenant_id, e.system_id, m.archived_at, sum(m.n) FROM (
      SELECT tenant_id, execution_id, archived_at, -1 AS n FROM was WHERE restored_at IS NULL AND pruned_at IS NULL
      UNION ALL SELECT tenant_id, execution_id, archived_at, 1 FROM became WHERE restored_at IS NULL AND pruned_at IS NULL) m
    JOIN executions e ON e.tenant_id = m.tenant_id AND e.id = m.execution_id
    GROUP BY 2, 3, 4 HAVING sum(m.n) <> 0 ORDER BY 2, 3, 4
    ON CONFLICT (tenant_id, system_id, archived_at) DO UPDATE SET away = a.away + EXCLUDED.away;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER archived_rows_count_new AFTER INSERT ON archived_rows REFERENCING NEW TABLE AS became
  FOR EACH STATEMENT EXECUTE FUNCTION tars_count_away();
CREATE TRIGGER archived_rows_count_moved AFTER UPDATE ON archived_rows REFERENCING OLD TABLE AS was NEW TABLE AS became
  FOR EACH STATEMENT EXECUTE FUNCTION tars_count_away();
"""

# the owner sees every tenant's rows only while row security is not forced on it
SEED = """
ALTER TABLE executions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE execution_days NO FORCE ROW LEVEL SECURITY;
ALTER TABLE archived_rows NO FORCE ROW LEVEL SECURITY;
INSERT INTO execution_ages (id, tenant_id, system_id, state, total)
SELECT gen_random_uuid(), tenant_id, system_id, state, sum(n) FROM (
  SELECT tenant_id, system_id, 'HOT' AS state, total AS n FROM execution_days
  UNION ALL SELECT tenant_id, system_id, 'HOT', -count(*) FROM executions WHERE lifecycle_state <> 'HOT' GROUP BY 1, 2
  UNION ALL SELECT tenant_id, system_id, lifecycle_state, count(*) FROM executions WHERE lifecycle_state <> 'HOT' GROUP BY 1, 2, 3) m
GROUP BY 2, 3, 4;
INSERT INTO archived_sums (id, tenant_id, system_id, archived_at, away)
SELECT gen_random_uuid(), a.tenant_id, e.system_id, a.archived_at, count(*) FROM archived_rows a
JOIN executions e ON e.tenant_id = a.tenant_id AND e.id = a.execution_id
WHERE a.restored_at IS NULL AND a.pruned_at IS NULL GROUP BY 2, 3, 4;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE executions FORCE ROW LEVEL SECURITY;
ALTER TABLE execution_days FORCE ROW LEVEL SECURITY;
ALTER TABLE archived_rows FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0012_execution_ages")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(SEED, migrations.RunSQL.noop),
        *(rls.Wall(table) for table in ("execution_ages", "archived_sums")),
        *(rls.Refer(table, "system_id", "systems") for table in ("execution_ages", "archived_sums")),
        *(rls.KeepRows(table) for table in ("execution_ages", "archived_sums")),
    ]
