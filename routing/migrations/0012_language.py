"""The language in which somebody reads the desk."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0011_bulk_takes_turns")]

    operations = [
        migrations.AddField(
            model_name="agentprofile",
            name="language",
            field=models.CharField(blank=True, default="", max_length=10),
        ),
    ]
