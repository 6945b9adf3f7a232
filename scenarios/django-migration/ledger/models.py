from django.db import models


class Account(models.Model):
    owner = models.CharField(max_length=200)
    balance = models.DecimalField(max_digits=14, decimal_places=2)


class Transaction(models.Model):
    account = models.ForeignKey(Account, models.CASCADE, db_index=False)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reference = models.UUIDField()
    created_at = models.DateTimeField()
    memo = models.CharField(max_length=500, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-created_at"], name="ledger_transaction_account"),
            models.Index(fields=["reference"], name="ledger_transaction_reference"),
        ]
