"""Addresses, bodies and sending for the tests of the patients' endpoints."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit.models import Event
from patients.models import Patient
from tests.patients.conftest import ADULT
from tests.people import InventedPerson

TODAY = timezone.localdate()
LIST = "/api/v1/patients/"
SECRETS = (ADULT.name, ADULT.phone, ADULT.address, ADULT.resident_id, ADULT.birth_date.isoformat())

Send = Callable[..., Any]


def url(patient: Patient | UUID, *rest: object) -> str:
    number = patient.pk if isinstance(patient, Patient) else patient
    return LIST + "".join(f"{part}/" for part in (number, *rest))


def body_of(someone: InventedPerson, **changes: Any) -> dict[str, Any]:
    return someone.body(today=TODAY, **changes)


def audited(what: str) -> list[Event]:
    return list(Event.objects.filter(what=what))
