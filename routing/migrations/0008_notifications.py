"""Notifications, and who wants them by e-mail or on the desktop. A desk that runs already begins with what comes."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

_BEGIN = """
INSERT INTO inbox_eventreader (name, position)
SELECT 'routing.notices', max(id) FROM inbox_event HAVING max(id) IS NOT NULL ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("connectors", "0006_brands"),
        ("inbox", "0018_mentions"),
        ("routing", "0007_who_is_read_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="agentprofile",
            name="desktop",
            field=models.CharField(
                blank=True,
                choices=[("", "Off"), ("plain", "Without a customer's name or words"), ("words", "With them")],
                db_default="",
                default="",
                max_length=5,
            ),
        ),
        migrations.CreateModel(
            name="Digest",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="digest",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("away", "Within a minute, while I am away"),
                            ("hourly", "Every hour"),
                            ("daily", "Once a day"),
                        ],
                        max_length=6,
                    ),
                ),
                ("hour", models.PositiveSmallIntegerField(default=8)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("problem", models.CharField(blank=True, default="", max_length=200)),
            ],
            options={"indexes": [models.Index(fields=["due_at"], name="digest_due")]},
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mention", "Mentioned"),
                            ("assigned", "Assigned to you"),
                            ("handed", "Handed to you"),
                            ("answer", "Wrote again"),
                            ("approval", "Approval asked"),
                            ("decided", "Decided"),
                            ("unsent", "Not sent"),
                            ("ill", "Connection ill"),
                        ],
                        max_length=10,
                    ),
                ),
                ("told", models.CharField(max_length=40)),
                ("subject_id", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                ("mail_claimed_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connectors.connection",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="inbox.conversation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "-id"], name="notices_of"),
                    models.Index(
                        condition=models.Q(("read_at__isnull", True)),
                        fields=["user", "-id"],
                        name="notices_unread",
                    ),
                    models.Index(
                        condition=models.Q(("read_at__isnull", False)), fields=["read_at"], name="notices_read"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("user", "event_id"), name="notified_once")],
            },
        ),
        migrations.RunSQL(_BEGIN, migrations.RunSQL.noop),
    ]
