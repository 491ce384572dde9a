"""The REST door to delegations: who may act for whom at the caller's facility."""

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, EmptySerializer, NotFound, PageQuery, keyset, page_answer
from facilities import actions
from facilities.models import Delegation
from facilities.queries import people as queries
from facilities.representations import people as representations
from facilities.serializers import people as forms

# Everybody with a post may ask; what a person sees and may do is decided by policy.
ANYBODY = Permission.DIRECTORY_VIEW


class ColleagueList(ApiView):
    """The people of the caller's facility."""

    required: ClassVar = {"GET": ANYBODY}

    @extend_schema(
        operation_id="colleagues_list",
        tags=["delegations"],
        parameters=[PageQuery],
        responses=forms.ColleaguePageOut,
    )
    def get(self, request: Request) -> Response:
        """List who works here today, a line for each post, the longest there first."""
        asked = self.query(PageQuery)
        rows = queries.colleagues(self.actor, timezone.localdate())
        page = keyset(rows, request=request, order=("starts", "id"), **asked)
        return page_answer(page, [representations.colleague(row) for row in page.rows])


class DelegationView(ApiView):
    """Shares how a delegation is answered."""

    def shown(self, made: Delegation, *, status: int = 200) -> Response:
        """Return a delegation that the caller has just written."""
        row = queries.delegation(made.pk, self.actor)
        if row is None:
            raise NotFound
        return Response(representations.delegation(row, timezone.localdate()), status=status)


class DelegationList(DelegationView):
    """The delegations of a facility."""

    required: ClassVar = {"GET": ANYBODY, "POST": ANYBODY}

    @extend_schema(
        operation_id="delegations_list",
        tags=["delegations"],
        parameters=[PageQuery],
        responses=forms.DelegationPageOut,
    )
    def get(self, request: Request) -> Response:
        """List the caller's own delegations, for a manager and the office all; newest first."""
        asked = self.query(PageQuery)
        rows = queries.delegations(self.actor)
        page = keyset(rows, request=request, order=("-created_at", "-id"), **asked)
        today = timezone.localdate()
        return page_answer(page, [representations.delegation(row, today) for row in page.rows])

    @extend_schema(
        operation_id="delegations_grant",
        tags=["delegations"],
        request=forms.DelegationSerializer,
        responses={201: forms.DelegationOut},
    )
    def post(self, request: Request) -> Response:
        """Let a colleague act for another, who may be the caller, for a limited time."""

        def perform() -> Response:
            body = {"principal_id": self.actor.user_id, **self.body(forms.DelegationSerializer)}
            made = actions.delegate(by=self.actor, **body)
            return self.shown(made, status=201)

        return self.idempotent(perform)


class DelegationEnd(DelegationView):
    """The end of one."""

    required: ClassVar = {"POST": ANYBODY}

    @extend_schema(
        operation_id="delegations_end",
        tags=["delegations"],
        request=EmptySerializer,
        responses=forms.DelegationOut,
    )
    def post(self, request: Request, delegation_id: UUID) -> Response:
        """Take a delegation back at once."""

        def perform() -> Response:
            self.body(EmptySerializer)
            return self.shown(actions.take_back(delegation_id, by=self.actor))

        return self.idempotent(perform)
