"""Takes what a manager sets of one rule of the criteria: as in the document, of our own, or switched off."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from referral.codes import CriterionMode
from referral.criteria import held, loading
from referral.criteria.shapes import Compare, Rule
from referral.managing import criterion_words
from referral.managing.base import SettingForm
from referral.managing.limit_forms import day, source_document
from referral.models import CriterionSetting
from referral.policy.criterion_rules import LONGEST_FOLLOW_UP

REASON: Final = 500
THRESHOLD: Final = "threshold_"


class CriterionForm(SettingForm):
    """What holds of a rule from a day on; a field for each number that the rule compares."""

    mode = forms.ChoiceField(
        label=_("In this alliance the rule holds"),
        choices=CriterionMode.choices,
        widget=forms.RadioSelect,
    )
    follow_up_days = forms.IntegerField(
        label=_("Follow-up within days"),
        required=False,
        min_value=1,
        max_value=LONGEST_FOLLOW_UP,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    starts = day(_("From this day on, tomorrow at the earliest"))
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON, widget=forms.Textarea(attrs={"rows": 2})
    )
    source = source_document()

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        """Ask for each threshold of the rule."""
        self.leaves = {
            f"{THRESHOLD}{place}": (place, leaf)
            for place, leaf in enumerate(rule.when.leaves())
            if held.bounds(leaf, loading.book().variables) is not None
        }
        super().__init__(*args, **kwargs)
        for name, (_place, leaf) in self.leaves.items():
            self.fields[name] = _threshold(leaf)
        self.order_fields(["mode", *self.leaves, "follow_up_days", "starts", "reason", "source"])

    @classmethod
    def of(
        cls, rule: Rule, row: CriterionSetting | None, today: date, data: Any = None
    ) -> "CriterionForm":
        """Return the form as it is shown first: with what holds today, from tomorrow on; or as it was sent."""
        shown = held.applied(rule, row)
        form = cls(data, rule=rule)
        mode = row.mode if row is not None and held.fits(rule, row) else CriterionMode.STANDARD
        days = shown.follow_up_days if shown is not None else rule.follow_up_days
        form.initial = {"mode": mode, "starts": today + timedelta(days=1), "follow_up_days": days}
        leaves = list((shown or rule).when.leaves())
        for name, (place, _leaf) in form.leaves.items():
            form.initial[name] = Decimal(criterion_words.number(leaves[place].threshold))
        return form

    def clean(self) -> dict[str, Any]:
        """Refuse numbers that were changed although the rule is to hold without them."""
        said = self.cleaned_data
        changed = {*self.leaves, "follow_up_days"} & set(self.changed_data)
        written = any(said.get(name) is not None for name in changed)
        if said.get("mode") not in {None, CriterionMode.OWN} and written:
            self.add_error("mode", _("Numbers were changed: choose that they hold, or undo them."))
        return said

    def thresholds(self) -> dict[int, Decimal]:
        """Return the thresholds that differ from those of the document, by their place in the rule."""
        found = {}
        for name, (place, leaf) in self.leaves.items():
            number = self.cleaned_data.get(name)
            if number is not None and number != leaf.threshold:
                found[place] = number
        return found

    def words(self) -> dict[str, Any]:
        """Return what was said as the action takes it."""
        said = self.cleaned_data
        return {
            "mode": CriterionMode(said["mode"]),
            "thresholds": self.thresholds(),
            "follow_up_days": said["follow_up_days"],
            "starts": said["starts"],
            "reason": said["reason"],
            "source": said["source"],
        }

    def row(self, rule: Rule, today: date) -> CriterionSetting:
        """Return what was said as a row that is not stored, to be looked at."""
        said = self.words()
        numbers = {str(place): str(number) for place, number in said["thresholds"].items()}
        return CriterionSetting(
            rule=rule.id,
            edition=rule.effective_from,
            mode=said["mode"],
            thresholds=numbers if said["mode"] == CriterionMode.OWN else {},
            follow_up_days=said["follow_up_days"] if said["mode"] == CriterionMode.OWN else None,
            starts=today,
            source=said["source"],
        )

    def query(self) -> str:
        """Return the change as the words of an address: numbers and codes, nothing of a patient."""
        names = ("mode", *self.leaves)
        return urlencode({name: str(self.data.get(name, "")) for name in names})


class ChangeForm(CriterionForm):
    """The change alone, as an address holds it: it was checked when it was looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Leave out what only a setting needs."""
        super().__init__(*args, **kwargs)
        for name in ("starts", "reason", "source", "follow_up_days"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Take it as it is."""
        return self.cleaned_data

    def words(self) -> dict[str, Any]:
        """Return the change with nothing beside it."""
        nothing: Mapping[str, Any] = {"follow_up_days": None, "source": ""}
        return {
            "mode": CriterionMode(self.cleaned_data["mode"]),
            "thresholds": self.thresholds(),
            **nothing,
        }


def _threshold(leaf: Compare) -> forms.DecimalField:
    bounds = held.bounds(leaf, loading.book().variables)
    assert bounds is not None
    low, high = bounds
    shown = criterion_words.leaf_words(leaf)
    said = {name: shown[name] for name in ("label", "sign", "unit", "threshold")}
    widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "form-control"})
    return forms.DecimalField(
        label=_("%(label)s %(sign)s … %(unit)s; in the document %(threshold)s") % said,
        required=False,
        min_value=low,
        max_value=high,
        max_digits=10,
        decimal_places=3,
        widget=widget,
    )
