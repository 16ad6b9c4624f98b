import django.db.models.deletion
from django.db import migrations, models

from governance import rls


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0009_systems_archived'),
    ]

    operations = [
        migrations.CreateModel(
            name='AmendmentCount',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('version', models.IntegerField()),
                ('total', models.IntegerField()),
                ('undone', models.IntegerField()),
                ('system', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.system')),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.tenant')),
            ],
            options={
                'db_table': 'amendment_counts',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'system'), name='amendment_counts_one_each')],
            },
        ),
        migrations.CreateModel(
            name='AmendmentDay',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
                ('amendment_type', models.TextField()),
                ('total', models.IntegerField()),
                ('undone', models.IntegerField()),
                ('tenant', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='governance.tenant')),
            ],
            options={
                'db_table': 'amendment_days',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'day', 'amendment_type'), name='amendment_days_one_each')],
            },
        ),
        *(rls.Wall(table) for table in ('amendment_counts', 'amendment_days')),
        rls.Refer('amendment_counts', 'system_id', 'systems'),
        *(rls.KeepRows(table) for table in ('amendment_counts', 'amendment_days')),
    ]
