"""Both endpoints, side by side."""

from django.http import HttpResponse
from django.urls import path

from .endpoints import AnnotatedList, OneByOneList

urlpatterns = [
    path("healthz", lambda _: HttpResponse("ready")),
    path("n-plus-one/subscriptions", OneByOneList.as_view()),
    path("annotated/subscriptions", AnnotatedList.as_view()),
]
