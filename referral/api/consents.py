"""The REST door to the consent of a referral, and to those that are awaited or gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, PageQuery, keyset, page_answer
from audit import record
from patients import representations as people
from patients.api import given
from patients.models import ConsentPurpose
from patients.serializers import ConsentOut
from referral import actions, consents
from referral.api.referrals import ReferralView
from referral.models import Referral
from referral.queries import referrals as queries
from referral.representations import referrals as representations
from referral.serializers import consents as forms
from referral.serializers.referrals import ReferralPageOut


class ReferralConsents(ReferralView):
    """What the patient answered to a referral."""

    required: ClassVar = {"POST": Permission.PATIENT_EDIT}

    @extend_schema(
        operation_id="referrals_record_consent",
        request=forms.ReferralConsentSerializer,
        responses={201: ConsentOut},
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Record, as its sender, what the patient answered, with the scan or the signature."""

        def perform() -> Response:
            answer = given(self.body(forms.ReferralConsentSerializer), ConsentPurpose.REFERRAL)
            row = actions.record_consent(referral_id, answer, by=self.actor)
            return Response(people.consent(row), status=201)

        return self.idempotent(perform)


class TaskList(ApiView):
    """A list of referrals about which somebody has to do something; `what` names the reading of it."""

    required: ClassVar = {"GET": Permission.REFERRAL_VIEW}
    what: ClassVar = "referral.consents"

    def lines(self, rows: Sequence[Referral], at: datetime) -> list[dict[str, Any]]:
        """Return the referrals of a page, and log that they were read."""
        queries.hang_places(rows)
        body = representations.rows(rows, self.actor, at)
        record.read(
            self.actor,
            what=self.what,
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )
        return body


class AwaitedConsents(TaskList):
    """The emergencies for which a consent must follow."""

    @extend_schema(
        operation_id="tasks_consents",
        parameters=[forms.AwaitedQuery],
        responses=forms.AwaitedPageOut,
    )
    def get(self, request: Request) -> Response:
        """List your facility's emergencies that were sent without consent, the oldest first."""
        asked = self.query(forms.AwaitedQuery)
        now = timezone.now()
        rows = consents.awaited_by(self.actor, at=now, late=asked.pop("overdue", False))
        found = queries.for_list(rows)
        page = keyset(found, request=request, order=consents.OLDEST_FIRST, **asked)
        lines = self.lines(page.rows, now)
        results = []
        for leg, line in zip(page.rows, lines, strict=True):
            due = consents.due_at(leg)
            results.append({"referral": line, "due_at": due, "overdue": due and due < now})
        return page_answer(page, results)


class WithdrawnConsents(TaskList):
    """The open referrals whose consent is gone."""

    @extend_schema(
        operation_id="tasks_withdrawn_consents",
        parameters=[PageQuery],
        responses=ReferralPageOut,
    )
    def get(self, request: Request) -> Response:
        """List referrals to or from your facility, before arrival, whose patient took the consent back."""
        asked = self.query(PageQuery)
        now = timezone.now()
        rows = queries.for_list(consents.withdrawn_for(self.actor))
        page = keyset(rows, request=request, order=consents.OLDEST_FIRST, **asked)
        return page_answer(page, self.lines(page.rows, now))
