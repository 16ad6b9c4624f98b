"""Each routing rule says which transaction last changed what it is found by: its vector, the vector's model, whether it is on.

A process that keeps a tenant's vectors in memory (`routing/router/resident.py`) asks with every choice for the rules that changed since
its snapshot. 0 is before all transactions. Whatever is written there is replaced; a column, because of a counter writers would wait for
each other.
"""

from django.db import migrations

FUNCTIONS = """
ALTER TABLE routing_rules ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
ALTER TABLE routing_rules ALTER COLUMN changed_in SET DEFAULT pg_current_xact_id();
CREATE INDEX routing_rules_changed ON routing_rules (tenant_id, changed_in);

CREATE FUNCTION tars_rule_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id();
  RETURN NEW;
END $$;
CREATE TRIGGER routing_rules_new BEFORE INSERT ON routing_rules FOR EACH ROW EXECUTE FUNCTION tars_rule_changed();
CREATE TRIGGER routing_rules_changed BEFORE UPDATE ON routing_rules FOR EACH ROW
  WHEN (NEW.request_embedding IS DISTINCT FROM OLD.request_embedding OR NEW.embedding_model <> OLD.embedding_model
    OR NEW.is_active <> OLD.is_active OR NEW.tenant_id <> OLD.tenant_id OR NEW.id <> OLD.id OR NEW.changed_in <> OLD.changed_in)
  EXECUTE FUNCTION tars_rule_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0020_simulates_dreams")]

    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
