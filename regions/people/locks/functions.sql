-- What the policies ask about the scope that the application entered (regions/people/locks/doors.py).
-- None of them runs with another's rights.

CREATE SCHEMA IF NOT EXISTS tsumugi;

-- The town of this scope. Without a scope this is an error, so that a forgotten one is noticed and
-- does not look like an empty town. (One who acts for every town has none in particular.)
CREATE OR REPLACE FUNCTION tsumugi.town() RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_setting('app.every_town', true) = 'on' THEN
    RETURN NULL;
  END IF;
  IF coalesce(current_setting('app.town', true), '') = '' THEN
    RAISE EXCEPTION 'no scope: app.town is not set' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN current_setting('app.town')::bigint;
END $$;

-- The towns of a scope that is of many.
CREATE OR REPLACE FUNCTION tsumugi.towns() RETURNS bigint[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_setting('app.every_town', true) = 'on' THEN
    RETURN NULL;
  END IF;
  IF coalesce(current_setting('app.towns', true), '') = '' THEN
    RAISE EXCEPTION 'no scope: app.towns is not set' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN current_setting('app.towns')::bigint[];
END $$;

-- Those in which the person is an appointed advisor.
CREATE OR REPLACE FUNCTION tsumugi.advised() RETURNS bigint[]
LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('app.advised', true), ''), '{}')::bigint[]
$$;

-- The person of this scope; nobody (0) where the application acts by itself.
CREATE OR REPLACE FUNCTION tsumugi.person() RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('app.person', true), ''), '0')::bigint
$$;

-- The present fiscal year, as the application counts it.
CREATE OR REPLACE FUNCTION tsumugi.fiscal_year() RETURNS integer
LANGUAGE sql STABLE AS $$
  SELECT coalesce(nullif(current_setting('app.fiscal_year', true), ''), '0')::integer
$$;
