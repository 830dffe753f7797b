"""Holds by people, pauses, drafts that wait, macros."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0007_sending_by_connection"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Macro",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                ("text", models.TextField(max_length=4000)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="SavedDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("audience", models.CharField(max_length=6)),
                ("text", models.TextField()),
                ("comment", models.CharField(blank=True, default="", max_length=400)),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="SendingPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("brand", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="outboxhold",
            name="found",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="outboxhold",
            name="payload_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="outboxhold",
            name="reason",
            field=models.CharField(blank=True, db_default="", default="", max_length=400),
        ),
        migrations.AddField(
            model_name="outboxhold",
            name="released_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outboxhold",
            name="why",
            field=models.CharField(blank=True, db_default="", default="", max_length=400),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="fallback",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="fell_back",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="owner",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="payload_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="outboxitem",
            name="then",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="outboxhold",
            name="kind",
            field=models.CharField(
                choices=[
                    ("undo", "You can still undo this"),
                    ("schedule", "Scheduled"),
                    ("guard", "Held by the guard"),
                    ("approval", "Waiting for approval"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="outboxitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("reply", "Public reply"),
                    ("direct", "Private reply"),
                    ("hide", "Hide"),
                    ("unhide", "Show again"),
                    ("like", "Like"),
                    ("unlike", "Take the like back"),
                    ("delete", "Delete"),
                    ("block", "Block"),
                    ("unblock", "Unblock"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="outboxhold",
            index=models.Index(
                condition=models.Q(("kind__in", ["guard", "approval"]), ("released_at__isnull", True)),
                fields=["created_at"],
                name="hold_for_people",
            ),
        ),
        migrations.AddField(
            model_name="saveddraft",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="saveddraft",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="inbox.conversation"
            ),
        ),
        migrations.AddField(
            model_name="sendingpause",
            name="began_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sendingpause",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="saveddraft",
            constraint=models.UniqueConstraint(fields=("author", "conversation", "audience"), name="draft_once"),
        ),
        migrations.AddConstraint(
            model_name="sendingpause",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("brand",), name="pause_once"
            ),
        ),
    ]
