"""Old drift scores are thinned: of a day older than 90 days the largest stays, and nothing goes while everything is on hold."""

from django.conf import settings
from django.db import migrations

THINS = f"""
CREATE FUNCTION tars_thins_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  day timestamptz := date_trunc('day', OLD.at, 'UTC');
BEGIN
  IF OLD.at > now() - interval '90 days' OR NOT EXISTS (
    SELECT FROM drift_scores s WHERE s.tenant_id = OLD.tenant_id AND s.system_id = OLD.system_id AND s.id <> OLD.id
      AND s.at >= day AND s.at < day + interval '1 day' AND s.score >= OLD.score) THEN
    RAISE EXCEPTION 'tars_thins_scores: only what is old and not the largest of its day goes'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;

DROP TRIGGER drift_scores_append_only ON drift_scores;
CREATE TRIGGER drift_scores_append_only BEFORE UPDATE ON drift_scores FOR EACH ROW EXECUTE FUNCTION tars_append_only();
CREATE TRIGGER drift_scores_on_hold BEFORE DELETE ON drift_scores FOR EACH ROW EXECUTE FUNCTION tars_stays_on_hold();
CREATE TRIGGER drift_scores_thins BEFORE DELETE ON drift_scores FOR EACH ROW EXECUTE FUNCTION tars_thins_scores();
GRANT DELETE ON drift_scores TO "{settings.APP_ROLE}";
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0016_corrections"), ("governance", "0012_drift_walls")]

    operations = [migrations.RunSQL(THINS, migrations.RunSQL.noop)]
