"""Stores the words in which an alliance sends its messages; a change is a new row, and rows stay."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from facilities.models import Alliance
from facilities.models.dated import Planned, never_twice
from referral.models.constraints import iff


class MessageText(Planned):
    """One message in the words of one alliance in a term of days; empty words are the standard again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    alliance = models.ForeignKey(Alliance, models.PROTECT, db_index=False, related_name="+")
    code = models.CharField(max_length=8)
    zh = models.CharField(_("In Chinese"), max_length=300, blank=True)
    en = models.CharField(_("In English"), max_length=300, blank=True)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Message of an alliance")
        verbose_name_plural = _("Messages of alliances")
        constraints: ClassVar = [
            *Planned.Meta.constraints,
            iff("message_text_both_or_none", Q(zh=""), Q(en="")),
            never_twice(
                "message_text_never_twice",
                "alliance",
                "code",
                message=_("Other words of this message hold in this term."),
            ),
        ]

    def __str__(self) -> str:
        return self.code
