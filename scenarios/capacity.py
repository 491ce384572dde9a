"""Plans the sessions, beds and shared equipment of a scenario for the weeks to come."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers

from accounts.actors import Actor
from accounts.rest import StrictSerializer
from facilities.actions import capacity
from facilities.models import Alliance, Department
from facilities.vocabulary import CapabilityCode, DoctorGrade, PoolKind, Session

WEEKS: Final = 4
DAYS: Final = WEEKS * 7


class OfferForm(StrictSerializer):
    """What one facility offers week after week: in each of `departments`, or on one equipment."""

    at = serializers.CharField(max_length=32)
    kind = serializers.ChoiceField(PoolKind.choices, default=PoolKind.SLOT)
    departments = serializers.ListField(child=serializers.CharField(max_length=20), default=list)
    doctor_grade = serializers.ChoiceField(DoctorGrade.choices, required=False)
    capability = serializers.ChoiceField(CapabilityCode.choices, required=False)
    alliance = serializers.CharField(max_length=120, required=False)
    weekdays = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=7))
    session = serializers.ChoiceField(Session.choices)
    begins = serializers.TimeField()
    ends = serializers.TimeField()
    places = serializers.IntegerField(min_value=1, max_value=500)
    reserved_percent = serializers.IntegerField(min_value=0, max_value=100)


def plan(
    offers: tuple[Mapping[str, Any], ...], places: Mapping[str, UUID], *, by: Actor, now: datetime
) -> int:
    """Make the sessions of the coming weeks that are not there yet; returns how many."""
    return sum(
        capacity.plan(places[offer["at"]], by=by, pattern=pattern, now=now).made
        for offer in offers
        for pattern in _patterns(offer, places[offer["at"]], now)
    )


def _patterns(
    offer: Mapping[str, Any], facility_id: UUID, now: datetime
) -> Iterator[capacity.Pattern]:
    weekly = tuple(
        capacity.WeeklySession(
            weekday, offer["session"], offer["begins"], offer["ends"], offer["places"]
        )
        for weekday in offer["weekdays"]
    )
    shared = offer["kind"] == PoolKind.EQUIPMENT
    departments = Department.objects.filter(facility=facility_id, code__in=offer["departments"])
    alliance = Alliance.objects.filter(name=offer.get("alliance", "")).first()
    for department_id in [None] if shared else departments.values_list("pk", flat=True):
        yield capacity.Pattern(
            kind=offer["kind"],
            start=timezone.localdate(now),
            weeks=WEEKS,
            sessions=weekly,
            department_id=department_id,
            doctor_grade=offer.get("doctor_grade", ""),
            capability=offer.get("capability", ""),
            alliance_id=alliance.pk if alliance else None,
            reserved_percent=offer["reserved_percent"],
            opens_days_before=DAYS,
        )
