"""Knowledge: articles for customers and for staff, with every version of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import inbox.models.search
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0020_noise_rules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField(max_length=4000)),
                (
                    "audience",
                    models.CharField(
                        choices=[("staff", "For staff only"), ("public", "Public")], default="staff", max_length=6
                    ),
                ),
                ("address", models.CharField(blank=True, default="", max_length=400)),
                ("archived_at", models.DateTimeField(null=True)),
                ("words", inbox.models.search.WordsField()),
                ("traces", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["words"], name="article_words"),
                    django.contrib.postgres.indexes.GinIndex(fields=["traces"], name="article_traces"),
                ],
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("title"), name="article_once"),
                    models.CheckConstraint(
                        condition=models.Q(("address", ""), ("audience", "public"), _connector="OR"),
                        name="article_address_public",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ArticleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=120)),
                ("text", models.TextField(max_length=4000)),
                (
                    "audience",
                    models.CharField(
                        choices=[("staff", "For staff only"), ("public", "Public")], default="staff", max_length=6
                    ),
                ),
                ("address", models.CharField(blank=True, default="", max_length=400)),
                (
                    "did",
                    models.CharField(
                        choices=[
                            ("added", "added it"),
                            ("changed", "changed it"),
                            ("restored", "brought an earlier version back"),
                            ("archived", "archived it"),
                            ("offered", "took it out of the archive"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="inbox.article"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
    ]
