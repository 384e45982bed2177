-- 消去 of one voice: rows first, since what is changed in them leaves history, and then the history.
-- Within a scope of every town, which alone shows the owner any row.
-- ROWS and EVENTS are what the rooms registered (erasing.py). Nobody who answers people calls it.
CREATE OR REPLACE FUNCTION tsumugi.erase_voice(in_town bigint, in_voice bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE gone public.dialogues_voice;
BEGIN
  SELECT * INTO STRICT gone FROM public.dialogues_voice
   WHERE municipality_id = in_town AND id = in_voice FOR UPDATE;
  ROWS
  UPDATE public.dialogues_voice
     SET gone_as = 'erased', gone_at = coalesce(gone_at, now()), updated_at = now()
   WHERE id = in_voice;
  -- History is append-only for everybody else, and again from here on.
  PERFORM set_config('pgtrigger.ignore', (SELECT array_agg(tgname)::text FROM pg_trigger
                                           WHERE tgname LIKE 'pgtrigger_append_only_%'), true);
  EVENTS
  PERFORM set_config('pgtrigger.ignore', '{}', true);
END $$;
REVOKE ALL ON FUNCTION tsumugi.erase_voice(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tsumugi.erase_voice(bigint, bigint) TO tsumugi_clock, tsumugi_loader;
