"""Registers the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScenariosConfig(AppConfig):
    """Scenarios: stands above everything, and nobody imports it."""

    name = "scenarios"
    verbose_name = _("Scenarios")
