"""Row security, composite references and append-only scores for what 0011 made."""

from django.db import migrations

from governance import rls

TABLES = ["drift_marks", "drift_metrics", "drift_scores"]


class Migration(migrations.Migration):
    dependencies = [("governance", "0011_drift_observed")]

    operations = [
        *(rls.Wall(table) for table in TABLES),
        rls.Refer("drift_metrics", "system_id", "systems"),
        rls.Refer("drift_scores", "system_id", "systems"),
        rls.KeepRows("drift_marks"),
        rls.KeepRows("drift_metrics"),
        rls.AppendOnly("drift_scores"),
    ]
