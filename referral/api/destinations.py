"""The REST door to choosing a destination: what may be chosen and why, and the way outside the network."""

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, EmptySerializer
from audit import record
from facilities.vocabulary import Direction
from referral import actions, destinations, links
from referral.api.referrals import ReferralView
from referral.codes import RuleOutcome
from referral.matching import Question, find
from referral.models import LinkKind
from referral.serializers import destinations as forms
from referral.states import Urgency


class Destinations(ApiView):
    """Where a patient can go from the caller's facility."""

    required: ClassVar = {"POST": Permission.REFERRAL_FILE}
    only_reads: ClassVar = True

    @extend_schema(
        operation_id="destinations_find",
        request=forms.DestinationsSerializer,
        responses=forms.DestinationsOut,
    )
    def post(self, request: Request) -> Response:
        """Rank destinations with their reasons; 422 for a patient whom the facility does not see."""
        asked = self.body(forms.DestinationsSerializer)
        rules = asked.get("criteria", ())
        met = (row.get("capability") for row in rules if row["outcome"] == RuleOutcome.MET)
        needed = frozenset(filter(None, [asked.get("capability"), *met]))
        question = Question(
            patient_id=asked.get("patient"),
            diagnosis=asked.get("diagnosis", ""),
            words=asked.get("diagnosis_text", ""),
            urgency=asked.get("urgency", Urgency.ROUTINE),
            capabilities=needed,
            direction=Direction(asked.get("direction", Direction.UP)),
            may_skip="skip_reason" in asked,
            limit=asked["limit"],
        )
        found = find(question, by=self.actor, now=timezone.now())
        body = destinations.answer(found)
        if question.patient_id is not None:
            # The order tells where the patient lives and is signed up.
            record.read(self.actor, what="referral.destinations", patients=[question.patient_id])
        return Response(body)


class ReferralOutsideLink(ReferralView):
    """The secret address of a leg whose receiver is outside the network."""

    required: ClassVar = {"POST": Permission.REFERRAL_FILE}

    @extend_schema(request=EmptySerializer, responses={201: forms.OutsideLinkOut})
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Make a new address; the one made before, and what was opened by it, ends.

        The address is in the first answer alone: a repetition of the request is told null.
        """
        made: list[str] = []

        def perform() -> Response:
            self.body(EmptySerializer)
            version = self.expected_version()
            made.append(actions.make_outside_link(referral_id, by=self.actor, version=version))
            return Response({"referral": referral_id, "outside_link": None}, status=201)

        answer = self.idempotent(perform)
        if made:
            url = links.address(made[0], LinkKind.OUTSIDE)
            answer.data = {"referral": referral_id, "outside_link": url}
        return answer
