"""The same list twice: every active subscription with what it has brought in."""

from decimal import Decimal

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from rest_framework import generics, serializers

from .models import Subscription

NOTHING = Decimal("0.00")


class ActiveSubscriptions(generics.ListAPIView):
    queryset = Subscription.objects.filter(status="active").select_related("plan").order_by("id")


class OneByOne(serializers.ModelSerializer):
    """Reads as if it cost nothing, and asks the database once for each subscription."""

    plan = serializers.CharField(source="plan.name")
    revenue = serializers.SerializerMethodField()

    class Meta:
        model = Subscription
        fields = ["id", "plan", "revenue"]

    def get_revenue(self, subscription) -> str:
        paid = subscription.invoices.filter(paid_at__isnull=False)
        return str(paid.aggregate(revenue=Sum("amount"))["revenue"] or NOTHING)


class Annotated(serializers.ModelSerializer):
    """Takes the sum from the list's own query."""

    plan = serializers.CharField(source="plan.name")
    revenue = serializers.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        model = Subscription
        fields = ["id", "plan", "revenue"]


class OneByOneList(ActiveSubscriptions):
    serializer_class = OneByOne


class AnnotatedList(ActiveSubscriptions):
    serializer_class = Annotated
    queryset = ActiveSubscriptions.queryset.annotate(
        revenue=Coalesce(Sum("invoices__amount", filter=Q(invoices__paid_at__isnull=False)), NOTHING)
    )
