"""Connections of one brand are paused as one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connectors', '0005_lanes_by_time'),
    ]

    operations = [
        migrations.AddField(
            model_name='connection',
            name='brand',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
    ]
