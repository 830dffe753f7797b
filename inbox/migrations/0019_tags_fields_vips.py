"""Tags that are archived and merged with an undo, fields of the desk's own, and lists of people who matter."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inbox', '0018_mentions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='tag',
            name='archived_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='CustomField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('choice', 'Choice'), ('text', 'Text'), ('number', 'Number'), ('date', 'Date'), ('product', 'Product')], max_length=8)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('archived_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='custom_field_once')],
            },
        ),
        migrations.CreateModel(
            name='FieldOption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('code', models.CharField(blank=True, default='', max_length=40)),
                ('archived_at', models.DateTimeField(null=True)),
                ('field', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='options', to='inbox.customfield')),
            ],
        ),
        migrations.CreateModel(
            name='FieldValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(blank=True, default='', max_length=200)),
                ('number', models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ('day', models.DateField(null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('conversation', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='values', to='inbox.conversation')),
                ('ended_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('field', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inbox.customfield')),
                ('option', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='inbox.fieldoption')),
            ],
        ),
        migrations.CreateModel(
            name='TagMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gone', models.BigIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('colour', models.CharField(max_length=8)),
                ('archived_at', models.DateTimeField(null=True)),
                ('into', models.BigIntegerField()),
                ('moved', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('both', models.JSONField()),
                ('searches', models.JSONField()),
                ('below', models.JSONField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='VipList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('archived_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('name'), name='vip_list_once')],
            },
        ),
        migrations.CreateModel(
            name='VipEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(max_length=200)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inbox.contact')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='inbox.viplist')),
            ],
        ),
        migrations.AddConstraint(
            model_name='fieldoption',
            constraint=models.UniqueConstraint(models.F('field'), django.db.models.functions.text.Lower('name'), name='field_option_once'),
        ),
        migrations.AddConstraint(
            model_name='fieldoption',
            constraint=models.UniqueConstraint(models.F('field'), django.db.models.functions.text.Lower('code'), condition=models.Q(('code', ''), _negated=True), name='field_code_once'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(fields=['conversation', 'id'], name='field_values_of'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('option__isnull', False)), fields=['field', 'option', 'conversation'], name='conversation_of_option'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(models.F('field'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Lower('text'), name='text_pattern_ops'), condition=models.Q(('ended_at__isnull', True), models.Q(('text', ''), _negated=True)), name='conversation_of_text'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('number__isnull', False)), fields=['field', 'number'], name='conversation_of_number'),
        ),
        migrations.AddIndex(
            model_name='fieldvalue',
            index=models.Index(condition=models.Q(('day__isnull', False), ('ended_at__isnull', True)), fields=['field', 'day'], name='conversation_of_day'),
        ),
        migrations.AddConstraint(
            model_name='fieldvalue',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('conversation', 'field'), name='field_value_once'),
        ),
        migrations.AddConstraint(
            model_name='fieldvalue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('day__isnull', True), ('number__isnull', True), ('option__isnull', False), ('text', '')), models.Q(('day__isnull', True), ('number__isnull', True), ('option__isnull', True), models.Q(('text', ''), _negated=True)), models.Q(('day__isnull', True), ('number__isnull', False), ('option__isnull', True), ('text', '')), models.Q(('day__isnull', False), ('number__isnull', True), ('option__isnull', True), ('text', '')), _connector='OR'), name='field_value_of_one_kind'),
        ),
        migrations.AddIndex(
            model_name='vipentry',
            index=models.Index(fields=['contact'], name='vip_of_contact'),
        ),
        migrations.AddConstraint(
            model_name='vipentry',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('list', 'contact'), name='vip_once'),
        ),
    ]
