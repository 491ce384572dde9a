"""Answers for the directory: facilities, their departments, and alliances."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import replica
from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from facilities import hierarchy
from facilities.models import Facility
from facilities.queries import directory as queries
from facilities.representations import directory as representations
from facilities.serializers import directory as serializers


class DirectoryView(ApiView):
    """A view of the directory, which everybody with a post may read."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    def shown(self, rows: Sequence[Facility], on: date) -> list[dict[str, Any]]:
        """Return facilities with what they are to the caller's; three statements for any number."""
        ids = [row.pk for row in rows]
        own = self.actor.facility_id
        around = representations.Surroundings(
            routes=hierarchy.routes(own, ids, on) if own and ids else {},
            accreditations=queries.accreditations(ids, on) if ids else {},
            capabilities=queries.capabilities(ids, on) if ids else {},
        )
        return [representations.facility(row, around) for row in rows]


class FacilityList(DirectoryView):
    """The directory of services."""

    @extend_schema(
        operation_id="facilities_list",
        tags=["facilities"],
        parameters=[serializers.FacilityQuery],
        responses=serializers.FacilityPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """List active facilities by pinyin; the filters narrow, an unknown one is an error."""
        query = self.query(serializers.FacilityQuery)
        on = timezone.localdate()
        page = keyset(
            queries.directory(query, on),
            request=request,
            order=("pinyin", "id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        return page_answer(page, self.shown(page.rows, on))


class FacilityDetail(DirectoryView):
    """One facility."""

    @extend_schema(
        operation_id="facilities_read",
        tags=["facilities"],
        responses=serializers.FacilitySerializer,
    )
    def get(self, request: Request, facility_id: UUID) -> Response:
        """Show a facility, also one that is closed."""
        self.query(StrictSerializer)
        row = queries.facility(facility_id)
        if row is None:
            raise NotFound
        return Response(self.shown([row], timezone.localdate())[0])


class DepartmentList(DirectoryView):
    """The departments of a facility."""

    @extend_schema(
        operation_id="facilities_departments",
        tags=["facilities"],
        parameters=[PageQuery],
        responses=serializers.DepartmentPageSerializer,
    )
    def get(self, request: Request, facility_id: UUID) -> Response:
        """List the open departments of a facility by code, with what they take and can do."""
        query = self.query(PageQuery)
        if queries.facility(facility_id) is None:
            raise NotFound
        page = keyset(
            queries.departments(facility_id),
            request=request,
            order=("code", "id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        can = queries.department_capabilities(facility_id, timezone.localdate())
        shown = [representations.department(row, can.get(row.pk, [])) for row in page.rows]
        return page_answer(page, shown)


class AllianceList(DirectoryView):
    """The alliances."""

    @extend_schema(
        operation_id="alliances_list",
        tags=["alliances"],
        parameters=[serializers.AllianceQuery],
        responses=serializers.AlliancePageSerializer,
    )
    @replica.reads
    def get(self, request: Request) -> Response:
        """List the alliances in force on a day by name."""
        query = self.query(serializers.AllianceQuery)
        page = keyset(
            queries.alliances(query, query.get("on") or timezone.localdate()),
            request=request,
            order=("name", "id"),
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        return page_answer(page, [representations.alliance(row) for row in page.rows])


class AllianceDetail(DirectoryView):
    """One alliance."""

    @extend_schema(
        operation_id="alliances_read",
        tags=["alliances"],
        parameters=[serializers.DayQuery],
        responses=serializers.AllianceTreeSerializer,
    )
    @replica.reads
    def get(self, request: Request, alliance_id: UUID) -> Response:
        """Show form, lead and, as a tree, the members on a day; no members outside its term."""
        on = self.query(serializers.DayQuery).get("on") or timezone.localdate()
        row = queries.alliance(alliance_id)
        if row is None:
            raise NotFound
        return Response(representations.alliance_tree(row, hierarchy.members_tree(row, on), on))
