"""People and topics whose replies somebody else reads before they leave."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0006_kept_for_who_had_it")]

    operations = [
        migrations.AddField(
            model_name="agentprofile",
            name="needs_approval",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="topic",
            name="needs_approval",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
