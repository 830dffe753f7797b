"""Every version of a macro is kept. What is there already is its first one."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FIRST = """
INSERT INTO inbox_macroversion (macro_id, name, text, did, by_id, at)
SELECT id, name, text, 'added', NULL, now() FROM inbox_macro m
WHERE NOT EXISTS (SELECT FROM inbox_macroversion v WHERE v.macro_id = m.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("inbox", "0013_pictures_at_the_network"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MacroVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("text", models.TextField(max_length=4000)),
                (
                    "did",
                    models.CharField(
                        choices=[
                            ("added", "added it"),
                            ("changed", "changed it"),
                            ("restored", "brought an earlier version back"),
                            ("deleted", "deleted it"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "macro",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="versions",
                        to="inbox.macro",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
