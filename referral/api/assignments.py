"""The REST door to who answers for the open legs of a facility."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, keyset, page_answer
from audit import record
from referral import actions
from referral.queries import assignments as queries
from referral.representations import assignments as representations
from referral.serializers import assignments as forms


class AssignmentList(ApiView):
    """The open legs of the caller's facility with their responsible persons."""

    required: ClassVar = {"GET": Permission.STAFF_ASSIGN, "POST": Permission.STAFF_ASSIGN}

    @extend_schema(
        operation_id="assignments_list",
        parameters=[forms.AssignmentQuery],
        responses=forms.AssignmentPageOut,
    )
    def get(self, request: Request) -> Response:
        """List open legs, newest first; with `orphaned` those whose person has left."""
        asked = self.query(forms.AssignmentQuery)
        page_of = {name: asked[name] for name in ("limit", "cursor") if name in asked}
        rows = queries.legs(
            self.actor,
            on=timezone.localdate(),
            orphaned=asked["orphaned"],
            user=asked.get("user"),
        )
        page = keyset(rows, request=request, order=queries.NEWEST_FIRST, **page_of)
        record.read(
            self.actor, what="referral.assignments", referrals=[row.pk for row in page.rows]
        )
        return page_answer(page, representations.rows(page.rows, self.actor.facility_id))

    @extend_schema(
        operation_id="assignments_assign",
        request=forms.AssignSerializer,
        responses=forms.AssignedOut,
    )
    def post(self, request: Request) -> Response:
        """Hand up to 200 open legs to one colleague, all of them or none."""

        def perform() -> Response:
            body = self.body(forms.AssignSerializer)
            changed = actions.assign(body["referrals"], by=self.actor, user_id=body["user_id"])
            return Response({"assigned": changed})

        return self.idempotent(perform)
