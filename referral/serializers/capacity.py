"""Checks what the API takes in for pools and holds, and documents what it gives out."""

from datetime import date, timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer
from facilities import capacity
from facilities.models.capacity import MOST_PLACES
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import CapabilityCode, DoctorGrade, PoolKind, Session
from referral.models.booking import BookingState

MOST_SESSIONS: Final = 21
MOST_DAYS: Final = 366
HOURS_A_DAY: Final = 24


class DaysQuery(StrictSerializer):
    """Some days, `from` one to another."""

    to = serializers.DateField(required=False, help_text=_("Before this day."))

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add the first day, whose name is a word of Python."""
        start = serializers.DateField(required=False, help_text=_("On or after this day; today."))
        return {"from": start, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a window that ends before it begins."""
        if "from" in attrs and "to" in attrs and attrs["to"] <= attrs["from"]:
            raise serializers.ValidationError({"to": [_("The end must lie after the start.")]})
        return attrs


class SlotQuery(DaysQuery, PageQuery):
    """The filters of the sessions of a facility."""

    kind = serializers.ChoiceField(choices=PoolKind.choices, required=False)
    department = serializers.UUIDField(required=False)


class EquipmentQuery(DaysQuery, PageQuery):
    """The filters of the equipment that members share."""

    capability = serializers.ChoiceField(choices=CapabilityCode.choices, required=False)


class WeeklySessionSerializer(StrictSerializer):
    """One session of a week."""

    weekday = serializers.IntegerField(min_value=1, max_value=7, help_text=_("Monday is 1."))
    session = serializers.ChoiceField(choices=Session.choices)
    begins = serializers.TimeField()
    ends = serializers.TimeField()
    places = serializers.IntegerField(min_value=1, max_value=MOST_PLACES)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a session that ends before it begins."""
        if attrs["ends"] <= attrs["begins"]:
            raise serializers.ValidationError({"ends": [_("The end must lie after the start.")]})
        return attrs


class PlanSerializer(StrictSerializer):
    """A weekly pattern of sessions, made for some weeks; what is there already stays."""

    kind = serializers.ChoiceField(choices=PoolKind.choices, default=PoolKind.SLOT)
    department = serializers.UUIDField(required=False, source="department_id")
    doctor_grade = serializers.ChoiceField(choices=DoctorGrade.choices, required=False)
    capability = serializers.ChoiceField(choices=CapabilityCode.choices, required=False)
    alliance = serializers.UUIDField(required=False, source="alliance_id")
    start = serializers.DateField()
    weeks = serializers.IntegerField(min_value=1, max_value=capacity.rules().most_weeks, default=1)
    sessions = serializers.ListField(
        child=WeeklySessionSerializer(), min_length=1, max_length=MOST_SESSIONS
    )
    reserved_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)
    opens_days_before = serializers.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)
    release_hours_before = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS * HOURS_A_DAY, required=False
    )

    follows_calendar = serializers.BooleanField(
        required=False,
        help_text=_("Skip public holidays, work on working weekends; beds do not unless asked to."),
    )

    def validate_start(self, value: date) -> date:
        """Refuse a day that no plan is made for."""
        if abs(value - timezone.localdate()) > timedelta(days=MOST_DAYS):
            raise serializers.ValidationError(_("A plan begins within a year."))
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for what a pool of this kind has, and for nothing else."""
        given = {name.removesuffix("_id") for name in attrs}
        missing, spare = capacity.misfits(attrs["kind"], given)
        wrong = {key: [_("This is needed.")] for key in missing}
        wrong |= {key: [_("A pool of this kind has none.")] for key in spare}
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class PoolChangeSerializer(StrictSerializer):
    """A change of one session."""

    places = serializers.IntegerField(min_value=0, max_value=MOST_PLACES, required=False)
    reserved_percent = serializers.IntegerField(min_value=0, max_value=100, required=False)
    opens_at = serializers.DateTimeField(required=False)
    released_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change of nothing."""
        if not attrs:
            raise serializers.ValidationError([_("Say what to change.")])
        return attrs


class HoldSerializer(StrictSerializer):
    """A session, or beds of a day, of which a seat is kept."""

    pool = serializers.UUIDField(required=False, source="pool_id")
    bed = serializers.UUIDField(required=False, source="bed_id")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one of the two."""
        if len(attrs) != 1:
            text = [_("Give a session or a bed, and only one of them.")]
            raise serializers.ValidationError({"pool": text})
        return attrs


class SessionOut(serializers.Serializer[Any]):
    """A session of a pool."""

    id = serializers.UUIDField()
    facility = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=PoolKind.choices)
    department = NamedOut(allow_null=True)
    doctor_grade = serializers.ChoiceField(choices=[*DoctorGrade.choices, ("", "")])
    capability = serializers.ChoiceField(choices=[*CapabilityCode.choices, ("", "")])
    alliance = serializers.UUIDField(allow_null=True)
    session = serializers.ChoiceField(choices=Session.choices)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    places = serializers.IntegerField()
    reserved_percent = serializers.IntegerField()
    opens_at = serializers.DateTimeField()
    released_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class PoolOut(SessionOut):
    """A session; `free` are the places that the caller's facility could take now."""

    free = serializers.IntegerField()


class PoolPageOut(PageSerializer):
    """A page of sessions."""

    results = PoolOut(many=True)


class PlannedOut(serializers.Serializer[Any]):
    """What a plan made; `left` were there or had begun already, `off` fall on public holidays."""

    made = serializers.IntegerField()
    left = serializers.IntegerField()
    off = serializers.IntegerField()
    unsettled = serializers.IntegerField(
        help_text="Made for years whose notice of days off is not known yet."
    )


class ReservationOut(serializers.Serializer[Any]):
    """What is reserved for primary care, beside the rule that it is held to."""

    places = serializers.IntegerField()
    reserved = serializers.IntegerField(help_text="Open to primary care early enough.")
    expert_reserved = serializers.IntegerField()
    needed_percent = serializers.IntegerField()
    needed_expert_percent = serializers.IntegerField()
    days_ahead = serializers.IntegerField()
    meets = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]
    verified = serializers.BooleanField(help_text="False: shown with 待核对.")


class BookingOut(serializers.Serializer[Any]):
    """The seat that a referral has."""

    pool = SessionOut()
    seat = serializers.IntegerField()
    state = serializers.ChoiceField(choices=BookingState.choices)
    held_until = serializers.DateTimeField(allow_null=True)
