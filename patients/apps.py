"""Names the patients app; it has no administration pages, since those show plain text to anybody."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    """Patients, their identifiers, consents, contracts and access grants."""

    name = "patients"
    verbose_name = _("Patients")
