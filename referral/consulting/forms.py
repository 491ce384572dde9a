"""Takes the words of a question about a patient and of what becomes of it; what is allowed is policy's business."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from referral.forms_base import LONG, NOTE, area
from referral.ordering.forms import OrderForm


class AskForm(OrderForm):
    """Whom to ask, and what."""

    to_facility_id = forms.TypedChoiceField(label=_("Whom to ask"), coerce=UUID)
    diagnosis = forms.CharField(label=_("Diagnosis or first impression"), max_length=200)
    question = area(_("What you want to know"), length=LONG, required=True, rows=5)

    def __init__(self, *args: Any, places: Sequence[tuple[UUID, str]], **kwargs: Any) -> None:
        """Offer the facilities given."""
        super().__init__(*args, **kwargs)
        field = self.fields["to_facility_id"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Please choose")), *((str(pk), name) for pk, name in places)]
        self.fields["diagnosis"].required = False


class AnswerForm(OrderForm):
    """The answer, given once."""

    answer = area(_("Your advice"), length=LONG // 2, required=True, rows=5)


class NoteForm(OrderForm):
    """An end, with an optional note."""

    note = area(_("Note"), length=NOTE)


class ConvertForm(OrderForm):
    """Nothing is asked: the draft opens, prefilled with what was written."""
