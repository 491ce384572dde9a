"""What an auditor types into the search of the trail, and what its address then says: ids and days, no number."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from audit.queries import Wanted
from facilities.managing.forms import day, look
from referral.managing.trail_words import SORTS

# Without a period, so many days are looked through.
USUAL: Final = timedelta(days=30)
LONGEST_TEXT: Final = 100
# Of people who are called the same.
MOST_PEOPLE: Final = 20
IDS: Final = {"who": "actors", "patient": "patients", "referral": "referrals"}


class TrailForm(forms.Form):
    """Person, patient, referral, period and kind of act; all may stay empty."""

    person = forms.CharField(
        label=_("Person (name or user name)"), max_length=LONGEST_TEXT, required=False
    )
    document = forms.CharField(
        label=_("Patient (document number)"), max_length=LONGEST_TEXT, required=False
    )
    number = forms.CharField(label=_("Referral number"), max_length=LONGEST_TEXT, required=False)
    first = day(_("From"), required=False)
    last = day(pgettext_lazy("period", "Until"), required=False)
    act = forms.ChoiceField(
        label=_("Kind of act"),
        required=False,
        choices=[("", _("Any")), *((name, sort.words) for name, sort in SORTS.items())],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each field the look of the design kit; what is typed about people stays in no browser."""
        super().__init__(*args, **kwargs)
        for field in self.visible_fields():
            field.field.widget.attrs.setdefault("class", look(field.field))
            field.field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, and signs that no text of ours has."""
        said = super().clean() or {}
        first, last = said.get("first"), said.get("last")
        if first and last and last < first:
            self.add_error("last", _("The period ends before it begins."))
        return said


def wanted(query: QueryDict, chain: UUID, today: date) -> Wanted:
    """Return what an address asks for; anything in it that is none of ours is left out."""
    first, last = _day(query, "first"), _day(query, "last")
    if first is None and last is None:
        first = today - USUAL
    sort = SORTS.get(query.get("act", ""))
    asked: dict[str, Any] = {field: _ids(query, name) for name, field in IDS.items()}
    return Wanted(
        chain,
        since=_begin(first) if first else None,
        until=_begin(last + timedelta(days=1)) if last and last < date.max else None,
        **asked,
        **(sort.wanted if sort else {}),
    )


def address(said: dict[str, Any], ids: dict[str, set[UUID]]) -> str:
    """Return the query of a search: what was found for the texts, and the days and kind as they were chosen."""
    chosen = [(name, str(said[name])) for name in ("first", "last", "act") if said.get(name)]
    found = [(name, str(each)) for name, these in ids.items() for each in sorted(these)]
    return urlencode([*found, *chosen])


def chosen(query: QueryDict, today: date) -> dict[str, Any]:
    """Return what the form shows again of a search: the days and the kind of act."""
    first, last = _day(query, "first"), _day(query, "last")
    if first is None and last is None:
        first = today - USUAL
    return {"first": first, "last": last, "act": query.get("act", "")}


def _ids(query: QueryDict, name: str) -> tuple[UUID, ...]:
    found = []
    for text in query.getlist(name)[:MOST_PEOPLE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return tuple(found)


def _day(query: QueryDict, name: str) -> date | None:
    try:
        return date.fromisoformat(query.get(name, ""))
    except ValueError:
        return None


def _begin(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time()))
