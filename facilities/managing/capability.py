"""What an institution can do: a capability added from a day on, and ended on a day."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities.actions import add_capability, end_capability
from facilities.managing.directory import EditPage
from facilities.managing.forms import SettingForm, day
from facilities.models import Capability, Facility
from facilities.policy.directory import may_edit_facility
from facilities.queries import directory
from facilities.queries import managing as queries
from facilities.vocabulary import CapabilityCode

ADD: Final = _("Add a capability")


class AddForm(SettingForm):
    """Which capability, where and since when."""

    code = forms.ChoiceField(label=_("Capability"), choices=CapabilityCode.choices)
    department = forms.ChoiceField(label=_("Department"), required=False)
    starts = day(_("From"))
    ends = day(_("First day without it"), required=False)

    def __init__(self, *args: Any, departments: list[Any], **kwargs: Any) -> None:
        """Offer the departments of the institution, or the institution as a whole."""
        super().__init__(*args, **kwargs)
        whole = ("", _("The institution as a whole"))
        self.fields["department"].choices = [whole, *departments]  # type: ignore[attr-defined]

    def words(self) -> dict[str, Any]:
        """Return what was said, as the action takes it."""
        said = super().words()
        department = said.pop("department") or None
        return {**said, "department_id": department}


class EndForm(SettingForm):
    """When a capability ends."""

    on = day(_("First day without it"))


class CapabilityPage(EditPage):
    """A page about what one institution can do."""

    def house(self, facility_id: UUID) -> Facility:
        """Return the institution; refuses whoever may not change it."""
        row = self.institution(facility_id)
        self.demand(may_edit_facility(self.actor, row.pk))
        return row


class AddCapability(CapabilityPage):
    """Adds a capability."""

    def get(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Show the form; with a capability named in the address, what asks for it beside."""
        row = self.house(facility_id)
        code = request.GET.get("code", "")
        known = code if code in CapabilityCode.values else ""
        form = self._form(row, initial={"code": known, "starts": timezone.localdate()})
        return self._page(row, form, known)

    def post(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Add it."""
        row = self.house(facility_id)
        form = self._form(row, request.POST)
        answer = self.written(
            form,
            lambda said: add_capability(row.pk, by=self.actor, **said),
            address=self.address(row),
            said=_("The capability is added."),
        )
        return answer or self._page(row, form, "", status=422)

    def _form(self, row: Facility, *data: Any, **options: Any) -> AddForm:
        rows = directory.departments(row.pk).order_by("code", "id")
        return AddForm(*data, departments=[(each.pk, each.name) for each in rows], **options)

    def _page(self, row: Facility, form: AddForm, code: str, *, status: int = 200) -> HttpResponse:
        note = _("Referrals that ask for it are offered this institution from that day on.")
        codes = CapabilityCode.choices
        return self.asking(row, form, ADD, status=status, note=note, asked=code, codes=codes)


class EndCapability(CapabilityPage):
    """Ends a capability."""

    def get(self, request: HttpRequest, facility_id: UUID, capability_id: UUID) -> HttpResponse:
        """Show what asks for it, and ask for the day."""
        row, capability = self._found(facility_id, capability_id)
        return self._page(row, capability, EndForm(initial={"on": timezone.localdate()}))

    def post(self, request: HttpRequest, facility_id: UUID, capability_id: UUID) -> HttpResponse:
        """End it."""
        row, capability = self._found(facility_id, capability_id)
        form = EndForm(request.POST)
        answer = self.written(
            form,
            lambda said: end_capability(capability.pk, by=self.actor, on=said["on"]),
            address=self.address(row),
            said=_("The capability ends on that day."),
        )
        return answer or self._page(row, capability, form, status=422)

    def _found(self, facility_id: UUID, capability_id: UUID) -> tuple[Facility, Capability]:
        row = self.house(facility_id)
        found = queries.capability(row.pk, capability_id)
        if found is None:
            raise Http404
        return row, found

    def _page(
        self, row: Facility, capability: Capability, form: EndForm, *, status: int = 200
    ) -> HttpResponse:
        title = _("End a capability: %(name)s") % {"name": capability.get_code_display()}
        note = _("From that day on it is offered to nobody; what is under way goes on.")
        return self.asking(row, form, title, status=status, note=note, asked=capability.code)
