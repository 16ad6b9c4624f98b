"""Row security and composite references for what 0007 made."""

from django.db import migrations

from governance import rls


class Migration(migrations.Migration):
    dependencies = [("routing", "0007_figures")]

    operations = [
        *(rls.Wall(table) for table in ("execution_days", "figure_marks", "tool_days")),
        rls.Refer("execution_days", "system_id", "systems"),
        *(rls.KeepRows(table) for table in ("execution_days", "figure_marks")),
    ]
