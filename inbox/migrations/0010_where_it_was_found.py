"""Where the guard found something, and what a network showed when it was asked about a doubtful item."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0009_pictures")]

    operations = [
        migrations.AddField(
            model_name="outboxhold",
            name="marks",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="found",
            field=models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict),
        ),
    ]
