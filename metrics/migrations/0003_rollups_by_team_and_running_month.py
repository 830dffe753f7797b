from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_facts_and_rollups")]

    operations = [
        # Rollups are derived: the sweep makes them anew, and pages read the facts until then.
        migrations.RunSQL("TRUNCATE metrics_rolledperiod, metrics_rollup", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="rolledperiod", name="until", field=models.DateField(default="2000-01-01"), preserve_default=False
        ),
        migrations.AlterField(
            model_name="rolledperiod",
            name="span",
            field=models.CharField(
                choices=[
                    ("day", "Day"),
                    ("month", "Month"),
                    ("team_day", "Team Day"),
                    ("team_month", "Team Month"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="rollup",
            name="span",
            field=models.CharField(
                choices=[
                    ("day", "Day"),
                    ("month", "Month"),
                    ("team_day", "Team Day"),
                    ("team_month", "Team Month"),
                ],
                max_length=10,
            ),
        ),
    ]
