"""`db_default` stays in the table: code that knows nothing of the column can go on inserting."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="memo",
            field=models.CharField(db_default="", max_length=500),
        ),
    ]
