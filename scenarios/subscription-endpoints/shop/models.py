"""The tables of the scenario's schema, which belong to it: nothing here is migrated."""

from django.db import models


class Plan(models.Model):
    name = models.TextField()

    class Meta:
        managed = False
        db_table = "plans"


class Subscription(models.Model):
    plan = models.ForeignKey(Plan, models.DO_NOTHING)
    status = models.TextField()

    class Meta:
        managed = False
        db_table = "subscriptions"


class Invoice(models.Model):
    subscription = models.ForeignKey(Subscription, models.DO_NOTHING, related_name="invoices")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "invoices"
