-- The roles of つむぎ in PostgreSQL (15 or newer), for the town's own administrator to read and run,
-- as a superuser, once for each server:
--
--   psql --dbname postgres --file regions/people/locks/roles.sql
--   ALTER ROLE tsumugi_owner PASSWORD '…';
--   ALTER ROLE tsumugi_app PASSWORD '…';
--   ALTER ROLE tsumugi_worker PASSWORD '…';
--   ALTER ROLE tsumugi_backup PASSWORD '…';
--   CREATE DATABASE tsumugi OWNER tsumugi_owner;
--
-- Running it again changes nothing. Tables, their grants and policies belong to tsumugi_owner and
-- come with `manage.py migrate`; `manage.py install_locks --print` shows them.

DO $$
DECLARE
  name text;
  worn text[] := ARRAY[
    'tsumugi_staff',      -- 町 担当
    'tsumugi_checker',    -- 町 確認者
    'tsumugi_partner',    -- 生活支援コーディネーター・地域包括支援センター
    'tsumugi_section',    -- 庁内他課
    'tsumugi_companion',  -- 都道府県・厚生局・アドバイザー, in one town
    'tsumugi_nation',     -- 国・事務局, in one town
    'tsumugi_overview',   -- those three and the nation, over all their towns at once
    'tsumugi_counter'     -- counts of how far towns are; sees no text
  ];
BEGIN
  -- Owns the tables and changes them. Used by the operator's commands (`manage.py migrate`,
  -- `add_person`, `load_…`) and never by a process that answers people.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_owner') THEN
    CREATE ROLE tsumugi_owner LOGIN;
  END IF;
  -- Who the application signs in as. It owns nothing and bypasses nothing; by itself it can sign
  -- people in, and for each request it puts on one of the roles below.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_app') THEN
    CREATE ROLE tsumugi_app LOGIN NOINHERIT;
  END IF;
  -- The same for the worker and the scheduler, who also do what runs by itself, over all towns.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_worker') THEN
    CREATE ROLE tsumugi_worker LOGIN NOINHERIT;
  END IF;
  FOREACH name IN ARRAY worn LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
    END IF;
    EXECUTE format('GRANT %I TO tsumugi_app, tsumugi_worker, tsumugi_owner', name);
  END LOOP;
  -- What runs by itself: jobs, nightly digests. Never for a process that answers people.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_clock') THEN
    CREATE ROLE tsumugi_clock NOLOGIN NOINHERIT;
  END IF;
  GRANT tsumugi_clock TO tsumugi_worker, tsumugi_owner;
  -- Master data, new people and the demo towns: all rows of all towns, so the operator's only.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_loader') THEN
    CREATE ROLE tsumugi_loader NOLOGIN NOINHERIT;
  END IF;
  GRANT tsumugi_loader TO tsumugi_owner;
  -- Backups (`manage.py backup`): reads all rows of all towns and changes none. The owner can't take
  -- them: behind the row locks his pg_dump breaks off half way, and leaves a file that looks whole.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tsumugi_backup') THEN
    CREATE ROLE tsumugi_backup LOGIN BYPASSRLS CONNECTION LIMIT 4;
  END IF;
  GRANT pg_read_all_data TO tsumugi_backup;
  ALTER ROLE tsumugi_backup SET default_transaction_read_only = on;
END $$;
