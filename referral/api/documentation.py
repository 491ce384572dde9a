"""The REST door to what an emergency was sent without, and what still has to be written."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import PageQuery, StrictSerializer, keyset, page_answer
from referral import actions, completeness, documentation
from referral.api.consents import TaskList
from referral.api.referrals import ReferralView, etag
from referral.consents import OLDEST_FIRST
from referral.models import Referral
from referral.queries import completeness as queries_completeness
from referral.queries import referrals as queries
from referral.representations import completeness as representations
from referral.serializers import documentation as forms


class ReferralDocumentation(ReferralView):
    """What an emergency went without."""

    required: ClassVar = {"GET": Permission.REFERRAL_VIEW, "POST": Permission.REFERRAL_FILE}
    versioned: ClassVar = frozenset({"GET", "POST"})

    @extend_schema(responses=forms.DocumentationOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read what was called for, by when, and what is missing; empty where the leg went complete."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        answer = self._shown(referral, timezone.now())
        self.log(referral, "referral.documentation")
        return answer

    @extend_schema(request=forms.DocumentationSerializer, responses=forms.DocumentationOut)
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Write what the emergency went without; only parts of the slip that are empty."""

        def perform() -> Response:
            words: dict[str, Any] = self.body(forms.DocumentationSerializer)
            version = self.expected_version()
            actions.document(referral_id, by=self.actor, fields=words, version=version)
            return self._shown(self.found(referral_id), timezone.now())

        return self.idempotent(perform)

    def _shown(self, referral: Referral, now: datetime) -> Response:
        asked = documentation.asked_of(referral)
        found = None
        if asked is not None and asked.met_at is None:
            found = completeness.check(referral, queries_completeness.facts(referral, at=now))
        body = representations.documentation(referral, asked, found, now)
        return Response(body, headers=etag(referral))


class AwaitedDocumentation(TaskList):
    """The emergencies that have to be completed."""

    what: ClassVar = "referral.documentation"

    @extend_schema(
        operation_id="tasks_documentation",
        parameters=[PageQuery],
        responses=forms.AwaitedDocumentationPageOut,
    )
    def get(self, request: Request) -> Response:
        """List your facility's emergencies that went with less than their slip, the oldest first."""
        asked = self.query(PageQuery)
        now = timezone.now()
        rows = queries.for_list(
            documentation.awaited_by(self.actor).select_related("documentation")
        )
        page = keyset(rows, request=request, order=OLDEST_FIRST, **asked)
        lines = self.lines(page.rows, now)
        results = [
            {"referral": line, **representations.awaited(leg, documentation.asked_of(leg), now)}
            for leg, line in zip(page.rows, lines, strict=True)
        ]
        return page_answer(page, results)
