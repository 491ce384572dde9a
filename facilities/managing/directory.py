"""The directory as managers look at it and keep it: the list, one institution, and what may be changed there."""

from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from facilities import catalogue, hierarchy
from facilities.actions import accredit, alter_department, alter_facility
from facilities.managing.forms import (
    DepartmentForm,
    DetailsForm,
    ModelSettingForm,
    RatingForm,
    SettingForm,
    WholeForm,
)
from facilities.managing.history import told
from facilities.managing.settings import SettingsPage, initial_of
from facilities.models import Department, Facility, Subject
from facilities.policy.directory import may_edit_directory, may_edit_facility
from facilities.queries import directory
from facilities.queries import managing as queries
from facilities.queries.managing import Asked
from facilities.vocabulary import AllianceForm, Direction, Tier

LONGEST_TEXT: Final = 64
OPEN_HISTORY: Final = (
    Subject.FACILITY,
    Subject.ACCREDITATION,
    Subject.DEPARTMENT,
    Subject.CAPABILITY,
    Subject.ALLIANCE,
    Subject.MEMBERSHIP,
    Subject.RELATION,
)

DIRECTIONS: Final = {
    Direction.UP: _("From here to there is an up-referral."),
    Direction.DOWN: _("From here to there is a return to lower care."),
    Direction.LATERAL: _("Both are of the same tier."),
}


class Directory(SettingsPage):
    """The institutions of the post's alliances; for a system administrator all."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of fifty by pinyin; what is no filter narrows nothing."""
        on, asked = timezone.localdate(), self._asked()
        page = self.paged(queries.institutions(asked, self.actor, on), ("pinyin", "id"))
        ratings = directory.accreditations([row.pk for row in page.rows], on)
        context = {
            "page": page,
            "asked": asked,
            "tiers": Tier.choices,
            "forms": AllianceForm.choices,
            "listed": [(row, ratings.get(row.pk, row)) for row in page.rows],
            "everywhere": may_edit_directory(self.actor),
        }
        return self.show("managing/directory.html", context)

    def _asked(self) -> Asked:
        words = self.request.GET
        tier, form = words.get("tier", ""), words.get("form", "")
        return Asked(
            text=words.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT],
            tier=int(tier) if tier in {str(each.value) for each in Tier} else None,
            form=form if form in AllianceForm.values else "",
            closed="closed" in words,
        )


class Institution(SettingsPage):
    """One institution: what it is, has and belongs to, and what was changed."""

    def get(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Show it; 404 for one outside the post's alliances."""
        row, on = self.institution(facility_id), timezone.localdate()
        own = self.actor.facility_id
        way = hierarchy.route(own, row.pk, on) if own and own != row.pk else None
        subjects = catalogue.specialties()
        departments = queries.departments(row.pk)
        context = {
            "row": row,
            "rating": directory.accreditations([row.pk], on).get(row.pk, row),
            "category": catalogue.category(row.category) or row.category,
            "departments": [(each, subjects.get(each.code)) for each in departments],
            "capabilities": queries.capabilities(row.pk),
            "accreditations": queries.accreditations(row.pk),
            "memberships": queries.memberships(row.pk),
            "relations": queries.relations(row.pk),
            "campuses": queries.campuses(row),
            "way": way,
            "direction": DIRECTIONS[way.direction] if way else "",
            "is_own": own == row.pk,
            "edits": may_edit_facility(self.actor, row.pk),
            "rates": may_edit_directory(self.actor),
            "changes": told(queries.changes(row.pk, OPEN_HISTORY)),
        }
        return self.show("managing/institution.html", context)


class EditPage(SettingsPage):
    """A page with one form about an institution."""

    def asking(
        self, row: Facility, form: SettingForm, title: Any, *, status: int = 200, **context: Any
    ) -> HttpResponse:
        """Show the form."""
        shown = {"row": row, "form": form, "form_title": title, **context}
        return self.show("managing/edit.html", shown, status=status)

    @staticmethod
    def address(row: Facility) -> str:
        """Return where a change leads to."""
        return reverse("facilities:institution", args=[row.pk])


class EditInstitution(EditPage):
    """Changes what an institution says of itself; the system administrator changes more."""

    def get(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Show what is written now."""
        row, kind = self._found(facility_id)
        return self.asking(row, kind(initial=initial_of(row, kind)), _("Change the institution"))

    def post(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Write it."""
        row, kind = self._found(facility_id)
        form = kind(request.POST)
        answer = self.written(
            form,
            lambda said: alter_facility(row.pk, by=self.actor, **dict(said)),
            address=self.address(row),
            said=_("The institution is changed."),
        )
        return answer or self.asking(row, form, _("Change the institution"), status=422)

    def _found(self, facility_id: UUID) -> tuple[Facility, type[ModelSettingForm]]:
        row = self.institution(facility_id)
        self.demand(may_edit_facility(self.actor, row.pk))
        return row, WholeForm if may_edit_directory(self.actor) else DetailsForm


class Rate(EditPage):
    """Records the level, grade and tier of an institution from a day on."""

    def get(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Show what it is now."""
        row, on = self._found(facility_id), timezone.localdate()
        rating = directory.accreditations([row.pk], on).get(row.pk, row)
        now = {name: getattr(rating, name) for name in ("tier", "level", "grade")}
        return self._page(row, RatingForm(initial={**now, "starts": on}))

    def post(self, request: HttpRequest, facility_id: UUID) -> HttpResponse:
        """Write it; what held until then ends on that day."""
        row, form = self._found(facility_id), RatingForm(request.POST)
        answer = self.written(
            form,
            lambda said: accredit(row.pk, by=self.actor, **said),
            address=self.address(row),
            said=_("The accreditation is recorded."),
        )
        return answer or self._page(row, form, status=422)

    def _page(self, row: Facility, form: RatingForm, *, status: int = 200) -> HttpResponse:
        note = _("What holds until that day ends on it. Referrals under way keep their direction.")
        return self.asking(row, form, _("Record an accreditation"), status=status, note=note)

    def _found(self, facility_id: UUID) -> Facility:
        row = self.institution(facility_id)
        self.demand(may_edit_directory(self.actor))
        return row


class EditDepartment(EditPage):
    """Changes what a department says of itself, and opens and closes it."""

    def get(self, request: HttpRequest, facility_id: UUID, department_id: UUID) -> HttpResponse:
        """Show what is written now."""
        row, department = self._found(facility_id, department_id)
        form = DepartmentForm(initial=initial_of(department, DepartmentForm))
        return self._page(row, department, form)

    def post(self, request: HttpRequest, facility_id: UUID, department_id: UUID) -> HttpResponse:
        """Write it."""
        row, department = self._found(facility_id, department_id)
        form = DepartmentForm(request.POST)
        answer = self.written(
            form,
            lambda said: alter_department(department.pk, by=self.actor, **dict(said)),
            address=self.address(row),
            said=_("The department is changed."),
        )
        return answer or self._page(row, department, form, status=422)

    def _page(
        self, row: Facility, department: Department, form: DepartmentForm, *, status: int = 200
    ) -> HttpResponse:
        note = _("A closed department is offered to nobody; what is under way there goes on.")
        return self.asking(row, form, department.name, status=status, note=note)

    def _found(self, facility_id: UUID, department_id: UUID) -> tuple[Facility, Department]:
        row = self.institution(facility_id)
        self.demand(may_edit_facility(self.actor, row.pk))
        found = queries.department(row.pk, department_id)
        if found is None:
            raise Http404
        return row, found
