"""Runs with Django set up: finds or makes who can act, gives them tokens, times a task; prints JSON."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db.models import Count, Q  # noqa: E402 - needs the settings
from django.utils import timezone  # noqa: E402

from accounts import scope, tokens  # noqa: E402
from accounts.actors import Actor  # noqa: E402
from accounts.models import User  # noqa: E402
from accounts.permissions import Role  # noqa: E402
from bench import candidates, numbers, townsfolk, visitors  # noqa: E402
from facilities.models import Department, Facility, Membership  # noqa: E402
from facilities.models.dated import in_force  # noqa: E402
from facilities.vocabulary import Tier  # noqa: E402
from referral import actions  # noqa: E402
from referral.models import Referral  # noqa: E402
from referral.states import LIVE  # noqa: E402

CLINICS: Final = 8


def _somebody(facility_id: object, role: Role) -> User:
    posts = Q(posts__facility=facility_id, posts__role=role)
    user = User.objects.filter(posts).order_by("pk").first()
    assert user is not None, f"nobody is {role} there"
    return user


def _token(facility_id: object, role: Role) -> str:
    return tokens.issue(_somebody(facility_id, role), label="bench")


def _busiest(seed: str, **filters: int) -> tuple[Facility, int]:
    """Return the facility of a network with the fullest inbox, and how many referrals wait there."""
    rows = Referral.objects.filter(
        status__in=sorted(LIVE), to_facility__code__startswith=f"GEN{seed}-", **filters
    )
    counted = rows.values("to_facility").annotate(waiting=Count("pk")).order_by("-waiting")
    first = counted[0]
    return Facility.objects.get(pk=first["to_facility"]), first["waiting"]


def cast(seed: str) -> dict[str, Any]:
    """Return the busiest hospital of the step above the clinics, and clinics of its group with their patients."""
    hospital, _waiting = _busiest(seed, to_facility__tier=Tier.COUNTY)
    today = timezone.localdate()
    groups = Membership.objects.filter(
        in_force(today), facility=hospital, form__in=("city_group", "county_community")
    )
    members = Facility.objects.filter(
        memberships__alliance__in=groups.values("alliance"),
        tier=Tier.PRIMARY,
        requires_internal_review=False,
    ).order_by("code")
    filing = [
        (clinic, _somebody(clinic.pk, Role.CLINIC_DOCTOR))
        for clinic in members.distinct()[:CLINICS]
    ]
    people = townsfolk.register([(clinic, doctor.pk) for clinic, doctor in filing])
    clinics = [
        {
            "id": str(clinic.pk),
            "token": tokens.issue(doctor, label="bench"),
            "patients": [str(pk) for pk in people[clinic.pk]],
        }
        for clinic, doctor in filing
    ]
    department = Department.objects.filter(facility=hospital, code="03.04").first()
    return {
        "hospital": str(hospital.pk),
        "department": str(department.pk) if department else None,
        "doctor": _token(hospital.pk, Role.HOSPITAL_DOCTOR),
        "office": _token(hospital.pk, Role.REFERRAL_OFFICE),
        "clinics": clinics,
    }


def inbox(seed: str) -> dict[str, Any]:
    """Return a doctor's token at the fullest inbox of a network, and its size."""
    hospital, waiting = _busiest(seed)
    role = Role.HOSPITAL_DOCTOR if hospital.tier > 1 else Role.CLINIC_DOCTOR
    return {"token": _token(hospital.pk, role), "waiting": waiting}


def destinations(count: str) -> dict[str, str]:
    """Make so many hospitals to choose among; return a clinic doctor's token and a patient."""
    user, patient = candidates.build(int(count))
    scope.enter_system()
    return {"token": tokens.issue(user, label="bench"), "patient": str(patient)}


def visits(seed: str) -> dict[str, Any]:
    """Return the pages that people of a network open, with their sessions and the name of the cookie."""
    hospital, _waiting = _busiest(seed, to_facility__tier__gte=Tier.COUNTY)
    pages = visitors.visits(_somebody(hospital.pk, Role.HOSPITAL_DOCTOR), seed)
    return {"cookie": settings.SESSION_COOKIE_NAME, "pages": pages}


def dashboard(seed: str) -> dict[str, str]:
    """Return the dashboard's address and the cookie of a manager who opens it."""
    page = visitors.dashboard(seed)
    return {"path": page["path"], "cookie": f"{settings.SESSION_COOKIE_NAME}={page['session']}"}


def answers(batch: str) -> dict[str, float]:
    """Measure the times of answering of some facilities, as the worker does; return the seconds it took."""
    begun = time.monotonic()
    measured = actions.measure_answer_times(now=timezone.now(), batch=int(batch))
    return {"facilities": measured, "seconds": time.monotonic() - begun}


def rates(_seed: str) -> dict[str, Any]:
    """Return how quickly the numbers of everything are there, beside the facts."""
    return numbers.asked(timezone.localdate())


COMMANDS: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "cast": cast,
    "inbox": inbox,
    "destinations": destinations,
    "answers": answers,
    "visits": visits,
    "dashboard": dashboard,
    "numbers": rates,
}

if __name__ == "__main__":
    with scope.transaction_as(Actor.system()):
        print(json.dumps(COMMANDS[sys.argv[1]](sys.argv[2])))  # noqa: T201 - its parent reads it
