"""The audit refuses UPDATE, DELETE and TRUNCATE: by a trigger for everybody, by missing rights for the application."""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import migrations
from psycopg import sql

TRIGGERS = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
UNDO = """
DROP TRIGGER audit_entry_no_change ON audit_entry;
DROP TRIGGER audit_entry_no_truncate ON audit_entry;
DROP FUNCTION audit_refuse();
"""


def revoke(apps, schema_editor):
    role = unquote(urlsplit(settings.DATABASE_URL).username or "")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND rolname <> current_user", [role])
        if cursor.fetchone():
            statement = sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON audit_entry FROM {}").format(sql.Identifier(role))
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RunPython(revoke, migrations.RunPython.noop),
    ]
