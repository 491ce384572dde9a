"""The REST door to capitation: what an alliance has agreed, and the settlement of a range of months."""

from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import replica
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from accounts.rest import ApiView, StrictSerializer, TextField
from insights import capitation_shown, months
from insights.actions import capitation as actions
from insights.capitation import LATEST_COUNTING_DAY, usual_counting_day
from insights.policy import capitation as policy
from insights.queries import capitation as queries
from insights.settlement import DESTINATIONS

DOCUMENT = serializers.Serializer[Any]
MOST_COMMUNITIES: Final = 2000
# Named in settings.py for the OpenAPI document.
WHERE_TO = [(each, each) for each in DESTINATIONS]


class AllianceQuery(StrictSerializer):
    """Which alliance; by default the one that is managed."""

    alliance = serializers.UUIDField(required=False)


class SettlementQuery(AllianceQuery):
    """And from which month to which, both included; the months of this year that are over by default."""

    first = serializers.RegexField(
        months.WRITTEN, max_length=7, required=False, help_text="As 2026-01."
    )
    last = serializers.RegexField(
        months.WRITTEN, max_length=7, required=False, help_text="As 2026-12."
    )


class AgreementIn(AllianceQuery):
    """What is agreed."""

    starts = serializers.RegexField(
        months.WRITTEN, max_length=7, help_text="The first month, as 2026-01."
    )
    rate = serializers.DecimalField(
        max_digits=9, decimal_places=2, min_value=Decimal("0.01"), help_text="Yuan a member a year."
    )
    counting_day = serializers.IntegerField(
        min_value=1,
        max_value=LATEST_COUNTING_DAY,
        required=False,
        help_text="The day of a month on which its members are counted.",
    )
    source = TextField(max_length=policy.SOURCE)  # type: ignore[assignment]
    communities = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_COMMUNITIES
    )


class AgreementOut(DOCUMENT):
    """An agreement; `replaced` means that it holds for no month, since another took its place."""

    id = serializers.UUIDField()
    starts = serializers.CharField()
    ends = serializers.CharField(allow_null=True, help_text="The first month after.")
    replaced = serializers.BooleanField()
    rate = serializers.CharField()
    counting_day = serializers.IntegerField()
    source = serializers.CharField()  # type: ignore[assignment]
    communities = serializers.ListField(child=serializers.UUIDField())
    set_by = serializers.CharField(allow_null=True)
    set_at = serializers.DateTimeField()


class AgreementListOut(DOCUMENT):
    """All of an alliance, the newest first."""

    results = AgreementOut(many=True)


class PaidOut(DOCUMENT):
    """What was paid at one destination, in yuan; null where it is not known."""

    destination = serializers.ChoiceField(WHERE_TO)
    name = serializers.CharField()
    amount = serializers.CharField(allow_null=True)


class AccountOut(DOCUMENT):
    """Income − payments, in yuan; null where a figure is missing."""

    member_months = serializers.IntegerField(allow_null=True)
    income = serializers.CharField(allow_null=True)
    payments = PaidOut(many=True)
    paid = serializers.CharField(allow_null=True)
    balance = serializers.CharField(allow_null=True)


class MissingOut(DOCUMENT):
    """A figure that was not reported."""

    kind = serializers.CharField()
    name = serializers.CharField()
    month = serializers.CharField()


class MonthOut(DOCUMENT):
    """What was reported for a month, null where nothing was."""

    month = serializers.CharField()
    rate = serializers.CharField()
    members = serializers.IntegerField(allow_null=True)
    payments = PaidOut(many=True)


class LineOut(AccountOut):
    """One community."""

    facility = serializers.UUIDField()
    name = serializers.CharField()
    missing = MissingOut(many=True)
    months = MonthOut(many=True)


class SettlementOut(AccountOut):
    """All communities and their sum, which there is only once nothing is missing."""

    months = serializers.ListField(child=serializers.CharField())
    unagreed = serializers.ListField(
        child=serializers.CharField(), help_text="Months for which no rate is agreed."
    )
    complete = serializers.BooleanField()
    lines = LineOut(many=True)


class _AllianceView(ApiView):
    naming: ClassVar = frozenset({"GET", "POST"})

    def alliance(self, said: dict[str, Any]) -> UUID:
        """Return the alliance that is meant; raises Refused `not-found` for one of others, and without any."""
        mine = self.actor.alliance_ids
        found: UUID | None = said.get("alliance") or next(iter(sorted(mine)), None)
        if found is None:
            raise Refused("no-alliance", _("Your post manages no alliance."), kind=Kind.NOT_FOUND)
        policy.demand_settle(self.actor, found)
        return found


class Capitation(_AllianceView):
    """The settlement of an alliance."""

    required: ClassVar = {"GET": Permission.ALLIANCE_VIEW}

    @extend_schema(
        operation_id="capitation_read", parameters=[SettlementQuery], responses=SettlementOut
    )
    @replica.reads
    def get(self, request: Request) -> Response:
        """Settle a range of months: members × rate − payments, by community; nothing is inferred."""
        said = self.query(SettlementQuery)
        alliance = self.alliance(said)
        span = months.asked(said.get("first"), said.get("last"), timezone.localdate())
        return Response(capitation_shown.settlement(queries.settlement(alliance, span)))


class CapitationAgreements(_AllianceView):
    """What an alliance has agreed."""

    required: ClassVar = {
        "GET": Permission.ALLIANCE_VIEW,
        "POST": Permission.REFERRAL_COORDINATE,
    }

    @extend_schema(
        operation_id="capitation_agreements_list",
        parameters=[AllianceQuery],
        responses=AgreementListOut,
    )
    def get(self, request: Request) -> Response:
        """List it, the newest first, with what was replaced."""
        rows = queries.agreements(self.alliance(self.query(AllianceQuery)))
        return Response({"results": [capitation_shown.agreement(row) for row in rows]})

    @extend_schema(
        operation_id="capitation_agreements_set",
        request=AgreementIn,
        responses={201: AgreementOut},
    )
    def post(self, request: Request) -> Response:
        """Set what is agreed from a month on; what was agreed for it and later months gives way."""

        def perform() -> Response:
            said = self.body(AgreementIn)
            row = actions.agree(
                self.alliance(said),
                by=self.actor,
                starts=months.first_of(said["starts"]),
                rate=said["rate"],
                counting_day=said.get("counting_day") or usual_counting_day().day,
                source=said["source"],
                communities=said["communities"],
                now=timezone.now(),
            )
            return Response(capitation_shown.agreement(row), status=201)

        return self.idempotent(perform)
