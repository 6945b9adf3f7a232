"""An index that writers need not wait for; it cannot be built in a transaction, so it is a migration of its own."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0002_memo")]

    operations = [
        AddIndexConcurrently(
            model_name="transaction",
            index=models.Index(fields=["reference"], name="ledger_transaction_reference"),
        ),
    ]
