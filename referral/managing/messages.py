"""The pages of messages: which goes to whom on which event, and the words of an alliance with a preview."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.errors import Refused
from facilities.models import Alliance
from referral import actions, message_texts
from referral.managing import words
from referral.managing.base import SET, Overview, RulesPage, SettingForm, Withdrawal
from referral.managing.limit_forms import day
from referral.message_texts import Kind
from referral.models import MessageText
from referral.policy import message_texts as policy
from referral.queries import message_texts as queries
from referral.wording import Mark

EVENTS: Final = {
    "N001": gettext_lazy("An up-referral or lateral referral is submitted"),
    "N002": gettext_lazy("A referral is accepted"),
    "N003": gettext_lazy("A referral is declined"),
    "N004": gettext_lazy("A deadline has passed"),
    "N005": gettext_lazy("A patient is sent back down"),
    "N006": gettext_lazy("An administrator acts for somebody"),
    "S001": gettext_lazy("A consent is asked for"),
    "S002": gettext_lazy("The patient's referral is accepted"),
    "S003": gettext_lazy("The patient's referral waits too long"),
}
TO: Final = {
    "receiver": gettext_lazy("The receiving facility"),
    "sender": gettext_lazy("The sending facility"),
    "late": gettext_lazy("Whoever the ladder calls, in the end the manager of the alliance"),
    "doctor": gettext_lazy("The doctor for whom it was done"),
    "patient": gettext_lazy("The patient"),
}
CHANNELS: Final = {
    "email": Mark(gettext_lazy("By e-mail"), "send", "blue"),
    "sms": Mark(gettext_lazy("Text message: not connected yet"), "phone", "amber"),
    "none": Mark(gettext_lazy("No event yet"), "ban", "grey"),
}
VARIABLES: Final = {
    "number": gettext_lazy("number of the referral"),
    "sender": gettext_lazy("name of the sending facility"),
    "receiver": gettext_lazy("name of the receiving facility"),
    "time": gettext_lazy("when it happened"),
}
OWN: Final = "own"
STANDARD: Final = "standard"
MODES: Final = (
    (OWN, gettext_lazy("In these words")),
    (STANDARD, gettext_lazy("As standard: there is something to read after signing in")),
)


class MessageForm(SettingForm):
    """The words of a message in both languages from a day on, or the standard, which leaves them unused."""

    mode = forms.ChoiceField(
        label=gettext_lazy("The message is sent"), choices=MODES, widget=forms.RadioSelect
    )
    zh = forms.CharField(
        label=gettext_lazy("In Chinese"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "zh-hans"}),
    )
    en = forms.CharField(
        label=gettext_lazy("In English"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "lang": "en"}),
    )
    starts = day(gettext_lazy("From this day on"))

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        """Remember which message it is about."""
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean(self) -> dict[str, Any]:
        """Say of each language what is wrong with its words, as the action would."""
        said = self.cleaned_data
        if said.get("mode") == OWN:
            example = queries.example(self.kind, timezone.now())
            for language in ("zh", "en"):
                verdict = policy.may_say(self.kind, said.get(language, ""), example)
                if language in said and not verdict.allowed:
                    self.add_error(language, str(verdict.reason))
        return said

    def texts(self) -> dict[str, str]:
        """Return the words by language, empty for the standard."""
        own = self.cleaned_data["mode"] == OWN
        return {name: self.cleaned_data[name] if own else "" for name in ("zh", "en")}


class Messages(Overview):
    """All messages of an alliance with their events, whom they go to, and the words of today."""

    name = "referral:messages"
    template = "managing/messages.html"

    def listed(self, alliance: Alliance | None) -> dict[str, Any]:
        """Return a line for each."""
        if alliance is None:
            return {}
        rows = list(queries.texts_of(alliance.pk))
        return {"kinds": [self._line(kind, rows) for kind in message_texts.kinds().values()]}

    def _line(self, kind: Kind, rows: list[MessageText]) -> dict[str, Any]:
        mine = [row for row in rows if row.code == kind.code]
        held = next((row for row in mine if row.is_in_force(self.today)), None)
        return {
            **kind_words(kind),
            "held": held if held and held.zh else None,
            "planned": any(words.term(row, self.today) == words.PLANNED for row in mine),
        }


def kind_words(kind: Kind) -> dict[str, Any]:
    """Return what a page says of a message."""
    return {
        "code": kind.code,
        "event": EVENTS[kind.code],
        "to": TO[kind.to],
        "channel": CHANNELS[kind.channel],
        "is_sent": kind.is_sent,
        "variables": [(f"{{{name}}}", VARIABLES[name]) for name in kind.variables],
    }


def kind_named(code: str) -> Kind:
    """Return the message of a code; raises Http404 where there is none."""
    kind = message_texts.kinds().get(code)
    if kind is None:
        raise Http404
    return kind


class MessageOf(RulesPage):
    """One message: its words today, before and planned, and other words with a preview."""

    def get(self, request: HttpRequest, alliance_id: UUID, code: str) -> HttpResponse:
        """Show it."""
        return self.whole(self.alliance(alliance_id), kind_named(code))

    def post(self, request: HttpRequest, alliance_id: UUID, code: str) -> HttpResponse:
        """Show the words with the example filled in, and once that was seen, set them."""
        alliance, kind = self.alliance(alliance_id), kind_named(code)
        form = MessageForm(request.POST, kind=kind)
        if not form.is_valid():
            return self.whole(alliance, kind, form, status=400)
        if request.POST.get("step") != SET:
            return self.whole(alliance, kind, form, looked=self._looked_at(kind, form))

        def deed() -> str:
            actions.set_message_text(
                alliance.pk,
                kind.code,
                by=self.actor,
                starts=form.cleaned_data["starts"],
                now=timezone.now(),
                **form.texts(),
            )
            return reverse("referral:message", args=[alliance.pk, kind.code])

        try:
            address = self.once(form.cleaned_data["key"], deed)
        except Refused as refusal:
            status = refusal.kind.value
            return self.whole(alliance, kind, form, refusal=refusal, status=status)
        messages.success(request, _("The words are set."))
        return redirect(address)

    def whole(
        self,
        alliance: Alliance,
        kind: Kind,
        form: MessageForm | None = None,
        *,
        looked: dict[str, Any] | None = None,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and what was said of it."""
        rows = list(queries.texts_of(alliance.pk).filter(code=kind.code))
        held = next((row for row in rows if row.is_in_force(self.today) and row.zh), None)
        context = {
            "alliance": alliance,
            "kind": kind_words(kind),
            "held": held,
            "rows": [self._row(row) for row in rows],
            "form": form or self._first(kind, held),
            "looked": looked,
            "refusal": refusal,
            "invalid": status == 400,
        }
        return self.show("managing/message.html", context, status=status)

    def _first(self, kind: Kind, held: MessageText | None) -> MessageForm:
        texts = {"zh": held.zh, "en": held.en} if held else {"zh": kind.zh, "en": kind.en}
        starts = self.today + timedelta(days=1)
        return MessageForm(kind=kind, initial={"mode": OWN, "starts": starts, **texts})

    def _row(self, row: MessageText) -> dict[str, Any]:
        mark = words.term(row, self.today)
        return {
            "row": row,
            "mark": mark,
            "what": row.zh or dict(MODES)[STANDARD],
            "also": row.en,
            "withdraw": mark == words.PLANNED,
        }

    def _looked_at(self, kind: Kind, form: MessageForm) -> dict[str, Any]:
        example = queries.example(kind, timezone.now())
        texts = form.texts()
        return {
            "zh": message_texts.filled(texts["zh"], example),
            "en": message_texts.filled(texts["en"], example),
            "starts": form.cleaned_data["starts"],
        }


class WithdrawMessage(Withdrawal, Messages):
    """Takes back words that have not begun, and shows the message."""

    def withdrawn(self, alliance: Alliance, rule_id: UUID) -> str:
        """Withdraw them."""
        now = timezone.now()
        row = actions.withdraw_message_text(alliance.pk, rule_id, by=self.actor, now=now)
        return reverse("referral:message", args=[alliance.pk, row.code])
