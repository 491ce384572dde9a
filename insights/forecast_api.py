"""The REST door to forecasts of weekly demand: asked for by POST, read by GET once a worker has computed them."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import replica
from accounts.permissions import Permission
from accounts.rest import ApiView, StrictSerializer
from insights import forecast_shown
from insights.actions import forecasting
from insights.forecast import HORIZON, METHODS
from insights.forecast_shown import REASONS, UNASKED, Asked
from insights.models import JobState
from insights.policy import numbers as policy
from insights.queries import jobs as queries

DOCUMENT = serializers.Serializer[Any]
VIEW = Permission.REFERRAL_VIEW
# Named in settings.py for the OpenAPI document.
STATES = [(each, each) for each in (UNASKED, *JobState.values)]
WAYS = [(each.value, each.value) for each in METHODS]
HIDDEN = [(each, each) for each in REASONS]


class OfWhom(StrictSerializer):
    """A facility, by default one's own, and a department of it; without one all of them together."""

    facility = serializers.UUIDField(required=False)
    department = serializers.UUIDField(required=False)


class ForecastQuery(OfWhom):
    """And how many weeks ahead."""

    weeks = serializers.IntegerField(min_value=1, max_value=HORIZON, default=HORIZON)


class PastWeekOut(DOCUMENT):
    """A week that is over; without a count `reason` says why."""

    week = serializers.DateField(help_text="Its Monday.")
    count = serializers.IntegerField(allow_null=True, help_text="Up-referrals received.")
    reason = serializers.ChoiceField(HIDDEN, allow_null=True)


class AheadOut(DOCUMENT):
    """A week to come, in referrals; the true count lies from `low` to `high` with the chance of `range`."""

    week = serializers.DateField(help_text="Its Monday.")
    estimate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    reason = serializers.ChoiceField(HIDDEN, allow_null=True)


class MethodOut(DOCUMENT):
    """A way of estimating, with how far it was off on weeks that it was not told."""

    method = serializers.ChoiceField(WAYS)
    name = serializers.CharField()
    mean_error = serializers.FloatField(help_text="Referrals a week.")
    against_year_before = serializers.FloatField(
        allow_null=True,
        help_text="The error by the mean change from one year to the next; below 1 is better than that.",
    )
    covered = serializers.FloatField(help_text="Part of the weeks tried that lay in the range.")
    weeks_tried = serializers.IntegerField()
    ahead = AheadOut(many=True)


class NoteOut(DOCUMENT):
    """What a reader should know."""

    code = serializers.CharField()
    text = serializers.CharField()


class RefusalOut(DOCUMENT):
    """Why there is no forecast."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ForecastOut(DOCUMENT):
    """The weekly demand of a department; while it waits the last outcome is shown, if there is one."""

    facility = serializers.UUIDField()
    department = serializers.UUIDField(allow_null=True)
    state = serializers.ChoiceField(STATES)
    asked_at = serializers.DateTimeField(allow_null=True)
    computed_at = serializers.DateTimeField(allow_null=True)
    data_until = serializers.DateField(allow_null=True, help_text="The last day that was counted.")
    refusal = RefusalOut(allow_null=True)
    past = PastWeekOut(many=True)
    better = serializers.ChoiceField(WAYS, allow_null=True)
    range = serializers.FloatField()
    methods = MethodOut(many=True)
    notes = NoteOut(many=True)


class Forecasts(ApiView):
    """The forecast of a department."""

    required: ClassVar = {"GET": VIEW, "POST": VIEW}
    naming: ClassVar = frozenset({"GET", "POST"})

    @extend_schema(operation_id="forecasts_read", parameters=[ForecastQuery], responses=ForecastOut)
    @replica.reads
    def get(self, request: Request) -> Response:
        """Tell it; `unasked` where nobody has asked for it yet, which is done by POST."""
        said = self.query(ForecastQuery)
        asked = Asked(
            said.get("facility") or self.actor.place, said.get("department"), said["weeks"]
        )
        policy.demand_count(asked.where, self.actor)
        row = queries.forecast_of(asked.facility_id, asked.department_id)
        return Response(forecast_shown.told(row, asked, self.actor))

    @extend_schema(operation_id="forecasts_ask", request=OfWhom, responses={202: ForecastOut})
    def post(self, request: Request) -> Response:
        """Ask for it: a worker computes it within seconds, and each day anew for as long as somebody asks."""

        def perform() -> Response:
            said = self.body(OfWhom)
            facility: UUID = said.get("facility") or self.actor.place
            asked = Asked(facility, said.get("department"))
            row = forecasting.ask(
                asked.facility_id, asked.department_id, by=self.actor, now=timezone.now()
            )
            return Response(forecast_shown.told(row, asked, self.actor), status=202)

        return self.idempotent(perform)
