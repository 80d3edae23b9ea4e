"""The Django app: models that others' tables are read by."""

from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market.api"
    label = "market"
    verbose_name = "Market"
