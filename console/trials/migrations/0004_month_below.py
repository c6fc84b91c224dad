import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("trials", "0003_judging"), ("provider", "0002_accounts_and_budgets")]

    operations = [
        # The table was renamed by the provider's migration; its key and the references to it are as they were.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="conversation",
                    name="month",
                    field=models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="provider.month",
                    ),
                ),
                migrations.DeleteModel(name="Month"),
            ]
        ),
        migrations.AddField(
            model_name='run',
            name='account',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='provider.provideraccount'),
        ),
        migrations.AddField(
            model_name='subject',
            name='left_out',
            field=models.JSONField(default=list),
        ),
    ]
