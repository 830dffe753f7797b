"""The brand voice of a connection, shown beside the composer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connectors", "0003_lanes_and_health")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="voice",
            field=models.TextField(blank=True, default="", max_length=2000),
        ),
    ]
