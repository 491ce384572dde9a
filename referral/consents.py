"""Reads which legs still want a consent, and whose consent is gone; all of it derived from rows."""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from accounts.actors import Actor
from patients.models import Consent, ConsentPurpose, Patient
from referral.limits import Limit
from referral.models import ConsentAlert, Referral
from referral.stages import Clock
from referral.states import AGREED, WAITING, Status, Urgency

DATA: Final = Path(__file__).parent / "data" / "consent.toml"
BEFORE_ARRIVAL: Final = sorted(WAITING | AGREED)
OLDEST_FIRST: Final = ("submitted_at", "id")
CONSENT_GONE: str = "consent_gone"


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(DATA.read_text(encoding="utf-8"))


@cache
def term() -> Limit:
    """Return how long the consent to an emergency may follow it."""
    return Limit(
        timedelta(hours=_data()["afterwards"]["hours"]),
        Clock.CALENDAR,
        _data()["afterwards"]["source"],
    )


def due_at(referral: Referral) -> datetime | None:
    """Return by when the consent to an emergency must be recorded."""
    return referral.submitted_at + term().length if referral.submitted_at else None


def answers(sender: str = "from_facility") -> QuerySet[Consent]:
    """Return the answers to referral that the sender of a leg holds of its patient, merged or not.

    Or of what else has a `patient`, with the field that names who is to ask him.
    """
    # No join from the leg to its patient, whom a coordinator does not see: the leg would be gone too.
    merged = Patient.objects.filter(
        pk=OuterRef(OuterRef("patient")), merged_into=OuterRef("patient")
    )
    whose = Q(patient=OuterRef("patient")) | Q(Exists(merged))
    here = Consent.objects.filter(whose, facility=OuterRef(sender))
    return here.filter(purpose=ConsentPurpose.REFERRAL)


def _gone() -> "ExpressionWrapper[Any]":
    """Return the condition that the consent of a leg is gone.

    So it is when the newest answer that the sender holds is a no or was withdrawn, or when the sender
    holds none and the one that it relied on was withdrawn. An emergency does not rest on one.
    """
    live = ExpressionWrapper(Q(given=True, withdrawn_at__isnull=True), output_field=BooleanField())
    newest = answers().order_by("-recorded_at", "-id").annotate(live=live).values("live")[:1]
    relied_on = ExpressionWrapper(
        Q(consent__withdrawn_at__isnull=True), output_field=BooleanField()
    )
    no = Exact(Coalesce(Subquery(newest), relied_on), Value(False))
    return ExpressionWrapper(~Q(urgency=Urgency.EMERGENCY) & Q(no), output_field=BooleanField())


def with_standing(rows: QuerySet[Referral]) -> QuerySet[Referral]:
    """Read with each leg whether its consent is gone, as `consent_gone`, in the same statement."""
    return rows.annotate(**{CONSENT_GONE: _gone()})


def awaited() -> QuerySet[Referral]:
    """Return the emergencies sent without consent whose sender has recorded no answer since."""
    since = answers().filter(recorded_at__gte=OuterRef("submitted_at"))
    sent = Referral.objects.filter(
        urgency=Urgency.EMERGENCY, consent__isnull=True, submitted_at__isnull=False
    )
    return sent.exclude(status=Status.ENTERED_IN_ERROR).filter(~Exists(since))


def awaited_by(by: Actor, *, at: datetime, late: bool = False) -> QuerySet[Referral]:
    """Return the emergencies for which the actor's facility must still record a consent."""
    rows = overdue(at) if late else awaited()
    return rows.filter(from_facility=by.facility_id)


def awaiting(legs: Iterable[UUID]) -> set[UUID]:
    """Return those of these legs whose sender must still record a consent."""
    return set(awaited().filter(pk__in=list(legs)).values_list("pk", flat=True))


def overdue(at: datetime) -> QuerySet[Referral]:
    """Return the legs whose consent afterwards is late at `at`."""
    return awaited().filter(submitted_at__lt=at - term().length)


def withdrawn_for(by: Actor) -> QuerySet[Referral]:
    """Return the legs before arrival whose consent is gone, for the facilities at both ends."""
    mine = Q(from_facility=by.facility_id) | Q(to_facility=by.facility_id)
    rows = Referral.objects.filter(mine, status__in=BEFORE_ARRIVAL)
    return rows.filter(_gone())


def ended_lately(at: datetime, *purposes: ConsentPurpose) -> QuerySet[Consent]:
    """Return the answers of late by which a consent ended, found by their partial indexes."""
    since = at - timedelta(days=_data()["withdrawal"]["days"])
    ended = Q(withdrawn_at__gt=since) | Q(given=False, recorded_at__gt=since)
    return Consent.objects.filter(ended, purpose__in=purposes).order_by("id")


def untold(at: datetime, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return legs before arrival with the answer that ended their consent and of which nobody was told.

    Starts from the few answers of late; read in the system's scope.
    """
    ended = ended_lately(at, ConsentPurpose.REFERRAL).select_related("patient")
    found = (pair for consent in ended for pair in _rest_on(consent))
    return [pair for pair, _number in zip(found, range(limit), strict=False)]


def _rest_on(consent: Consent) -> Iterator[tuple[UUID, UUID]]:
    """Return the legs before arrival that an ended answer leaves without consent."""
    whose = Q(patient=consent.patient_id) | Q(patient__merged_into=consent.patient_id)
    rests = Q(consent=consent.pk) | Q(from_facility=consent.facility_id)
    told = ConsentAlert.objects.filter(referral=OuterRef("pk"), consent=consent.pk)
    rows = Referral.objects.filter(whose, rests, ~Exists(told), status__in=BEFORE_ARRIVAL)
    gone = rows.filter(_gone()).order_by("id")
    return ((pk, consent.pk) for pk in gone.values_list("pk", flat=True))
