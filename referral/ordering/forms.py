"""Takes the words of an order of an examination and of its steps; what is allowed is policy's business."""

import re
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from referral import examinations
from referral.forms_base import LONG, area, choice, look
from referral.forms_receiving import DestinationField
from referral.serializers.orders import REFERENCE
from referral.states import Urgency

NUMBERS: Final = 20
WHY: Final = 500


class OrderForm(forms.Form):
    """A form about an order; `key` names it alone, so that a double click does it once."""

    key = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Give each field its look."""
        super().__init__(*args, **kwargs)
        for field in self.visible_fields():
            field.field.widget.attrs["class"] = look(field.field)

    def words(self) -> dict[str, Any]:
        """Return what was said, without the form's key and fields left empty."""
        said = {name: value for name, value in self.cleaned_data.items() if name != "key"}
        return {name: value for name, value in said.items() if value not in ("", None)}


class ItemForm(forms.Form):
    """Which examination; the centres that can do it come next."""

    item = choice(_("Examination"), ())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer what is known, in the language of the page."""
        super().__init__(*args, **kwargs)
        field = self.fields["item"]
        assert isinstance(field, forms.ChoiceField)
        known = [(item.code, item.name) for item in examinations.known().values()]
        field.choices = [("", _("Please choose")), *known]
        field.widget.attrs["class"] = look(field)


class PlaceForm(OrderForm):
    """Where, what is asked, how soon; why, once an earlier one is known to be recent."""

    centre_id = DestinationField(label=_("Carried out by"), coerce=UUID, widget=forms.RadioSelect)
    question = area(_("Clinical question"), length=LONG, required=True, rows=3)
    urgency = forms.TypedChoiceField(
        label=_("Urgency"), coerce=int, choices=Urgency.choices, initial=Urgency.ROUTINE.value
    )
    duplicate_reason = area(_("Why it is repeated"), length=WHY)

    def __init__(
        self,
        *args: Any,
        centres: Sequence[tuple[UUID, str]],
        repeats: bool = False,
        **kwargs: Any,
    ) -> None:
        """Offer the centres given, the only one chosen; ask why only where something is repeated."""
        super().__init__(*args, **kwargs)
        field = self.fields["centre_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(pk), name) for pk, name in centres]
        if len(centres) == 1:
            field.initial = str(centres[0][0])
        if not self.is_bound and not repeats:
            del self.fields["duplicate_reason"]


class ReportForm(OrderForm):
    """What was found, with a file if there is one."""

    conclusion = area(_("Conclusion"), length=LONG, required=True, rows=5)
    references = forms.CharField(
        label=_("Study or specimen numbers, by blanks"), max_length=1300, required=False
    )
    recognised = forms.BooleanField(
        label=_("Counts for mutual recognition"),
        required=False,
        widget=forms.Select(choices=[("", _("No")), ("on", _("Yes"))]),
    )

    def clean_references(self) -> list[str]:
        """Return the numbers, each in the form that the REST door takes too."""
        found = str(self.cleaned_data["references"]).replace(",", " ").replace("，", " ").split()
        if len(found) > NUMBERS or not all(re.fullmatch(REFERENCE, each) for each in found):
            raise forms.ValidationError(
                _("At most 20 numbers, each of letters, digits, dots and hyphens.")
            )
        return found


class FileForm(OrderForm):
    """A file of the centre."""

    file = forms.FileField(
        label=_("File: PDF, JPEG, PNG or DICOM, at most 20 MB"),
    )


class CancelForm(OrderForm):
    """Why an order is withdrawn, or handed back by its centre."""

    reason = forms.CharField(label=_("Reason"), max_length=200)
