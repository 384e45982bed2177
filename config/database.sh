#!/bin/sh
# For docker-compose.yml: after roles.sql, a password for each of those who sign in, and the database.
set -eu
psql --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 \
  --set=owner="$POSTGRES_PASSWORD" --set=app="$APP_PASSWORD" \
  --set=worker="$WORKER_PASSWORD" --set=backup="$BACKUP_PASSWORD" <<'SQL'
ALTER ROLE tsumugi_owner PASSWORD :'owner';
ALTER ROLE tsumugi_app PASSWORD :'app';
ALTER ROLE tsumugi_worker PASSWORD :'worker';
ALTER ROLE tsumugi_backup PASSWORD :'backup';
CREATE DATABASE tsumugi OWNER tsumugi_owner;
SQL
