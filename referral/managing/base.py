"""What the pages share on which a manager sets the rules of an alliance: which alliance, and how a deed is done."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
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

    def once(self, key: str, perform: Callable[[], str]) -> str:
        """Do it once; what is not there, and what is others', give the same 404."""
        try:
            return super().once(key, perform)
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            raise


class Overview(RulesPage):
    """All that an alliance has set of one kind, and the ways to change it."""

    name: ClassVar[str]
    template: ClassVar[str]

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it for the alliance that the address asks for."""
        return self.whole(self.chosen())

    def whole(
        self, alliance: Alliance | None, *, refusal: Refused | None = None, status: int = 200
    ) -> HttpResponse:
        """Return the page, with the words of a refusal where there was one."""
        context = {"alliance": alliance, "alliances": self.alliances, "refusal": refusal}
        return self.show(self.template, {**context, **self.listed(alliance)}, status=status)

    def listed(self, alliance: Alliance | None) -> dict[str, Any]:
        """Return what the page shows of an alliance; where there is none, what it shows all the same."""
        raise NotImplementedError

    def address(self, alliance: Alliance) -> str:
        """Return where the page of an alliance is."""
        return f"{reverse(self.name)}?alliance={alliance.pk}"


class Withdrawal(Overview):
    """Takes back a rule that has not begun."""

    def get(self, request: HttpRequest, alliance_id: UUID, rule_id: UUID) -> HttpResponse:  # type: ignore[override]
        """Lead whoever reloads after a refusal back to the overview."""
        return redirect(self.address(self.alliance(alliance_id)))

    def post(self, request: HttpRequest, alliance_id: UUID, rule_id: UUID) -> HttpResponse:
        """Withdraw it and show where it stood; 404 for a rule of others."""
        alliance = self.alliance(alliance_id)
        try:
            address = self.once("withdraw", lambda: self.withdrawn(alliance, rule_id))
        except Refused as refusal:
            return self.whole(alliance, refusal=refusal, status=refusal.kind.value)
        messages.success(request, _("The planned rule is withdrawn; the one before it holds on."))
        return redirect(address)

    def withdrawn(self, alliance: Alliance, rule_id: UUID) -> str:
        """Withdraw it and return the address to show. Raises Refused."""
        raise NotImplementedError


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
