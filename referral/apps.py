"""Registers the referral app."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from referral.criteria.checks import criteria_are_sound


class ReferralConfig(AppConfig):
    """Both legs of a referral, as one tracked episode."""

    name = "referral"
    verbose_name = _("Referrals")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the criteria's data files be checked with everything else."""
        register(criteria_are_sound)
