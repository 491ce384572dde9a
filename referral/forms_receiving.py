"""Takes the words by which a receiver decides: ask, accept with a place, decline, send on."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from referral.codes import DeclineReason, Item
from referral.desk.offers import Openings, Ranked
from referral.forms_base import NoteForm, WordsForm, choice, moment
from referral.models import Referral

# Beside the places themselves, each "slot:<id>" or "bed:<id>".
TIME: Final = "time"
LATER: Final = "later"
PLACES: Final = {"slot": "pool_id", "bed": "bed_id"}


def missing_items() -> Any:
    """Return ticks for the parts that were not there."""
    # Ticked one by one: a list that wants a key held down does not work on a telephone.
    return forms.MultipleChoiceField(
        label=_("What was missing"),
        choices=Item.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class AskForm(WordsForm):
    """Ask for information, and name it so that the next sender is told before sending."""

    missing = missing_items()
    field_order = ("note", "missing")


class PlaceField(forms.ChoiceField):
    """One of the places offered; one that was offered and is gone is for the action to refuse."""

    def valid_value(self, value: Any) -> bool:
        """Take what looks like a place: whether it is free is decided under the lock."""
        kind, _colon, pool = str(value).partition(":")
        if kind in PLACES:
            return _is_id(pool)
        return super().valid_value(value)


class VisitForm(NoteForm):
    """A move that fixes the visit: at one of the next free places, the first one chosen, or at a time."""

    place = PlaceField(label=_("Visit or admission"), required=False, widget=forms.RadioSelect)
    scheduled_for = moment(_("Another time"), required=False)
    field_order = ("place", "scheduled_for", "note")
    others: tuple[tuple[str, Any], ...] = ((TIME, _("At another time")),)
    alone: Any = _("Visit or admission")

    def __init__(
        self, *args: Any, openings: Callable[[], Openings] = Openings, **kwargs: Any
    ) -> None:
        """Offer the places given; where there are none, only a time is asked for."""
        super().__init__(*args, **kwargs)
        self.openings = openings
        field = self.fields["place"]
        assert isinstance(field, forms.ChoiceField)
        if self.is_bound:
            # Looked up only where the form is shown once more.
            field.choices = self._offered
            return
        found = self.openings()
        places = found.choices()
        if not places:
            del self.fields["place"]
            self.fields["scheduled_for"].label = self.alone
            return
        field.choices = [*places, *self.others]
        sure = found.fits or found.held is not None
        field.initial = places[0][0] if sure else self.others[-1][0]

    def clean(self) -> dict[str, Any]:
        """Refuse two answers to one question, and none where one is needed."""
        said = self.cleaned_data
        place, at = said.get("place", ""), said.get("scheduled_for")
        if place not in {"", TIME} and at:
            self.add_error("scheduled_for", _("Choose a place of the list or a time, not both."))
        if self._lacks_time(place, at) and "scheduled_for" not in self.errors:
            self.add_error("scheduled_for", _("This is needed."))
        return said

    def words(self) -> dict[str, Any]:
        """Return the place as the action takes it."""
        said = super().words()
        kind, _colon, pool = said.pop("place", "").partition(":")
        if kind in PLACES:
            said[PLACES[kind]] = UUID(pool)
        return said

    def renew(self, referral: Referral, facts: Mapping[str, Any]) -> None:
        """Choose the next place where the one that was chosen is gone."""
        super().renew(referral, facts)
        offered = [value for value, _label in self._offered()]
        assert isinstance(self.data, QueryDict)
        if self.data.get("place") not in {None, "", *offered}:
            renewed = self.data.copy()
            renewed["place"] = offered[0] if self.openings().fits else self.others[-1][0]
            self.data = renewed

    def _lacks_time(self, place: str, at: Any) -> bool:
        return place in {"", TIME} and at is None

    def _offered(self) -> list[tuple[str, Any]]:
        return [*self.openings().choices(), *self.others]


class AcceptForm(VisitForm):
    """Accept, and fix the visit in the same step where its time is known."""

    others = (*VisitForm.others, (LATER, _("Fix the time later")))
    alone = _("Visit or admission, if known")

    def _lacks_time(self, place: str, at: Any) -> bool:
        return place == TIME and at is None


class ScheduleForm(VisitForm):
    """Fix or move the visit."""


class DeclineForm(NoteForm):
    """Decline with a coded reason."""

    reason = choice(_("Reason"), DeclineReason.choices)
    missing = missing_items()
    field_order = ("reason", "missing", "note")


class DestinationField(forms.TypedChoiceField):
    """One of the destinations offered; whether the patient may go there is for the action to say."""

    def valid_value(self, value: Any) -> bool:
        """Take any id."""
        return _is_id(str(value))


class RedirectForm(NoteForm):
    """Send on to another facility of the alliance: the best first with their reasons, then all others."""

    to_facility_id = DestinationField(
        label=_("New destination"), coerce=UUID, widget=forms.RadioSelect
    )
    field_order = ("to_facility_id", "note")

    def __init__(
        self, *args: Any, destinations: Callable[[], Ranked] = Ranked, **kwargs: Any
    ) -> None:
        """Offer the destinations given, ranked only where the form is shown."""
        super().__init__(*args, **kwargs)
        self.find = destinations

    @cached_property
    def ranked(self) -> Ranked:
        """Return the destinations that are offered."""
        return self.find()


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
