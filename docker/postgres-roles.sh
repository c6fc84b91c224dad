#!/bin/sh
# Run once by the PostgreSQL image: one role owns the tables and migrates, the other reads and writes rows.
# The audit refuses UPDATE, DELETE and TRUNCATE to the second one.
set -eu

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set=owner_word="$REMIT_OWNER_WORD" --set=app_word="$REMIT_APP_WORD" <<'SQL'
CREATE ROLE remit_owner LOGIN PASSWORD :'owner_word';
CREATE ROLE remit_app LOGIN PASSWORD :'app_word';
CREATE DATABASE remit OWNER remit_owner;
\connect remit
ALTER SCHEMA public OWNER TO remit_owner;
REVOKE ALL ON DATABASE remit FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE remit TO remit_app;
GRANT USAGE ON SCHEMA public TO remit_app;
ALTER DEFAULT PRIVILEGES FOR ROLE remit_owner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO remit_app;
ALTER DEFAULT PRIVILEGES FOR ROLE remit_owner GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO remit_app;
SQL
