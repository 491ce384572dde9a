"""Registers the insights app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightsConfig(AppConfig):
    """Counts, rates and reports; nobody imports it, and it changes nothing below it."""

    name = "insights"
    verbose_name = _("Rates and reports")
    default_auto_field = "django.db.models.BigAutoField"
