from django.db import migrations, models

# The marker of decision 008. Functions, because worker, /healthz and `make run` ask the same question.
# `written_in` is the transaction that wrote the row; a copy of the row, by whatever tool, was written by another.
# There is no unique constraint: data that is restored into a migrated database must not bounce off the marker there.
FORWARD = """
CREATE TABLE inbox_home (here text NOT NULL, written_in xid8 NOT NULL);
CREATE FUNCTION inbox_here() RETURNS text STABLE LANGUAGE sql AS $$
    SELECT concat_ws('/',
        (SELECT system_identifier FROM pg_catalog.pg_control_system()),
        left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8),
        (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()))
$$;
CREATE FUNCTION inbox_at_home() RETURNS boolean STABLE LANGUAGE sql AS $$
    SELECT count(*) > 0 AND bool_and(home.here = here.now AND home.xmin = home.written_in::xid)
    FROM inbox_home home, (SELECT inbox_here() AS now) here
$$;
INSERT INTO inbox_home VALUES (inbox_here(), pg_current_xact_id());
"""
BACKWARD = "DROP FUNCTION inbox_at_home(); DROP FUNCTION inbox_here(); DROP TABLE inbox_home;"


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0003_arrivals_ask_less"),
    ]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddField(
            model_name="outboxitem",
            name="ask_first",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
