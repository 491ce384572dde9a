"""Takes what a manager sets about time: a limit, and what the system does by itself."""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from referral.actions.ruling import OFF
from referral.forms_base import choice
from referral.limits import Limit
from referral.managing import words
from referral.managing.base import SettingForm
from referral.models import ServiceLimit
from referral.models.clocks import LONGEST_MINUTES
from referral.stages import Action, Clock, Stage

SOURCE: Final = 200
STEPS: Final = 4


def day(label: Any, **options: Any) -> Any:
    """Return a field for a day, with the browser's own picker."""
    picker = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=picker, **options)


def source_document() -> Any:
    """Return the field for the document or decision that a rule comes from."""
    return forms.CharField(label=_("Document or decision that says so"), max_length=SOURCE)


class LimitForm(SettingForm):
    """A limit from a day on: a number of a unit, which says on which clock it runs."""

    # No field of the browser's for numbers: a wheel of the mouse changes what stands in it.
    number = forms.IntegerField(
        label=_("New limit"),
        min_value=1,
        max_value=LONGEST_MINUTES,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    unit = forms.ChoiceField(label=_("Unit"))
    starts = day(_("For referrals submitted from this day on"))
    source = source_document()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the units."""
        super().__init__(*args, **kwargs)
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ChoiceField)
        unit.choices = [(name, each.label) for name, each in words.units().items()]

    @classmethod
    def of(cls, limit: Limit, today: date) -> "LimitForm":
        """Return the form as it is shown first: with the limit that holds, from tomorrow on."""
        number, unit = words.unit_of(limit.length // words.MINUTE, limit.clock)
        starts = today + timedelta(days=1)
        return cls(initial={"number": number, "unit": unit, "starts": starts})

    def clean(self) -> dict[str, Any]:
        """Refuse what is longer than a limit may be."""
        said = self.cleaned_data
        if {"number", "unit"} <= set(said) and self.minutes() > LONGEST_MINUTES:
            self.add_error("number", _("A limit is a year long at most."))
        return said

    def minutes(self) -> int:
        """Return the length in minutes of its clock."""
        unit = words.units()[self.cleaned_data["unit"]]
        return int(self.cleaned_data["number"]) * unit.minutes

    def limit(self) -> Limit:
        """Return what was said as a limit."""
        clock = words.units()[self.cleaned_data["unit"]].clock
        length = timedelta(minutes=self.minutes())
        return Limit(length, clock, self.cleaned_data["source"], own=True)

    def words(self) -> dict[str, Any]:
        """Return what was said as the action takes it."""
        limit = self.limit()
        return {
            "minutes": self.minutes(),
            "clock": Clock(limit.clock),
            "source": limit.source,
            "starts": self.cleaned_data["starts"],
        }


class StepForm(SettingForm):
    """What the system does by itself from a day on, or that it does nothing more."""

    action = choice(_("What the system does by itself"), ())
    after_steps = forms.TypedChoiceField(
        label=_("After so many unanswered calls"),
        coerce=int,
        choices=[(number, number) for number in range(1, STEPS + 1)],
        initial=STEPS,
    )
    fallback_id = forms.TypedChoiceField(
        label=_("Where it is sent on to"), coerce=UUID, required=False, empty_value=None
    )
    starts = day(_("From this day on"))

    def __init__(
        self, *args: Any, stage: Stage, members: list[tuple[UUID, str]], is_on: bool, **kwargs: Any
    ) -> None:
        """Offer what may be done at the stage, to one of the members; switching off where something is on."""
        super().__init__(*args, **kwargs)
        waits = stage == Stage.ANSWER
        offered = [each for each in Action if waits or each == Action.EXPIRE]
        action = self.fields["action"]
        assert isinstance(action, forms.ChoiceField)
        self.actions: dict[str, Any] = {each.value: each.label for each in offered}
        if is_on:
            self.actions[OFF] = _("Nothing any more")
        action.choices = [("", _("Please choose")), *self.actions.items()]
        fallback = self.fields["fallback_id"]
        if waits:
            assert isinstance(fallback, forms.TypedChoiceField)
            fallback.choices = [("", _("Nowhere: not sent on to one facility")), *members]
        else:
            del self.fields["fallback_id"]

    def words(self) -> dict[str, Any]:
        """Return what was said as the action takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}


def described(row: ServiceLimit) -> str:
    """Return a stored limit in words."""
    return words.length(row.minutes, row.clock)
