"""Stores the links by which somebody without a sign-in reaches one referral; never the token itself."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Facility
from referral.models.legs import Referral


class LinkKind(models.TextChoices):
    """Whom a link lets in: a doctor of a facility outside the network, or the patient."""

    OUTSIDE = "outside", _("Facility outside the network")
    PATIENT = "patient", _("Patient")


class Link(models.Model):
    """A secret address of one referral: made, perhaps used, perhaps taken back; nothing is undone.

    `purpose` is a code word of whoever makes it. A new link takes the place of the one before it, so
    that of each kind and purpose at most one is in force.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=LinkKind)
    purpose = models.CharField(max_length=24, blank=True)
    referral = models.ForeignKey(Referral, models.PROTECT, db_index=False, related_name="links")
    facility = models.ForeignKey(Facility, models.PROTECT, db_index=False, related_name="+")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    token_hash = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Link")
        verbose_name_plural = _("Links")
        constraints: ClassVar = [
            models.CheckConstraint(name="link_kind_known", condition=Q(kind__in=LinkKind.values)),
            models.CheckConstraint(
                name="link_ends_after_it_begins", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.UniqueConstraint(name="link_token_once", fields=["token_hash"]),
            # Also the index by which the links of a referral are found.
            models.UniqueConstraint(
                name="link_one_in_force",
                fields=["referral", "kind", "purpose"],
                condition=Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
