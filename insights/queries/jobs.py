"""Finds what was asked to be computed."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.actors import Actor
from accounts.errors import not_found
from facilities.models import Department
from insights.models import DepartmentForecast, WhatIf
from insights.policy import whatif as policy


def forecast_of(facility_id: UUID, department_id: UUID | None) -> DepartmentForecast | None:
    """Return the forecast of a department, or of a whole facility; None where nobody has asked for it."""
    rows = DepartmentForecast.objects.filter(facility=facility_id, department=department_id)
    return rows.first()


def what_ifs(by: Actor) -> QuerySet[WhatIf]:
    """Return the runs that somebody sees, each with its facility and who asked."""
    rows = WhatIf.objects.filter(policy.seen_by(by))
    return rows.select_related("facility", "owner", "repeats")


def what_if(run_id: UUID, by: Actor) -> WhatIf:
    """Return one run; raises Refused `not-found` for others' as for none."""
    row = what_ifs(by).filter(pk=run_id).first()
    if row is None:
        raise not_found()
    return row


def departments(ids: Iterable[str]) -> dict[str, Department]:
    """Return departments with their facilities, by their id as text; one statement."""
    rows = Department.objects.filter(pk__in=list(ids)).select_related("facility")
    return {str(row.pk): row for row in rows}
