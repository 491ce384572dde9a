"""The forms of the pages of addresses that hear of events."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from facilities.managing.forms import SettingForm, day
from notifications.models import ChannelKind
from notifications.wording import EVERYTHING, FAMILIES, topic

LONGEST: Final = 2000
# A period longer than this is asked for in parts.
MOST_DAYS: Final = 92
TOPICS: Final = [
    (EVERYTHING, topic(EVERYTHING)),
    *(
        (name, topic(name))
        for family in FAMILIES
        for name in (f"{family}.*", *FAMILIES[family].topics)
    ),
]


class TopicsForm(forms.Form):
    """What an address wants to hear of; `key` names this form alone, so that sent twice it is done once."""

    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)
    topics = forms.MultipleChoiceField(
        label=_("What is sent"),
        choices=TOPICS,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one event.")},
    )
    requires_ack = forms.BooleanField(
        label=_("Its system must acknowledge each message"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def chosen(self) -> set[str]:
        """Return what is ticked, for the template that lists the events by family."""
        return {str(each) for each in self["topics"].value() or ()}


class SubscriptionForm(TopicsForm):
    """A new address."""

    field_order = ["channel", "address", "topics", "requires_ack"]

    channel = forms.ChoiceField(
        label=pgettext_lazy("address", "How"),
        choices=[
            (ChannelKind.WEBHOOK.value, _("To a system of ours (webhook)")),
            (ChannelKind.EMAIL.value, _("By e-mail")),
        ],
        initial=ChannelKind.WEBHOOK.value,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class PeriodForm(SettingForm):
    """The days whose failed messages are sent again, both included."""

    first = day(_("From"))
    last = day(pgettext_lazy("period", "Until"))

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or that is too long to be meant."""
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last and not timedelta() <= last - first <= timedelta(days=MOST_DAYS):
            text = _("Choose a period of at most %(days)s days that ends after it begins.")
            self.add_error("last", text % {"days": MOST_DAYS})
        return said

    def bounds(self) -> tuple[datetime, datetime]:
        """Return the first moment of the period and the first one after it."""
        first, last = self.cleaned_data["first"], self.cleaned_data["last"]
        begin, end = (datetime.combine(on, time()) for on in (first, last + timedelta(days=1)))
        return timezone.make_aware(begin), timezone.make_aware(end)
