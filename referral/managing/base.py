"""What the pages share on which a manager sets the rules of an alliance: which alliance, and how a deed is done."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from accounts.rest import idempotency
from facilities.models import Alliance
from facilities.queries import networks
from referral.forms_base import look
from referral.views import ReferralPage

# What a form is sent for: to look at the effect, or to set what was looked at.
SET = "set"


class RulesPage(ReferralPage):
    """A page on which the manager of an alliance sets its rules."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_COORDINATE

    @cached_property
    def today(self) -> date:
        """The day on which the page is shown."""
        return timezone.localdate()

    @cached_property
    def alliances(self) -> list[Alliance]:
        """The alliances that this post manages, by name."""
        return networks.named(self.actor.alliance_ids, self.today)

    def chosen(self) -> Alliance | None:
        """Return the alliance that the address asks for, else the first one; None where there is none."""
        asked = self.request.GET.get("alliance", "")
        found = [each for each in self.alliances if str(each.pk) == asked]
        if asked and not found:
            raise Http404
        return next(iter(found or self.alliances), None)

    def alliance(self, alliance_id: UUID) -> Alliance:
        """Return one of the alliances of this post; one that is not there and one of others give the same 404."""
        for each in self.alliances:
            if each.pk == alliance_id:
                return each
        raise Http404

    def done_once(self, request: HttpRequest, key: str, deed: Callable[[], str]) -> str:
        """Do what a form asks once, however often it is sent; raises Refused, with nothing written."""
        try:
            with transaction.atomic():
                return idempotency.once(request, self.actor, key, deed)
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            raise


class SettingForm(forms.Form):
    """A rule to be set; `key` names this form alone, so that a double click sets it once."""

    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each field its look."""
        super().__init__(*args, **kwargs)
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = look(field.field)

    def said(self) -> list[tuple[str, str]]:
        """Return what was sent, to be sent once more by a form that only confirms."""
        return [(each.html_name, str(each.value() or "")) for each in self]
