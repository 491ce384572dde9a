"""The REST door to pools and holds: what is bookable where, the plans of a facility, a kept seat."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, EmptySerializer, NotFound, keyset, page_answer
from facilities import capacity
from facilities.actions import capacity as planning
from facilities.models import Pool
from facilities.queries import directory
from referral import actions, availability
from referral.api.referrals import VIEW, ReferralView
from referral.queries import referrals as queries
from referral.representations import capacity as representations
from referral.serializers import capacity as forms

FOUR_WEEKS = timedelta(days=28)
ORDER = ("starts_at", "id")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _start(asked: Mapping[str, Any], now: datetime) -> datetime:
    return _midnight(asked["from"]) if "from" in asked else now


class SessionView(ApiView):
    """Shares how sessions are listed."""

    def listed(
        self, request: Request, rows: QuerySet[Pool, Any], asked: Mapping[str, Any]
    ) -> Response:
        """Return a page of counted sessions in the days asked for, the earliest first."""
        if "to" in asked:
            rows = rows.filter(starts_at__lt=_midnight(asked["to"]))
        page = keyset(
            rows, request=request, order=ORDER, limit=asked["limit"], cursor=asked.get("cursor")
        )
        return page_answer(page, [representations.pool(row, row.free) for row in page.rows])


class SlotList(SessionView):
    """The sessions of a facility."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW, "POST": Permission.CAPACITY_MANAGE}

    @extend_schema(
        operation_id="facilities_slots",
        tags=["facilities"],
        parameters=[forms.SlotQuery],
        responses=forms.PoolPageOut,
    )
    def get(self, request: Request, facility_id: UUID) -> Response:
        """List what the caller's facility could book there now; one's own sessions all of them."""
        asked = self.query(forms.SlotQuery)
        if directory.facility(facility_id) is None:
            raise NotFound
        now = timezone.now()
        rows = availability.bookable(facility_id, sender=self.actor.facility_id, at=now)
        rows = rows.filter(starts_at__gte=_start(asked, now))
        for name in ("kind", "department"):
            if name in asked:
                rows = rows.filter(**{name: asked[name]})
        return self.listed(request, rows, asked)

    @extend_schema(
        operation_id="facilities_plan_slots",
        tags=["facilities"],
        request=forms.PlanSerializer,
        responses={201: forms.PlannedOut},
    )
    def post(self, request: Request, facility_id: UUID) -> Response:
        """Make the sessions of a weekly pattern; what is there already stays as it is."""

        def perform() -> Response:
            if directory.facility(facility_id) is None:
                raise NotFound
            body = self.body(forms.PlanSerializer)
            weekly = tuple(planning.WeeklySession(**each) for each in body.pop("sessions"))
            pattern = planning.Pattern(sessions=weekly, **body)
            done = planning.plan(facility_id, by=self.actor, pattern=pattern, now=timezone.now())
            return Response(asdict(done), status=201)

        return self.idempotent(perform)


class SlotDetail(ApiView):
    """One session."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW, "PATCH": Permission.CAPACITY_MANAGE}
    versioned: ClassVar = frozenset({"GET", "PATCH"})

    @extend_schema(operation_id="facilities_slot", tags=["facilities"], responses=forms.PoolOut)
    def get(self, request: Request, facility_id: UUID, pool_id: UUID) -> Response:
        """Read a session; 404 for one that the caller's facility could not book."""
        self.query(EmptySerializer)
        now = timezone.now()
        rows = availability.bookable(facility_id, sender=self.actor.facility_id, at=now)
        row = rows.filter(pk=pool_id).first()
        if row is None:
            raise NotFound
        return _session(row, row.free)

    @extend_schema(
        operation_id="facilities_alter_slot",
        tags=["facilities"],
        request=forms.PoolChangeSerializer,
        responses=forms.PoolOut,
    )
    def patch(self, request: Request, facility_id: UUID, pool_id: UUID) -> Response:
        """Change places, the reserved share or the times of a session; never below what is taken."""
        changes, version = self.body(forms.PoolChangeSerializer), self.expected_version()
        now = timezone.now()
        row = actions.alter_pool(
            facility_id, pool_id, by=self.actor, changes=changes, version=version, now=now
        )
        return _session(row, availability.free_of(row, primary=True, at=now))


def _session(row: Pool, free: int) -> Response:
    return Response(representations.pool(row, free), headers={"ETag": f'"{row.version}"'})


class SlotReservation(ApiView):
    """What a facility reserves for primary care."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    @extend_schema(
        operation_id="facilities_reservation",
        tags=["facilities"],
        parameters=[forms.DaysQuery],
        responses=forms.ReservationOut,
    )
    def get(self, request: Request, facility_id: UUID) -> Response:
        """Hold the appointments of some days, four weeks by default, to the rule of the data file."""
        asked = self.query(forms.DaysQuery)
        if directory.facility(facility_id) is None:
            raise NotFound
        start = asked.get("from") or timezone.localdate()
        until = asked.get("to") or min(start, date.max - FOUR_WEEKS) + FOUR_WEEKS
        found = capacity.reservation(facility_id, start=start, until=until)
        return Response(representations.reservation(found))


class EquipmentList(SessionView):
    """Idle equipment that the members of an alliance offer to each other."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    @extend_schema(
        operation_id="alliances_equipment",
        tags=["alliances"],
        parameters=[forms.EquipmentQuery],
        responses=forms.PoolPageOut,
    )
    def get(self, request: Request, alliance_id: UUID) -> Response:
        """List the sessions with places here and in nested alliances; whoever is no member sees none."""
        asked = self.query(forms.EquipmentQuery)
        if directory.alliance(alliance_id) is None:
            raise NotFound
        now = timezone.now()
        today = timezone.localdate(now)
        rows = availability.offered(
            availability.sharing(alliance_id, self.actor.facility_id, on=today),
            start=_start(asked, now),
            at=now,
            capability=asked.get("capability", ""),
        )
        return self.listed(request, rows, asked)


class ReferralHold(ReferralView):
    """The seat that is kept for a referral."""

    required: ClassVar = {
        "GET": VIEW,
        "POST": Permission.REFERRAL_FILE,
        "DELETE": Permission.REFERRAL_FILE,
    }
    conflicting: ClassVar = frozenset({"DELETE"})

    @extend_schema(operation_id="referrals_booking", responses=forms.BookingOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read which seat is held or booked for the referral; 404 where none is."""
        self.query(EmptySerializer)
        referral = self.found(referral_id)
        booking = queries.booking(referral, at=timezone.now())
        if booking is None:
            raise NotFound
        self.log(referral, "referral.booking")
        return Response(representations.booking(booking))

    @extend_schema(
        operation_id="referrals_hold",
        request=forms.HoldSerializer,
        responses={201: forms.BookingOut},
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Keep a seat while the referral is filed and waits; again, to keep it longer or another one."""

        def perform() -> Response:
            words: dict[str, Any] = self.body(forms.HoldSerializer)
            version = self.expected_version()
            held = actions.hold(referral_id, by=self.actor, version=version, **words)
            return Response(representations.booking(held), status=201)

        return self.idempotent(perform)

    @extend_schema(operation_id="referrals_give_back", responses={204: None})
    def delete(self, request: Request, referral_id: UUID) -> Response:
        """Give the held seat back."""
        actions.give_back(referral_id, by=self.actor, version=self.expected_version())
        return Response(status=204)
