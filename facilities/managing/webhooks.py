"""The pages of the addresses that hear of events: list, secret shown once, deliveries, what did not arrive."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.actions import webhooks as actions
from facilities.managing import webhook_words as words
from facilities.managing.settings import SettingsPage
from facilities.managing.webhook_forms import PeriodForm, SubscriptionForm, TopicsForm
from facilities.pages import Page
from facilities.queries import telephones
from notifications import queries
from notifications.models import ChannelKind, MessageState, Subscription
from notifications.wording import FAMILIES

NEWEST_FIRST: Final = ("-created_at", "-id")
# Of each delivery; all of them are at the REST door.
ATTEMPTS: Final = 10
SHOWN: Final = {"failed": MessageState.DEAD, "waiting": MessageState.PENDING}


class WebhookPage(SettingsPage):
    """A page of whoever manages the addresses of a facility."""

    required: ClassVar[Permission | None] = Permission.WEBHOOK_MANAGE

    def mine(self, webhook_id: UUID) -> Subscription:
        """Return an address of the actor's facility; one of others' is not there."""
        row = queries.subscriptions(self.actor).filter(id=webhook_id).first()
        if row is None:
            raise Http404
        return row

    def once(self, key: str, perform: Callable[[], str]) -> str:
        """Do what a form asks for, once, and return the address to show. Raises Http404, Refused."""
        try:
            return super().once(key, perform)
        except ObjectDoesNotExist as error:
            raise Http404 from error

    def secret(self, row: Subscription) -> HttpResponse:
        """Show a new secret, this one time: it stands in no address, and nobody keeps a copy of the page."""
        return self.show("managing/secret.html", {"row": row})


class Webhooks(WebhookPage):
    """The addresses of a facility, and a form for one more."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them, newest first: there are 20 at most."""
        return self.listed(SubscriptionForm(initial={"topics": ["referral.*"]}))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Add an address, and show its secret."""
        form = SubscriptionForm(request.POST)
        if not form.is_valid():
            return self.listed(form, status=400)
        made: list[Subscription] = []
        said = form.cleaned_data

        def add() -> str:
            row = actions.add(
                ChannelKind(said["channel"]),
                said["address"],
                said["topics"],
                requires_ack=said["requires_ack"],
                by=self.actor,
            )
            made.append(row)
            return reverse("facilities:webhook", args=[row.pk])

        try:
            address = self.once(said["key"], add)
        except Refused as refusal:
            form.add_error(
                "address" if refusal.code == "bad-address" else None, str(refusal.detail)
            )
            return self.listed(form, status=refusal.kind.value)
        if made and made[0].secret:
            return self.secret(made[0])
        return redirect(address)

    def listed(self, form: SubscriptionForm, *, status: int = 200) -> HttpResponse:
        """Return the list, with the form as it was sent."""
        now = timezone.now()
        rows = queries.subscriptions(self.actor).order_by(*NEWEST_FIRST)
        context = {
            "lines": [words.line(row, now) for row in rows],
            "form": form,
            "families": FAMILIES,
            "is_open": form.is_bound,
        }
        return self.show("managing/webhooks.html", context, status=status)


class WholePage(WebhookPage):
    """A page that shows one address whole."""

    def whole(
        self,
        row: Subscription,
        form: TopicsForm,
        *,
        period: PeriodForm | None = None,
        refusal: object = "",
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the forms as they were sent."""
        now = timezone.now()
        shown = self.request.GET.get("show", "")
        found = queries.deliveries(row.pk, self.actor).defer("payload")
        if shown in SHOWN:
            found = found.filter(state=SHOWN[shown])
        page = self.paged(found, NEWEST_FIRST)
        tried = queries.attempts([each.pk for each in page.rows], most=ATTEMPTS)
        today = timezone.localdate(now)
        context = {
            "line": words.line(row, now),
            "form": form,
            "families": FAMILIES,
            "is_open": form.is_bound,
            "shown": shown if shown in SHOWN else "",
            "page": page,
            "deliveries": [words.delivery(each, tried.get(each.pk, [])) for each in page.rows],
            "period": period
            or PeriodForm(initial={"first": today - timedelta(days=7), "last": today}),
            "refusal": refusal,
        }
        return self.show("managing/webhook.html", context, status=status)


