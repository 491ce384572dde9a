"""The pages of what an institution wants with a referral: what was learnt from returns, and what its people set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission
from facilities import catalogue
from facilities.managing.forms import SettingForm
from facilities.managing.settings import WritingPage
from facilities.models import Department
from facilities.queries import directory
from referral import actions, completeness
from referral.codes import Item, NeedLevel
from referral.completeness import ON_THE_SLIP
from referral.models import DepartmentNeed
from referral.policy import completeness as policy
from referral.queries import completeness as queries
from referral.queries.completeness import Learnt
from referral.representations.completeness import times_asked

LIST: Final = "referral:needs"
NOTE: Final = 200
LEVEL: Final = "level_"
WHY: Final = "note_"


@dataclass(frozen=True, slots=True)
class Place:
    """For what needs are set: one department, one treatment subject, or with neither every referral."""

    department: Department | None = None
    specialty: str = ""

    @property
    def name(self) -> Any:
        """Return it in words."""
        if self.department is not None:
            return self.department.name
        return catalogue.specialties()[self.specialty] if self.specialty else _("Every referral")

    @property
    def address(self) -> str:
        """Return where its needs are set."""
        if self.department is not None:
            return reverse("referral:set-needs", args=[self.department.pk])
        page = reverse("referral:set-needs-of-all")
        return f"{page}?subject={self.specialty}" if self.specialty else page

    def has(self, need: DepartmentNeed) -> bool:
        """Say whether a need is set for it."""
        department = self.department.pk if self.department else None
        return (need.department_id, need.specialty) == (department, self.specialty)


@dataclass(frozen=True, slots=True)
class Row:
    """An item with what was learnt of it and what is set, in words."""

    item: str
    label: Any
    learnt: str
    tells: bool
    need: DepartmentNeed | None


class NeedsForm(SettingForm):
    """A level for each item, and what exactly is meant; only a field of the slip can be insisted on."""

    def __init__(self, *args: Any, learnt: Mapping[str, Learnt], **kwargs: Any) -> None:
        """Make two fields of each item, with what returns have taught beside the first."""
        super().__init__(*args, **kwargs)
        for item in Item:
            levels = [NeedLevel.SOFT, *([NeedLevel.HARD] if item in ON_THE_SLIP else [])]
            told = learnt.get(item)
            self.fields[f"{LEVEL}{item}"] = forms.ChoiceField(
                label=item.label,
                choices=[("", _("Not set")), *((each.value, each.label) for each in levels)],
                required=False,
                help_text=times_asked(told.times, told.returns) if told else "",
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            self.fields[f"{WHY}{item}"] = forms.CharField(
                label=_("What exactly: %(item)s") % {"item": item.label},
                max_length=NOTE,
                required=False,
                widget=forms.TextInput(attrs={"class": "form-control"}),
            )

    def pairs(self) -> list[tuple[BoundField, BoundField]]:
        """Return the fields by item, for the template."""
        return [(self[f"{LEVEL}{item}"], self[f"{WHY}{item}"]) for item in Item]

    def words(self) -> dict[str, Any]:
        """Return the needs as the action takes them; what has no level is none."""
        said = super().words()
        needs = [
            {"item": item.value, "level": said[f"{LEVEL}{item}"], "note": said[f"{WHY}{item}"]}
            for item in Item
            if said[f"{LEVEL}{item}"]
        ]
        return {"needs": needs}


class NeedsPage(WritingPage):
    """A page about what the post's own institution wants."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_VIEW

    def places(self, needs: Sequence[DepartmentNeed]) -> list[Place]:
        """Return all for which needs can be set here: every referral, departments, subjects with needs."""
        subjects = sorted({need.specialty for need in needs if need.specialty})
        departments = directory.departments(self.actor.place).order_by("code", "id")
        return [
            Place(),
            *(Place(department=each) for each in departments),
            *(Place(specialty=code) for code in subjects if code in catalogue.specialties()),
        ]


class Needs(NeedsPage):
    """Everything that the institution wants, with what its departments asked for in their last returns."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        here, known = self.actor.place, completeness.settings()
        needs = list(queries.needs(here))
        learnt = queries.learnt(here, window=known.window)
        parts = [
            {"place": place, "rows": _rows(place, needs, learnt, known.at_least)}
            for place in self.places(needs)
        ]
        context = {
            "parts": parts,
            "window": known.window,
            "at_least": known.at_least,
            "sets": policy.may_set_needs(here, self.actor).allowed,
            "subjects": [(each.code, each) for each in catalogue.specialties().values()],
        }
        return self.show("managing/needs.html", context)


def _rows(
    place: Place,
    needs: Sequence[DepartmentNeed],
    learnt: Mapping[UUID | None, Mapping[str, Learnt]],
    at_least: int,
) -> list[Row]:
    """Return the items that are set for a place or were asked for there."""
    ward = place.department.pk if place.department else None
    told = {} if place.specialty else learnt.get(ward, {})
    own = {need.item: need for need in needs if place.has(need)}
    return [
        Row(
            item=item.value,
            label=item.label,
            learnt=times_asked(*told[item]) if item in told else "",
            tells=item in told and told[item].times >= at_least,
            need=own.get(item),
        )
        for item in Item
        if item in told or item in own
    ]


class SetNeeds(NeedsPage):
    """Sets what one department, one treatment subject or every referral needs."""

    def place(self, department_id: UUID | None) -> Place:
        """Return for what it is; 404 for a department of others and a subject that is not listed."""
        self.demand(policy.may_set_needs(self.actor.place, self.actor).allowed)
        if department_id is not None:
            row = directory.departments(self.actor.place).filter(pk=department_id).first()
            if row is None:
                raise Http404
            return Place(department=row)
        subject = self.request.GET.get("subject", "")
        if subject and subject not in catalogue.specialties():
            raise Http404
        return Place(specialty=subject)

    def get(self, request: HttpRequest, department_id: UUID | None = None) -> HttpResponse:
        """Show the form with what is set."""
        place = self.place(department_id)
        mine = [need for need in queries.needs(self.actor.place) if place.has(need)]
        initial = {f"{LEVEL}{need.item}": need.level for need in mine}
        initial |= {f"{WHY}{need.item}": need.note for need in mine}
        return self._page(place, NeedsForm(initial=initial, learnt=self._learnt(place)))

    def post(self, request: HttpRequest, department_id: UUID | None = None) -> HttpResponse:
        """Set it."""
        place = self.place(department_id)
        form = NeedsForm(request.POST, learnt=self._learnt(place))
        answer = self.written(
            form,
            lambda said: actions.set_needs(
                self.actor.place,
                by=self.actor,
                department_id=place.department.pk if place.department else None,
                specialty=place.specialty,
                **said,
            ),
            address=reverse(LIST),
            said=_("The needs are set; whoever files from now on is told."),
        )
        return answer or self._page(place, form, status=422)

    def _learnt(self, place: Place) -> Mapping[str, Learnt]:
        if place.specialty:
            return {}
        found = queries.learnt(self.actor.place, window=completeness.settings().window)
        return found.get(place.department.pk if place.department else None, {})

    def _page(self, place: Place, form: NeedsForm, *, status: int = 200) -> HttpResponse:
        return self.show("managing/set_needs.html", {"place": place, "form": form}, status=status)
