"""The REST door to returned patients: their follow-ups, the contacts to make, the way up again."""

from typing import ClassVar
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, PageQuery, StrictSerializer, keyset, page_answer
from audit import record
from referral import actions
from referral.api.referrals import VIEW, OnwardView, ReferralView
from referral.models import FollowUp, Referral
from referral.policy import referrals as policy
from referral.policy import returns as policy_returns
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns
from referral.representations import returns as representations_returns
from referral.serializers import referrals as base
from referral.serializers import returns as forms

MEASURED = ("observations", "adherence", "symptoms")


class ReferralFollowUps(ReferralView):
    """The contacts of the community with a returned patient."""

    required: ClassVar = {"GET": VIEW, "POST": VIEW}

    @extend_schema(parameters=[PageQuery], responses=forms.FollowUpPageOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """List follow-ups, the first due first."""
        asked = self.query(PageQuery)
        referral = self.found(referral_id)
        rows = queries.follow_ups(referral)
        page = keyset(rows, request=request, order=queries_returns.DUE_ORDER, **asked)
        self.log(referral, "referral.follow_ups")
        return page_answer(page, [representations_returns.contact(row) for row in page.rows])

    @extend_schema(request=forms.FollowUpSerializer, responses={201: forms.FollowUpWrittenOut})
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Plan a contact, or record one; where a warning sign is met the answer leads up again."""

        def perform() -> Response:
            referral = self.found(referral_id)
            body = self.body(forms.FollowUpSerializer)
            if "method" in body:
                measured = {name: body.pop(name) for name in MEASURED if name in body}
                written = actions.record_follow_up(
                    referral_id, by=self.actor, measured=measured, **body
                )
            else:
                written = actions.plan_follow_up(referral_id, by=self.actor, **body)
            row = queries.follow_ups(referral).get(pk=written.pk)
            way_up = self.way_up(referral, row)
            return Response({**representations_returns.contact(row), "way_up": way_up}, status=201)

        return self.idempotent(perform)

    def way_up(self, referral: Referral, contact: FollowUp) -> str | None:
        """Return the address of the way up again, where a sign that leads there is met and it is open."""
        signs = queries_returns.warning_signs(referral) if contact.met_signs else []
        leads = policy_returns.leads_up(contact, signs)
        if not leads or not policy.may_refer_again(referral, self.actor).allowed:
            return None
        return reverse("referral-refer-again", args=[referral.pk])


class ReferralAgain(OnwardView):
    """The way up again."""

    required: ClassVar = {"POST": Permission.REFERRAL_FILE}

    @extend_schema(
        operation_id="referrals_refer_again",
        request=base.ReturnSerializer,
        responses={201: base.ReferralOut, 200: base.ReferralOut},
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Start a leg up to the hospital that returned the patient, in the same episode and prefilled."""
        return self.onward(actions.refer_again, referral_id, planned=True)


class FollowUpList(ApiView):
    """The contacts that a facility still has to make."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="follow_ups_list",
        parameters=[forms.FollowUpQuery],
        responses=forms.DuePageOut,
    )
    def get(self, request: Request) -> Response:
        """List contacts to make, the first due first, of patients who are here."""
        asked = self.query(forms.FollowUpQuery)
        today = timezone.localdate()
        page = keyset(
            queries_returns.follow_ups_here(self.actor, asked.get("due", ""), today),
            request=request,
            order=queries_returns.DUE_ORDER,
            limit=asked["limit"],
            cursor=asked.get("cursor"),
        )
        legs = [row.referral for row in page.rows]
        queries.hang_places(legs)
        body = representations_returns.due(page.rows, self.actor, today)
        record.read(
            self.actor,
            what="follow_up.list",
            patients={leg.patient_id for leg in legs},
            referrals={leg.id for leg in legs},
        )
        return page_answer(page, body)


class FollowUpCounts(ApiView):
    """How many contacts a facility has to make."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(operation_id="follow_ups_counts", responses=forms.DueCountsOut)
    def get(self, request: Request) -> Response:
        """Count the contacts that are due today, within a week, overdue, and all that are open."""
        self.query(StrictSerializer)
        return Response(queries_returns.follow_up_counts(self.actor, timezone.localdate()))


class ReturnedList(ApiView):
    """The patients whom a facility has sent back."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="returned_list",
        parameters=[forms.ReturnedQuery],
        responses=forms.ReturnedPageOut,
    )
    def get(self, request: Request) -> Response:
        """List my returned patients, newest first, each with follow-up, last values and feedback."""
        asked = self.query(forms.ReturnedQuery)
        now = timezone.now()
        today = timezone.localdate(now)
        rows = queries_returns.returned(self.actor, asked.get("state", ""), today)
        page = keyset(
            queries.for_list(rows),
            request=request,
            order=queries.NEWEST_FIRST,
            limit=asked["limit"],
            cursor=asked.get("cursor"),
        )
        queries.hang_places(page.rows)
        standings = queries_returns.standings(page.rows, today)
        body = representations_returns.returned(page.rows, standings, self.actor, now)
        record.read(
            self.actor,
            what="referral.returned",
            patients={row.patient_id for row in page.rows},
            referrals=[row.id for row in page.rows],
        )
        return page_answer(page, body)
