import decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def money(**options):
    return models.DecimalField(decimal_places=6, max_digits=14, **options)


MONTH = migrations.CreateModel(
    name="Month",
    fields=[
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("calls", models.PositiveIntegerField(default=0)),
        ("input_tokens", models.BigIntegerField(default=0)),
        ("output_tokens", models.BigIntegerField(default=0)),
        ("cost", money(default=decimal.Decimal("0"))),
        ("saved", money(default=decimal.Decimal("0"))),
        ("in_flight", models.PositiveIntegerField(default=0)),
        ("reserved_tokens", models.BigIntegerField(default=0)),
        ("reserved_cost", money(default=decimal.Decimal("0"))),
        ("max_tokens", models.BigIntegerField(null=True)),
        ("max_cost", money(null=True)),
        ("month", models.DateField()),
        (
            "workspace",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="months",
                to="accounts.workspace",
            ),
        ),
    ],
    options={
        "constraints": [
            models.UniqueConstraint(fields=("workspace", "month"), name="one_account_a_month")
        ]
    },
)


class Migration(migrations.Migration):
    dependencies = [
        ("provider", "0001_initial"),
        ("accounts", "0001_initial"),
        ("trials", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The account of a month was the trials' own; judges book on it too, so that it belongs below both.
        migrations.SeparateDatabaseAndState(
            state_operations=[MONTH],
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE trials_month RENAME TO provider_month",
                    "ALTER TABLE provider_month RENAME TO trials_month",
                )
            ],
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month_tokens', models.BigIntegerField(null=True)),
                ('month_cost', models.DecimalField(decimal_places=6, max_digits=14, null=True)),
                ('run_tokens', models.BigIntegerField(null=True)),
                ('run_cost', models.DecimalField(decimal_places=6, max_digits=14, null=True)),
                ('run_seconds', models.PositiveIntegerField(null=True)),
                ('conversation_tokens', models.BigIntegerField(null=True)),
                ('conversation_cost', models.DecimalField(decimal_places=6, max_digits=14, null=True)),
                ('conversation_seconds', models.PositiveIntegerField(null=True)),
                ('conversation_calls', models.PositiveIntegerField(null=True)),
                ('at', models.DateTimeField(auto_now=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='budget', to='accounts.workspace')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(choices=[('anthropic', 'Anthropic'), ('messages', 'Another server that speaks the Messages API'), ('bedrock', 'Amazon Bedrock'), ('vertex', 'Google Vertex AI'), ('foundry', 'Microsoft Foundry')], max_length=12)),
                ('base_url', models.CharField(blank=True, max_length=500)),
                ('region', models.CharField(blank=True, max_length=60)),
                ('project', models.CharField(blank=True, max_length=120)),
                ('key', models.BinaryField(default=b'')),
                ('key_at', models.DateTimeField(null=True)),
                ('is_default', models.BooleanField(default=False)),
                ('requests_per_minute', models.PositiveIntegerField(null=True)),
                ('input_tokens_per_minute', models.PositiveBigIntegerField(null=True)),
                ('output_tokens_per_minute', models.PositiveBigIntegerField(null=True)),
                ('tested_at', models.DateTimeField(null=True)),
                ('tested_well', models.BooleanField(default=False)),
                ('tested_said', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='provider_accounts', to='accounts.workspace')),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('workspace', 'name'), name='one_provider_account_a_name'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('workspace',), name='one_default_provider_account')],
            },
        ),
    ]
