"""As `makemigrations` writes it for a field with `default=""` and an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="memo",
            field=models.CharField(default="", max_length=500),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["reference"], name="ledger_transaction_reference"),
        ),
    ]
