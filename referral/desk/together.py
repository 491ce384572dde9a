"""Several referrals at once, for the referral office: each is a move of its own, in a transaction of its own."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import scope
from accounts.errors import Refused
from accounts.permissions import Permission
from accounts.rest import idempotency
from accounts.rest.problems import BUSY_STATES
from referral import pages, panel, wording
from referral.desk import offers
from referral.desk.forms import TOGETHER_FORMS, TogetherForm
from referral.models import Referral
from referral.queries import referrals as queries
from referral.views import ReferralPage

BUSY = _("Somebody is working on it at this moment. Try it again.")
# So many are waited for; a crowd of locks would keep the office waiting for minutes.
PATIENCE = 3
GONE = _("It is not to be seen any more.")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one of them: `refused` is empty where the move was made."""

    line: pages.Line | None
    refused: str | Promise


# The request must not be one transaction: a refusal, or a lock that is waited for, concerns one referral.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class Together(ReferralPage):
    """One verb for the referrals that were ticked in the inbox."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_RECEIVE
    one_transaction: ClassVar[bool] = False

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead whoever reloads back to the inbox."""
        return redirect("referral:box", "inbox")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for what the verb needs, then make the move of each; say which were made, and why not."""
        asked = TogetherForm(request.POST)
        if not asked.is_valid() or not asked.picks:
            return redirect("referral:box", "inbox")
        verb = asked.cleaned_data["verb"]
        kind = TOGETHER_FORMS.get(verb, TogetherForm)
        if kind is not TogetherForm and "sure" not in request.POST:
            return self._ask(kind(initial={"verb": verb}), asked.picks)
        form = kind(request.POST)
        if not form.is_valid():
            return self._ask(form, asked.picks, status=400)
        done: list[Done] = []
        for pick in form.picks:
            waited = sum(each.refused is BUSY for each in done)
            done.append(self._one(form, *pick, patient=waited < PATIENCE))
        return self._told(verb, done)

    def _one(self, form: TogetherForm, referral_id: UUID, version: int, *, patient: bool) -> Done:
        """Make one move; what is wrong with it is its own matter."""
        refused: str | Promise = "" if patient else BUSY
        try:
            if patient:
                with scope.transaction_as(self.actor):
                    self._moved(form, referral_id, version)
        except Refused as refusal:
            refused = str(refusal.detail)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in BUSY_STATES:
                raise
            refused = BUSY
        with scope.transaction_as(self.actor):
            referral = queries.find(referral_id, self.actor)
            if referral is None:
                return Done(None, refused or GONE)
            [line] = pages.lines([referral], self.actor, timezone.now())
            return Done(line, refused)

    def _moved(self, form: TogetherForm, referral_id: UUID, version: int) -> None:
        verb = form.cleaned_data["verb"]
        words = {**form.words(), "version": version}

        def perform() -> str:
            panel.perform(verb, referral_id, self.actor, words)
            return str(referral_id)

        key = form.cleaned_data["key"]
        idempotency.once(self.request, self.actor, key, perform, part=str(referral_id))

    def _ask(
        self, form: TogetherForm, picks: list[tuple[UUID, int]], *, status: int = 200
    ) -> HttpResponse:
        """Show what the verb needs, with the referrals that it is about."""
        with scope.transaction_as(self.actor):
            rows = self._seen(picks)
            form.ranked = offers.alike(rows, now=timezone.now())  # type: ignore[attr-defined]
            verb = form["verb"].value()
            context = {
                "form": form,
                "verb": wording.VERBS[verb],
                "ask": True,
                "picks": [f"{pk}:{version}" for pk, version in picks],
                "lines": pages.lines(rows, self.actor, timezone.now()),
            }
            answer = self.show("desk/together.html", context, status=status)
            self.log("referral.together", rows)
        return answer

    def _seen(self, picks: list[tuple[UUID, int]]) -> list[Referral]:
        rows = queries.several([pk for pk, _version in picks], self.actor)
        queries.hang_places(rows)
        return rows

    def _told(self, verb: str, done: list[Done]) -> HttpResponse:
        context: dict[str, Any] = {
            "verb": wording.VERBS[verb],
            "made": [each for each in done if not each.refused],
            "refused": [each for each in done if each.refused],
        }
        with scope.transaction_as(self.actor):
            answer = self.show("desk/together.html", context)
            self.log("referral.together", [each.line.referral for each in done if each.line])
        return answer
