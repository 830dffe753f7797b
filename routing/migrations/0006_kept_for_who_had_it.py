from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("routing", "0005_welcome_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="queueentry",
            name="first_for",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="queueentry",
            name="first_until",
            field=models.DateTimeField(null=True),
        ),
        # No row fits it yet, and the queue has none but open conversations: it is built in a moment.
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                condition=models.Q(("first_for__isnull", False)),
                fields=["first_for", "waiting_since", "conversation"],
                name="queue_kept",
            ),
        ),
    ]
