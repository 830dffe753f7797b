"""What a network calls a picture that was handed over to it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0012_customer_records")]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="ref",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="attachment",
            name="ref_expires_at",
            field=models.DateTimeField(null=True),
        ),
    ]
