"""What pages of settings share: one institution, a list a page at a time, and a form that is written once."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.managing.forms import SettingForm
from facilities.models import Facility
from facilities.pages import Page
from facilities.queries import directory
from facilities.queries import managing as queries


class WritingPage(Page):
    """A page with a form that an action writes."""

    def demand(self, allowed: bool) -> None:
        """Refuse the page to whoever may not set what it is about."""
        if not allowed:
            raise PermissionDenied

    def written(
        self,
        form: SettingForm,
        perform: Callable[[Mapping[str, Any]], object],
        *,
        address: str | Callable[[Any], str],
        said: Any,
    ) -> HttpResponse | None:
        """Write what a right form says, once, and lead to `address`; None where it is to be mended.

        The address may hang on what was made. What an action refuses stands in the form then; what is not there
        is 404.
        """
        if not form.is_valid():
            return None

        def work() -> str:
            made = perform(form.words())
            return address(made) if callable(address) else address

        try:
            place = self.once(form.cleaned_data["key"], work)
        except Refused as refusal:
            blame(form, refusal)
            return None
        messages.success(self.request, str(said))
        return redirect(place)


class SettingsPage(WritingPage):
    """A page about institutions behind /settings/."""

    required: ClassVar[Permission | None] = Permission.DIRECTORY_VIEW

    def institution(self, facility_id: UUID) -> Facility:
        """Return an institution that this post may look at; 404 for any other as for none."""
        found = directory.facility(facility_id)
        on = timezone.localdate()
        if found is None or not queries.is_shown(found, self.actor, on):
            raise Http404
        return found


def blame(form: forms.Form, refusal: Refused) -> None:
    """Put a refusal beside the fields that it names, else above the form. Raises Http404, PermissionDenied."""
    if refusal.kind is Kind.NOT_FOUND:
        raise Http404 from refusal
    named = {name: texts for name, texts in refusal.errors.items() if name in form.fields}
    for name, texts in named.items():
        for text in texts:
            form.add_error(name, str(text))
    if not named:
        texts = [text for each in refusal.errors.values() for text in each]
        form.add_error(None, [str(text) for text in texts] or str(refusal.detail))


def initial_of(row: Model, form: type[forms.ModelForm]) -> dict[str, Any]:  # type: ignore[type-arg]
    """Return the present values of a row for a form."""
    return {name: getattr(row, name) for name in form._meta.fields or ()}
