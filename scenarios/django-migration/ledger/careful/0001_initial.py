from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("owner", models.CharField(max_length=200)),
                ("balance", models.DecimalField(decimal_places=2, max_digits=14)),
            ],
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("reference", models.UUIDField()),
                ("created_at", models.DateTimeField()),
                ("account", models.ForeignKey(db_index=False, on_delete=models.CASCADE, to="ledger.account")),
            ],
            options={"indexes": [models.Index(fields=["account", "-created_at"], name="ledger_transaction_account")]},
        ),
    ]
