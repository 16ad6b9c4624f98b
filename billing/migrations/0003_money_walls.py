"""Row security, composite references and kept rows for what 0002 made."""

from django.db import migrations

from governance import rls

WALLED = [
    "budget_alerts",
    "budget_moves",
    "budget_plans",
    "prices",
    "reservation_lines",
    "reservations",
    "system_shares",
    "top_ups",
]

REFERENCES = [
    ("budget_alerts", "resource_id", "resources"),
    ("budget_moves", "reservation_id", "reservations"),
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


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_money")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in ("reservations", "resources", "system_shares")),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        *(rls.AppendOnly(table) for table in ("budget_alerts", "prices")),
        *(rls.KeepRows(table) for table in ("budget_moves", "budget_plans", "reservation_lines", "reservations", "system_shares", "top_ups")),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
