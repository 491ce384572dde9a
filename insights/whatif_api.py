"""The REST door to what-ifs: a change is tried by a worker, kept with its inputs and seed, and can be repeated."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import (
    ApiView,
    EmptySerializer,
    PageQuery,
    PageSerializer,
    StrictSerializer,
    keyset,
    page_answer,
)
from insights import whatif_shown
from insights.actions import trying
from insights.actions.trying import RANGES, Trial
from insights.models import JobState
from insights.queries import jobs as queries

DOCUMENT = serializers.Serializer[Any]
VIEW: Final = Permission.REFERRAL_VIEW
NEWEST: Final = ("-asked_at", "-id")
# Named in settings.py for the OpenAPI document.
TRIALS = [(each.value, each.value) for each in Trial]
POOLS = [("slot", "slot"), ("bed", "bed")]


class WhatIfIn(StrictSerializer):
    """What is to be tried: for a facility (by default one's own), and of it for a department."""

    facility = serializers.UUIDField(required=False)
    department = serializers.UUIDField(
        required=False, help_text="May be left out for the closure of all of them."
    )
    kind = serializers.ChoiceField(TRIALS)
    pool = serializers.ChoiceField(POOLS, default="slot")
    number = serializers.IntegerField(
        min_value=-50,
        max_value=100,
        help_text="share: percent reserved for primary care, 0 to 100. places: more or less a session, -50 to 50. "
        "closure: weeks, 1 to 52, or 0 for good.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a number that this kind of change cannot have."""
        least, most = RANGES[attrs["kind"]]
        if not least <= attrs["number"] <= most:
            text = _("Write a number from %(least)d to %(most)d.") % {"least": least, "most": most}
            raise serializers.ValidationError({"number": [text]})
        return attrs


class TriedOut(DOCUMENT):
    """What is changed."""

    kind = serializers.ChoiceField(TRIALS)
    pool = serializers.ChoiceField(POOLS)
    department = serializers.UUIDField(allow_null=True)
    number = serializers.IntegerField()


class WhatIfOut(DOCUMENT):
    """A run, and how far it is."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(JobState.choices)
    asked_at = serializers.DateTimeField()
    asked_by = serializers.CharField()
    computed_at = serializers.DateTimeField(allow_null=True)
    facility = serializers.UUIDField()
    facility_name = serializers.CharField()
    change = TriedOut()
    seed = serializers.IntegerField()
    repeats = serializers.UUIDField(allow_null=True)


class WhatIfPageOut(PageSerializer):
    """A page of runs."""

    results = WhatIfOut(many=True)


class SpreadOut(DOCUMENT):
    """A measure over all repetitions: the mean, and where nine tenths of them lie; null where none had a value."""

    mean = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class TriedMeasureOut(DOCUMENT):
    """A measure as it is, as it would be, and the difference in the same repetition."""

    measure = serializers.CharField()
    name = serializers.CharField()
    present = SpreadOut()
    changed = SpreadOut()
    difference = SpreadOut()


class TriedPartOut(DOCUMENT):
    """The measures of one department."""

    department = serializers.UUIDField()
    name = serializers.CharField()
    measures = TriedMeasureOut(many=True)


class TriedUrgencyOut(DOCUMENT):
    """The measures of one urgency."""

    urgency = serializers.CharField()
    measures = TriedMeasureOut(many=True)


class WaitingLimitOut(DOCUMENT):
    """How many days an urgency may wait for the visit."""

    code = serializers.CharField()
    limit_days = serializers.FloatField()


class SimulatedOut(DOCUMENT):
    """A department as it was estimated from its history."""

    department = serializers.UUIDField()
    name = serializers.CharField()
    legs = serializers.IntegerField()
    referrals_a_week = serializers.FloatField()
    by_urgency = serializers.DictField(child=serializers.FloatField())
    others_a_week = serializers.FloatField()
    places_a_week = serializers.IntegerField()
    reserved_percent = serializers.IntegerField()
    released_before = serializers.IntegerField()
    acceptance = serializers.FloatField()
    no_show = serializers.FloatField()
    answer_days = serializers.FloatField()


class TriedRefusalOut(DOCUMENT):
    """Why it cannot be simulated."""

    code = serializers.CharField()
    detail = serializers.CharField()


class WhatIfWholeOut(WhatIfOut):
    """A run with its outcome, its inputs and what it takes for granted."""

    department_name = serializers.CharField(allow_null=True)
    refusal = TriedRefusalOut(allow_null=True)
    same = serializers.BooleanField(
        allow_null=True, help_text="Of a repetition: whether it came to the very same figures."
    )
    first = serializers.DateField(allow_null=True, help_text="The first day of the history.")
    last = serializers.DateField(allow_null=True)
    days = serializers.IntegerField(allow_null=True)
    replications = serializers.IntegerField(allow_null=True)
    departments = SimulatedOut(many=True)
    left_out = serializers.ListField(child=serializers.CharField())
    limits = WaitingLimitOut(many=True)
    whole = TriedMeasureOut(many=True)
    by_department = TriedPartOut(many=True)
    by_urgency = TriedUrgencyOut(many=True)
    assumptions = serializers.ListField(child=serializers.CharField())


class WhatIfList(ApiView):
    """The runs that the caller sees."""

    required: ClassVar = {"GET": VIEW, "POST": VIEW}
    naming: ClassVar = frozenset({"POST"})
    located: ClassVar = frozenset({"POST"})

    @extend_schema(operation_id="what_ifs_list", parameters=[PageQuery], responses=WhatIfPageOut)
    def get(self, request: Request) -> Response:
        """List them, newest first."""
        rows = queries.what_ifs(self.actor)
        page = keyset(rows, request=request, order=NEWEST, **self.query(PageQuery))
        return page_answer(page, [whatif_shown.summary(row) for row in page.rows])

    @extend_schema(operation_id="what_ifs_ask", request=WhatIfIn, responses={202: WhatIfWholeOut})
    def post(self, request: Request) -> Response:
        """Try a change; a worker computes it. GET its address until `state` is not `waiting`."""

        def perform() -> Response:
            said = self.body(WhatIfIn)
            facility: UUID = said.pop("facility", None) or self.actor.place
            row = trying.ask(facility, said, by=self.actor, now=timezone.now())
            address = reverse("what-if-detail", args=[row.pk])
            body = whatif_shown.told(queries.what_if(row.pk, self.actor), self.actor)
            return Response(body, status=202, headers={"Location": address})

        return self.idempotent(perform)


class WhatIfDetail(ApiView):
    """One run."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(operation_id="what_ifs_detail", responses=WhatIfWholeOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Tell how far it is, what came of it, and from which numbers."""
        self.query(StrictSerializer)
        return Response(whatif_shown.told(queries.what_if(run_id, self.actor), self.actor))


class WhatIfRepeat(ApiView):
    """The same run once more."""

    required: ClassVar = {"POST": VIEW}
    located: ClassVar = frozenset({"POST"})

    @extend_schema(
        operation_id="what_ifs_repeat", request=EmptySerializer, responses={202: WhatIfWholeOut}
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """Do it again with the same inputs and seed: it comes to the same figures."""

        def perform() -> Response:
            self.body(EmptySerializer)
            row = queries.what_if(run_id, self.actor)
            made = trying.again(row, by=self.actor, now=timezone.now())
            address = reverse("what-if-detail", args=[made.pk])
            body = whatif_shown.told(queries.what_if(made.pk, self.actor), self.actor)
            return Response(body, status=202, headers={"Location": address})

        return self.idempotent(perform)
