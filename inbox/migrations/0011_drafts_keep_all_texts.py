from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0010_where_it_was_found")]

    operations = [
        migrations.AddField("saveddraft", "more", models.JSONField(default=list)),
        migrations.AddField("saveddraft", "line", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("saveddraft", "fallback", models.TextField(blank=True, db_default="", default="")),
    ]
