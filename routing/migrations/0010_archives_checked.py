"""When an archive file was last read back, and what was found."""

from django.db import migrations, models

KEEPS = """
DROP TRIGGER archives_keep ON archives;
CREATE TRIGGER archives_keep BEFORE UPDATE ON archives FOR EACH ROW EXECUTE FUNCTION
  tars_keeps('sequence', 'destroyed_at', 'destroyed_in', 'checked_at', 'fault');
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0013_execution_ages_walls")]

    operations = [
        migrations.AddField(
            "archive", "checked_at", models.DateTimeField(help_text="when it was last read back", null=True)
        ),
        migrations.AddField(
            "archive",
            "fault",
            models.TextField(db_default="", default="", help_text="what was found then; empty: nothing"),
        ),
        migrations.AddIndex("archive", models.Index(fields=["tenant", "checked_at"], name="archives_checked")),
        migrations.RunSQL(KEEPS, migrations.RunSQL.noop),
    ]
