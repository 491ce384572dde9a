"""Registers the referral app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReferralConfig(AppConfig):
    """Both legs of a referral, as one tracked episode."""

    name = "referral"
    verbose_name = _("Referrals")
    default_auto_field = "django.db.models.BigAutoField"
