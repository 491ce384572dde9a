"""Pages of delegation: who stands in for whom, naming a deputy, ending it, and acting for a colleague."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Kind, Refused
from accounts.permissions import DELEGABLE
from facilities import actions
from facilities.managing.forms import SettingForm, day
from facilities.models import Delegation
from facilities.pages import BEHALF_KEY, Page
from facilities.policy import people as policy
from facilities.queries import people as queries
from facilities.sign_in import standing_in

# Colleagues that a form offers, and delegations that a page shows; more of both are at the REST door.
OFFERED: Final = 500
SHOWN: Final = 100


class DeputyForm(SettingForm):
    """Who stands in, for whom, from when to when; the last day is one on which it still holds."""

    principal_id = forms.TypedChoiceField(label=gettext_lazy("For whom"), coerce=UUID)
    deputy_id = forms.TypedChoiceField(label=gettext_lazy("Who stands in"), coerce=UUID)
    starts = day(gettext_lazy("From"))
    last = day(gettext_lazy("Last day"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(
        self, *args: Any, people: list[tuple[str, str]], me: str, for_all: bool, **kwargs: Any
    ) -> None:
        """Offer the colleagues; for whom is asked of those who speak for the staff."""
        super().__init__(*args, **kwargs)
        offered = [("", _("Please choose")), *people]
        for name in ("principal_id", "deputy_id"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = offered
        self.fields["principal_id"].initial = me
        if not for_all:
            del self.fields["principal_id"]

    def words(self) -> dict[str, Any]:
        """Return what was said as the action takes it: the term ends with the day after the last."""
        said = super().words()
        ends = said.pop("last") + timedelta(days=1)
        return {**said, "ends": ends}


class Deputies(Page):
    """Who stands in for this person, for whom this person does, and for those who speak for the staff all."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, with the form of a new one."""
        return self.whole()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Name a deputy; a refusal is told on the page, with what was typed kept."""
        form = self._form(request.POST)
        if not form.is_valid():
            return self.whole(form, status=422)
        words = {"principal_id": self.actor.user_id, **form.words()}
        try:
            self.once(form.cleaned_data["key"], lambda: self._named(words))
        except Refused as refusal:
            return self.whole(form, refusal, status=refusal.kind.value)
        messages.success(request, _("The deputy is named, and can act from the first day on."))
        return redirect("facilities:deputies")

    def whole(
        self, form: DeputyForm | None = None, refusal: Refused | None = None, *, status: int = 200
    ) -> HttpResponse:
        """Return the page."""
        today = timezone.localdate()
        found = list(queries.delegations(self.actor).order_by("-created_at", "-id")[:SHOWN])
        lines = [self._line(each, today) for each in found]
        mine = self.actor.user_id
        context = {
            "standing_in": [line for line in lines if line["row"].deputy_id == mine],
            "stood_in": [line for line in lines if line["row"].principal_id == mine],
            "others": [
                line
                for line in lines
                if mine not in {line["row"].deputy_id, line["row"].principal_id}
            ],
            "form": form or self._form(),
            "refusal": refusal,
            "invalid": form is not None and refusal is None,
            "longest": policy.longest_delegation().days,
        }
        return self.show("accounts/deputies.html", context, status=status)

    def _named(self, words: dict[str, Any]) -> str:
        actions.delegate(by=self.actor, **words)
        return reverse("facilities:deputies")

    def _form(self, data: Any = None) -> DeputyForm:
        people: dict[str, str] = {}
        if self.actor.facility_id is not None:
            posts = queries.colleagues(self.actor, timezone.localdate())
            for post in posts.filter(role__in=sorted(DELEGABLE)).order_by("user__full_name", "id")[
                :OFFERED
            ]:
                people.setdefault(
                    str(post.user_id), f"{post.user.full_name} · {post.get_role_display()}"
                )
        me = str(self.actor.user_id)
        for_all = policy.sees_all_delegations(self.actor)
        offered = [(pk, name) for pk, name in people.items() if for_all or pk != me]
        return DeputyForm(data, people=offered, me=me, for_all=for_all)

    def _line(self, row: Delegation, today: date) -> dict[str, Any]:
        over = row.ended_at is not None or not today < (row.ends or today)
        return {
            "row": row,
            "last": row.ends - timedelta(days=1) if row.ends else None,
            "is_over": over,
            "holds": not over and row.is_in_force(today),
            "may_end": not over
            and policy.may_take_back(self.actor, row.principal_id, row.deputy_id),
        }


class End(Page):
    """The end of a delegation, at once."""

    def post(self, request: HttpRequest, delegation_id: UUID) -> HttpResponse:
        """End it; ended before, it stays so. 404 for one that is not there and one of others."""
        try:
            with transaction.atomic():
                actions.take_back(delegation_id, by=self.actor)
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            messages.warning(request, str(refusal.detail))
            return redirect("facilities:deputies")
        messages.success(request, _("The delegation is ended."))
        return redirect("facilities:deputies")


class Act(Page):
    """Keeps in the session for which colleague somebody acts now; each request asks again whether he may."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin to act for the colleague named, or for oneself again; 404 where no delegation is in force."""
        named = request.POST.get("principal", "")
        request.session.pop(BEHALF_KEY, None)
        if named:
            if self._acting_for(named) is None:
                raise Http404
            request.session[BEHALF_KEY] = named
        return redirect(settings.LOGIN_REDIRECT_URL)

    def _acting_for(self, named: str) -> Any:
        try:
            principal = UUID(named)
        except ValueError:
            return None
        # A deputy in office does not go on to a third: it is the person himself whom the question is about.
        return standing_in(self.own, principal, now=timezone.now())
