"""Words to find messages, notes and people by, and the searches that people keep."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import inbox.models.search
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inbox', '0014_macro_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(max_length=1000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['owner', 'name'], name='saved_search_of'), models.Index(condition=models.Q(('deleted_at__isnull', False)), fields=['deleted_at'], name='saved_search_gone')],
                'constraints': [models.UniqueConstraint(models.F('owner'), django.db.models.functions.text.Lower('name'), condition=models.Q(('deleted_at__isnull', True)), name='saved_search_once')],
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('words', inbox.models.search.WordsField()),
                ('identity', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inbox.identity')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inbox.message')),
                ('note', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='inbox.note')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='search_words')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('identity__isnull', True), ('message__isnull', False), ('note__isnull', True)), models.Q(('identity__isnull', True), ('message__isnull', True), ('note__isnull', False)), models.Q(('identity__isnull', False), ('message__isnull', True), ('note__isnull', True)), _connector='OR'), name='search_entry_of_one')],
            },
        ),
    ]
