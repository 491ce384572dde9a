"""Keeps what destinations want with a referral, and what they missed in those they returned."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from audit import record
from facilities.models import Department
from facilities.queries import directory
from referral.actions.moving import demand
from referral.models import DepartmentNeed, InformationGap, Referral
from referral.policy import completeness as policy_completeness


def keep(referral: Referral, verb: str, items: Iterable[str], *, now: datetime) -> None:
    """Write down what the next move of a locked referral, a return, misses; also where it names nothing."""
    assert referral.to_facility_id is not None
    InformationGap(
        referral=referral,
        version=referral.version + 1,
        verb=verb,
        facility_id=referral.to_facility_id,
        department_id=referral.to_department_id,
        items=list(dict.fromkeys(items)),
        at=now,
    ).save(force_insert=True)


def set_needs(
    facility_id: UUID,
    *,
    by: Actor,
    needs: Sequence[Mapping[str, str]],
    department_id: UUID | None = None,
    specialty: str = "",
    now: datetime | None = None,
) -> list[DepartmentNeed]:
    """Replace what a facility wants, for one department, one specialty, or every referral it gets.

    `needs` are items with a level and a note; those that stay the same stay as they were set. Raises
    Refused: `needs-of-another-facility`, `department-elsewhere`, `needs-changed`.
    """
    moment = now or timezone.now()
    demand(policy_completeness.may_set_needs(facility_id, by))
    _demand_department(facility_id, department_id)
    present = DepartmentNeed.objects.filter(
        facility=facility_id, department=department_id, specialty=specialty, ended_at__isnull=True
    )
    before = {(need.item, need.level, need.note): need for need in present.select_for_update()}
    wanted = {(need["item"], need["level"], need.get("note", "")): need for need in needs}
    gone = [need.pk for key, need in before.items() if key not in wanted]
    DepartmentNeed.objects.filter(pk__in=gone).update(ended_at=moment)
    fresh = [
        DepartmentNeed(
            facility_id=facility_id,
            department_id=department_id,
            specialty=specialty,
            item=item,
            level=level,
            note=note,
            set_by_id=by.user_id,
            set_at=moment,
        )
        for item, level, note in wanted
        if (item, level, note) not in before
    ]
    _begin(fresh)
    record.change(by, what="facility.needs.set")
    return [*(need for key, need in before.items() if key in wanted), *fresh]


def _begin(needs: Sequence[DepartmentNeed]) -> None:
    """Insert needs in force; raises Refused `needs-changed` where somebody else has set one meanwhile."""
    try:
        with transaction.atomic():
            DepartmentNeed.objects.bulk_create(needs)
    except IntegrityError as error:
        text = _("Somebody has changed these needs meanwhile: reload them.")
        raise Refused("needs-changed", text) from error


def _demand_department(facility_id: UUID, department_id: UUID | None) -> None:
    """Raise Refused `department-elsewhere` for a department that is not the facility's."""
    if department_id is None:
        return
    place = directory.places([department_id]).get(department_id)
    if not isinstance(place, Department) or place.facility_id != facility_id:
        text = _("The facility has no such department.")
        errors = {"department": [str(text)]}
        raise Refused("department-elsewhere", text, kind=Kind.UNPROCESSABLE, errors=errors)
