"""The pages of what the system does by itself in an alliance where nobody answers."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from accounts.errors import Refused
from facilities.models import Alliance
from facilities.queries import networks
from referral import actions
from referral.actions.ruling import OFF
from referral.managing import words
from referral.managing.base import SET, RulesPage
from referral.managing.limit_forms import StepForm
from referral.managing.limits import AUTOMATIC, step_on
from referral.models import AutomaticStep
from referral.queries import clocks as queries_clocks
from referral.stages import Stage


class Automatic(RulesPage):
    """What the system does by itself at one stage: now, later, and before."""

    def get(self, request: HttpRequest, alliance_id: UUID, stage: str) -> HttpResponse:
        """Show it, with a form for another step."""
        alliance, waits = self.alliance(alliance_id), _stage(stage)
        return self.whole(alliance, waits, self._form(alliance, waits))

    def post(self, request: HttpRequest, alliance_id: UUID, stage: str) -> HttpResponse:
        """Show what the system would act on at once, and once that was seen, switch a step on or off."""
        alliance, waits = self.alliance(alliance_id), _stage(stage)
        form = self._form(alliance, waits, request.POST)
        if not form.is_valid():
            return self.whole(alliance, waits, form, status=400)
        if request.POST.get("step") != SET:
            return self.whole(alliance, waits, form, looked=_looked_at(alliance, waits, form))

        def deed() -> str:
            said = form.words()
            actions.set_automatic_step(
                alliance.pk, by=self.actor, stage=waits, now=timezone.now(), **said
            )
            return reverse("referral:automatic", args=[alliance.pk, waits.value])

        try:
            address = self.once(form.cleaned_data["key"], deed)
        except Refused as refusal:
            status = refusal.kind.value
            return self.whole(alliance, waits, form, refusal=refusal, status=status)
        messages.success(request, _("The new rule is set."))
        return redirect(address)

    @cached_property
    def steps(self) -> list[AutomaticStep]:
        """The steps of the alliance, the newest term first."""
        return list(queries_clocks.automatic_steps_of(self.kwargs["alliance_id"]))

    def _form(self, alliance: Alliance, stage: Stage, data: Any = None) -> StepForm:
        members = networks.member_names(alliance.pk, self.today)
        mine = [row for row in self.steps if row.stage == stage]
        on = any(words.term(row, self.today) in (words.IN_FORCE, words.PLANNED) for row in mine)
        starts = self.today + timedelta(days=1)
        return StepForm(data, stage=stage, members=members, is_on=on, initial={"starts": starts})

    def whole(
        self,
        alliance: Alliance,
        stage: Stage,
        form: StepForm,
        *,
        looked: dict[str, Any] | None = None,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and what was said of it."""
        # What was refused has changed nothing, and what was set leads elsewhere: the rows are still true.
        marked = [(row, words.term(row, self.today)) for row in self.steps if row.stage == stage]
        context = {
            "alliance": alliance,
            "stage": stage,
            "on": step_on(self.steps, stage, self.today),
            "rows": [
                {
                    "row": row,
                    "mark": mark,
                    "what": row.get_action_display(),
                    "withdraw": mark == words.PLANNED,
                }
                for row, mark in marked
            ],
            "form": form,
            "looked": looked,
            "refusal": refusal,
            "invalid": status == 400,
        }
        return self.show("managing/automatic.html", context, status=status)


def _looked_at(alliance: Alliance, stage: Stage, form: StepForm) -> dict[str, Any]:
    """Return what was asked for in words, and how many open legs have had as many calls already."""
    said = form.words()
    return {
        "action": form.actions[said["action"]],
        "acts": said["action"] != OFF,
        "after_steps": said["after_steps"],
        "starts": said["starts"],
        "counted": queries_clocks.called(alliance.pk, stage, said["after_steps"]),
    }


def _stage(name: str) -> Stage:
    """Return the stage that an address names; raises Http404 for one at which nothing happens by itself."""
    for stage in AUTOMATIC:
        if stage.value == name:
            return stage
    raise Http404
