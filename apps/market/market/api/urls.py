"""The addresses."""

from django.contrib import admin
from django.urls import include, path

from market.api import views

urlpatterns = [
    path("", include("django_prometheus.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/health/", views.health_view, name="health"),
    path("api/v1/live/", views.live_view, name="live"),
    path("api/v1/prices/", views.prices_view, name="prices"),
    path("api/v1/ohlc/", views.ohlc_view, name="ohlc"),
]
