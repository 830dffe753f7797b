"""What rules may ask of tags, fields and the lists that a customer is on."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inbox', '0019_tags_fields_vips'),
        ('routing', '0008_notifications'),
    ]

    operations = [
        migrations.AddField(
            model_name='rule',
            name='fields',
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name='rule',
            name='tags',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name='rule',
            name='vips',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None),
        ),
    ]
