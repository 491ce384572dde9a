"""What somebody leaves open at a facility, and handing it on to a colleague."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import ROLE_PERMISSIONS, Permission, Role
from audit import record
from facilities.managing.forms import SettingForm
from facilities.managing.settings import WritingPage
from facilities.queries import managing as queries_managing
from facilities.queries import people
from referral import actions
from referral.actions.assigning import ACTING
from referral.models import Referral
from referral.queries import assignments as queries
from referral.views import ReferralPage

# As many as are handed on at once (referral/serializers/assignments.py).
MOST: Final = 200


class HandOnForm(SettingForm):
    """To whom the legs that were shown go."""

    to = forms.ChoiceField(label=_("Hand on to"))
    leg = forms.TypedMultipleChoiceField(coerce=UUID, widget=forms.MultipleHiddenInput)

    def __init__(
        self, *args: Any, colleagues: list[tuple[Any, str]], legs: list[UUID], **kwargs: Any
    ) -> None:
        """Offer the colleagues, and the legs that this person answers for now."""
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = colleagues  # type: ignore[attr-defined]
        self.fields["leg"].choices = [(str(each), "") for each in legs]  # type: ignore[attr-defined]
        self.fields["leg"].initial = [str(each) for each in legs]


class LegsOf(WritingPage, ReferralPage):
    """The open legs for which somebody answers at the actor's facility."""

    required: ClassVar[Permission | None] = Permission.STAFF_ASSIGN

    def get(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Show them: a part for the page of a post, else a page; 404 for who never worked here."""
        return self._page(user_id)

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Hand all that were shown on to one colleague, all of them or none."""
        legs = self._legs(user_id)
        form = self._form(user_id, legs, request.POST)
        answer = self.written(
            form,
            lambda said: actions.assign(said["leg"], by=self.actor, user_id=UUID(said["to"])),
            address=reverse("referral:legs-of", args=[user_id]),
            said=_("Handed on."),
        )
        return answer or self._page(user_id, form=form, status=422)

    def _legs(self, user_id: UUID) -> list[Referral]:
        if not queries_managing.has_worked_here(user_id, self.actor.place):
            raise Http404
        rows = queries.legs(self.actor, on=timezone.localdate(), user=user_id)
        return list(rows.order_by(*queries.NEWEST_FIRST)[: MOST + 1])

    def _form(self, user_id: UUID, legs: list[Referral], *data: Any) -> HandOnForm:
        found = people.colleagues(self.actor, timezone.localdate()).exclude(user=user_id)
        found = found.filter(role__in=[role for role in Role if ACTING & ROLE_PERMISSIONS[role]])
        names = {row.user_id: row.user.full_name for row in found.order_by("user__full_name")[:500]}
        shown = [leg.pk for leg in legs[:MOST]]
        return HandOnForm(*data, colleagues=list(names.items()), legs=shown)

    def _page(
        self, user_id: UUID, *, form: HandOnForm | None = None, status: int = 200
    ) -> HttpResponse:
        legs = self._legs(user_id)
        is_part = "HX-Request" in self.request.headers
        context = {
            "person": queries.names([user_id]).get(user_id, ""),
            "user_id": user_id,
            "legs": legs[:MOST],
            "more": len(legs) > MOST,
        }
        if is_part:
            template = "managing/legs_part.html"
        else:
            template = "managing/legs.html"
            is_stale = form is not None and "leg" in form.errors
            context["is_stale"] = is_stale
            context["form"] = self._form(user_id, legs) if form is None or is_stale else form
        answer = self.show(template, context, status=status)
        shown = [leg.pk for leg in legs[:MOST]]
        record.read(self.actor, what="referral.assignments", referrals=shown)
        return answer
