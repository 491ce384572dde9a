"""The REST door to the check before sending, to what destinations want, and to a new start."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, StrictSerializer
from audit import record
from facilities.queries import directory
from referral import actions, completeness
from referral.actions.moving import demand
from referral.actions.sending import patient_of
from referral.api.referrals import ReferralView, etag
from referral.models import Referral
from referral.policy import referrals as policy
from referral.queries import completeness as queries_completeness
from referral.representations import completeness as representations_completeness
from referral.representations import referrals as representations
from referral.serializers import completeness as forms

FILE = Permission.REFERRAL_FILE


def _checked(referral: Referral) -> Response:
    facts = queries_completeness.facts(referral, at=timezone.now())
    found = completeness.check(referral, facts)
    return Response(representations_completeness.verdict(found, facts))


class CompletenessCheck(ApiView):
    """The check of words that are not stored."""

    required: ClassVar = {"POST": FILE}
    only_reads: ClassVar = True

    @extend_schema(request=forms.CheckSerializer, responses=forms.CompletenessOut)
    def post(self, request: Request) -> Response:
        """Say what a slip lacks for its destination, before anything is stored."""
        body = self.body(forms.CheckSerializer)
        patient_id = body.pop("patient", None)
        # The sender's reason for an unusual destination is no part of the slip.
        words = {key: body[key] for key in body if key not in actions.CHOICE_FIELDS}
        here = self.actor.place
        if patient_id is not None:
            patient_id = patient_of(patient_id, at=here, on=timezone.localdate()).id
        answer = _checked(queries_completeness.unsaved(patient_id, words, at=here))
        if patient_id is not None:
            record.read(self.actor, what="referral.completeness", patients=[patient_id])
        return answer


class ReferralCompleteness(ReferralView):
    """The check of a draft."""

    required: ClassVar = {"GET": FILE}
    conflicting: ClassVar = frozenset({"GET"})

    @extend_schema(responses=forms.CompletenessOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Say what a draft lacks for its destination, and what its receiver missed before."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        demand(policy.may_edit(referral, self.actor))
        answer = _checked(referral)
        self.log(referral, "referral.completeness")
        return answer


class FacilityNeeds(ApiView):
    """What a destination wants with a referral."""

    required: ClassVar = {
        "GET": Permission.DIRECTORY_VIEW,
        "POST": Permission.REFERRAL_REVIEW,
    }

    @extend_schema(responses=forms.NeedsOut)
    def get(self, request: Request, facility_id: UUID) -> Response:
        """List the needs in force, those for every referral last."""
        self.query(StrictSerializer)
        if facility_id not in directory.places([facility_id]):
            raise NotFound
        return self._shown(facility_id)

    @extend_schema(request=forms.NeedsSerializer, responses=forms.NeedsOut)
    def post(self, request: Request, facility_id: UUID) -> Response:
        """Replace what your facility wants for a department, a specialty, or every referral."""

        def perform() -> Response:
            words: dict[str, Any] = self.body(forms.NeedsSerializer)
            if facility_id not in directory.places([facility_id]):
                raise NotFound
            actions.set_needs(facility_id, by=self.actor, **words)
            return self._shown(facility_id)

        return self.idempotent(perform)

    def _shown(self, facility_id: UUID) -> Response:
        rows = queries_completeness.needs(facility_id)
        return Response({"results": [representations_completeness.need(row) for row in rows]})


class ReferralResend(ReferralView):
    """A declined referral, begun again."""

    required: ClassVar = {"POST": FILE}
    versioned: ClassVar = frozenset({"POST"})
    located: ClassVar = frozenset({"POST"})

    @extend_schema(request=StrictSerializer, responses={201: forms.ResentOut})
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Make a new draft of a declined referral, prefilled, with what its receiver missed."""

        def perform() -> Response:
            self.body(StrictSerializer)
            version = self.expected_version()
            leg = actions.resend(referral_id, by=self.actor, version=version)
            assert leg.previous is not None
            body = {
                **representations.whole(leg, self.actor, timezone.now()),
                "missing": queries_completeness.asked_of(leg.previous),
            }
            headers = {**etag(leg), "Location": f"/api/v1/referrals/{leg.id}/"}
            return Response(body, status=201, headers=headers)

        return self.idempotent(perform)
