"""Drafts of the capture page move into the one table of drafts (regions.Draft)."""

from django.db import migrations

CARRY_OVER = """
SELECT set_config('app.every_town', 'on', true);
INSERT INTO regions_draft
    (municipality_id, user_id, created_at, updated_at, path, key, typed_at, fields)
SELECT draft.municipality_id, draft.user_id, draft.created_at, draft.updated_at,
       concat('/m/', town.code, '/interviews/', draft.interview_id, '/capture/'), draft.entry_key,
       CASE WHEN draft.fields->>'typed_at' ~ '^[0-9]{1,15}$'
            THEN (draft.fields->>'typed_at')::bigint ELSE 0 END,
       draft.fields - 'typed_at'
  FROM dialogues_draft draft JOIN regions_municipality town ON town.id = draft.municipality_id;
DO $$ BEGIN
  IF (SELECT count(*) FROM dialogues_draft) > (SELECT count(*) FROM regions_draft) THEN
    RAISE EXCEPTION 'drafts were left behind';
  END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("dialogues", "0013_withdrawal_requests"), ("regions", "0012_drafts")]

    operations = [
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.DeleteModel(name="Draft"),
    ]
