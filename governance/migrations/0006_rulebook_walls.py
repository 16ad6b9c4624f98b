"""Row security, composite references and append-only tables for what 0005 made."""

from django.db import migrations

from governance import rls

WALLED = [
    "asset_uses",
    "assets",
    "drift_states",
    "estops",
    "mandates",
    "policy_cases",
    "rule_sessions",
    "safety_windows",
    "session_rules",
    "verdicts",
]

REFERABLE = ["assets", "rule_sessions"]

REFERENCES = [
    ("asset_uses", "asset_id", "assets"),
    ("drift_states", "system_id", "systems"),
    ("estops", "system_id", "systems"),
    ("mandates", "asset_id", "assets"),
    ("policy_cases", "system_id", "systems"),
    ("rule_sessions", "system_id", "systems"),
    ("safety_windows", "system_id", "systems"),
    ("session_rules", "session_id", "rule_sessions"),
    ("verdicts", "system_id", "systems"),
]

FUNCTIONS = """
CREATE TRIGGER verdicts_keep BEFORE UPDATE ON verdicts FOR EACH ROW EXECUTE FUNCTION tars_keeps('sealed_in');
CREATE TRIGGER estops_keep BEFORE UPDATE ON estops FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('lifted_at', 'lifted_by', 'lifted_because');
CREATE TRIGGER mandates_keep BEFORE UPDATE ON mandates FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('revoked_at', 'revoked_by', 'revoked_because', 'met_condition');
CREATE TRIGGER session_rules_keep BEFORE UPDATE ON session_rules FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('added_by', 'user_id', 'expires_at', 'uses', 'last_used_at', 'ended_at', 'ended_because', 'told_at');
CREATE TRIGGER policy_cases_keep BEFORE UPDATE ON policy_cases FOR EACH ROW EXECUTE FUNCTION tars_keeps('retired_at');
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0005_rulebook")]

    operations = [
        *(rls.Wall(table) for table in WALLED),
        *(rls.Referable(table) for table in REFERABLE),
        *(rls.Refer(table, column, to) for table, column, to in REFERENCES),
        rls.AppendOnly("asset_uses"),
        *(rls.KeepRows(table) for table in ("assets", "estops", "mandates", "policy_cases", "verdicts")),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
    ]
