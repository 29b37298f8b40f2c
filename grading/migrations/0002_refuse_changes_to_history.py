"""Grades, their scores and audit events are append-only in the database itself.

A correction is a new row beside the old one.
TRUNCATE stays possible for the owner of the tables: tests empty theirs with it.
"""

from django.db import migrations

TABLES = ("grading_auditevent", "grading_grade", "grading_criterionscore", "grading_modeltry")

FUNCTION = """
CREATE FUNCTION refuse_change_of_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def trigger(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();",
        f"DROP TRIGGER append_only ON {table};",
    )


class Migration(migrations.Migration):
    dependencies = [("grading", "0001_lay_out_grading")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION refuse_change_of_history();"),
        *(trigger(table) for table in TABLES),
    ]