class Webhook(WholePage):
    """One address: what it hears of, and what it was sent."""

    def get(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Show it with a page of deliveries."""
        row = self.mine(webhook_id)
        return self.whole(row, TopicsForm(initial=words.values(row)))

    def post(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        """Change what it hears of."""
        row, form = self.mine(webhook_id), TopicsForm(request.POST)
        if not form.is_valid():
            return self.whole(row, form, status=400)
        said = form.cleaned_data

        def alter() -> str:
            words = {"topics": said["topics"], "requires_ack": said["requires_ack"]}
            actions.alter(row.pk, by=self.actor, **words)
            return reverse("facilities:webhook", args=[row.pk])

        address = self.once(said["key"], alter)
        messages.success(request, str(_("What is sent there has been changed.")))
        return redirect(address)


class WebhookDeed(WholePage):
    """Does something to an address: a new secret, a pause, its end, sending again."""

    def get(self, request: HttpRequest, webhook_id: UUID, what: str) -> HttpResponse:
        """Lead whoever reloads after a refusal back to the address."""
        return redirect("facilities:webhook", self.mine(webhook_id).pk)

    def post(self, request: HttpRequest, webhook_id: UUID, what: str) -> HttpResponse:
        """Do it and say so; a refusal is told on the page."""
        row = self.mine(webhook_id)
        deed = {"again": self._again, "rotate": self._rotate}.get(what)
        try:
            return deed(row) if deed else self._plain(row, what)
        except Refused as refusal:
            form = TopicsForm(initial=words.values(row))
            return self.whole(row, form, refusal=refusal.detail, status=refusal.kind.value)

    def _plain(self, row: Subscription, what: str) -> HttpResponse:
        if what not in _DEEDS:
            raise Http404
        perform, said, name = _DEEDS[what]
        target = reverse(name, args=[] if what == "remove" else [row.pk])

        def work() -> str:
            perform(row.pk, by=self.actor)
            return target

        address = self.once(self.request.POST.get("key", "")[:36], work)
        messages.success(self.request, str(said))
        return redirect(address)

    def _rotate(self, row: Subscription) -> HttpResponse:
        made: list[Subscription] = []

        def rotate() -> str:
            made.append(actions.rotate(row.pk, by=self.actor))
            return reverse("facilities:webhook", args=[row.pk])

        address = self.once(self.request.POST.get("key", "")[:36], rotate)
        return self.secret(made[0]) if made else redirect(address)

    def _again(self, row: Subscription) -> HttpResponse:
        """Send one delivery again, or all failed ones of a period."""
        wanted: dict[str, Any] = {}
        if "delivery" in self.request.POST:
            wanted["delivery"] = _uuid(self.request.POST["delivery"])
        else:
            period = PeriodForm(self.request.POST)
            if not period.is_valid():
                form = TopicsForm(initial=words.values(row))
                return self.whole(row, form, period=period, status=400)
            wanted["since"], wanted["until"] = period.bounds()
        count: list[int] = []

        def send() -> str:
            count.append(actions.send_again(row.pk, by=self.actor, only_failed=True, **wanted))
            return reverse("facilities:webhook", args=[row.pk])

        address = self.once(self.request.POST.get("key", "")[:36], send)
        number = sum(count)
        text = ngettext(
            "%(number)s message is sent again.", "%(number)s messages are sent again.", number
        )
        if count:
            messages.success(self.request, text % {"number": number})
        return redirect(address)


class Undelivered(SettingsPage):
    """What did not arrive, at either end: somebody rings, or mends the address."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        """List the open tasks of the facility, newest first."""
        rows = queries.tasks(self.actor, only_open=True)
        page = self.paged(rows, ("-opened_at", "-id"))
        places = telephones.of(each.message.recipient_id for each in page.rows)
        context = {"page": page, "tasks": [words.task(row, places) for row in page.rows]}
        return self.show("managing/undelivered.html", context)


class TaskDone(Page):
    """Closes one of them."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def post(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        """Close it; to do so again changes nothing. 404 for a task of others."""
        try:
            actions.close_task(task_id, by=self.actor)
        except Refused as refusal:
            if refusal.kind is not Kind.NOT_FOUND:
                raise
            raise Http404 from refusal
        messages.success(request, str(_("It is done. The message itself is sent on.")))
        return redirect("facilities:undelivered")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


_DEEDS: Final[Mapping[str, tuple[Any, Any, str]]] = {
    "pause": (actions.pause, _("Nothing is sent there any more."), "facilities:webhook"),
    "resume": (actions.resume, _("New messages are sent there again."), "facilities:webhook"),
    "remove": (
        actions.remove,
        _("The address and its secret are forgotten."),
        "facilities:webhooks",
    ),
}
