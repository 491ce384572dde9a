"""The REST door to the indicators: definitions, values, and the rows behind them."""

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import replica
from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, StrictSerializer, keyset, page_answer
from audit import record
from insights import asking, numbers, representations
from insights import serializers as forms
from insights.indicators import Indicator, Side, definitions
from insights.labels import labels
from insights.periods import COURSE, run_up
from insights.policy import numbers as policy
from insights.queries import behind, reading, statements
from insights.statements import Stated, stated
from insights.values import Answer
from insights.vocabulary import Dim, Scope
from referral.representations import referrals as representations_referrals
from referral.serializers import referrals as forms_referrals

VIEW = Permission.NUMBERS_VIEW
ROWS = Permission.REFERRAL_VIEW


def _found(code: str) -> Indicator:
    one = definitions().get(code)
    if one is None:
        raise NotFound
    return one


class IndicatorList(ApiView):
    """The definitions."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="indicators_list",
        tags=["indicators"],
        responses=forms.DefinitionListSerializer,
    )
    def get(self, request: Request) -> Response:
        """List all indicators with formula, source and target."""
        self.query(StrictSerializer)
        return Response(
            {
                "results": [
                    *map(representations.definition, definitions().values()),
                    *map(representations.definition_of_statement, stated().values()),
                ]
            }
        )


class IndicatorDetail(ApiView):
    """One indicator with its value."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(
        operation_id="indicators_read",
        tags=["indicators"],
        parameters=[forms.IndicatorQuery],
        responses=forms.IndicatorSerializer,
    )
    @replica.reads
    def get(self, request: Request, code: str) -> Response:
        """Show a value with both terms, the period before and the year before, broken down if asked.

        Of the kind `statement` it is what the alliance states of the year in which the period ends.
        """
        query = self.query(forms.IndicatorQuery)
        if code in stated():
            return self._statement(stated()[code], asking.read(query, self.actor))
        one = _found(code)
        asked = asking.read(query, self.actor)
        by = query.get("by", "")
        dim = asking.DIMS.get(by, Dim.NONE)
        found = numbers.answer(one, asked, self.actor, dim)
        shown = labels(dim, found.parts)
        if by == asking.PERIODS:
            found, shown = self._course(found, one, asked)
        return Response(representations.answer(found, shown, counted_at=reading.counted_at()))

    def _statement(self, one: Stated, asked: asking.Asked) -> Response:
        where = asked.of_side(Side.ALLIANCE)
        policy.demand_count(where, self.actor)
        row = None
        # Of several alliances there is no one statement, and of an institution none at all.
        if where.scope == Scope.ALLIANCE and len(where.keys) == 1:
            alliance, year = UUID(where.keys[0]), asked.period.last.year
            row = statements.in_force(alliance, year, one.code)
        return Response(representations.statement(one, asked.period, row))

    def _course(
        self, found: Answer, one: Indicator, asked: asking.Asked
    ) -> tuple[Answer, dict[str, str]]:
        periods = run_up(asked.period, COURSE)
        row = numbers.course(one, asked, self.actor, periods)
        names = [asking.name_of(each) for each in periods]
        parts = dict(zip(names, row, strict=True))
        return Answer(
            found.indicator, found.period, found.whole, found.before, found.year_before, parts
        ), {name: name for name in names}


class IndicatorReferrals(ApiView):
    """The rows behind a number."""

    required: ClassVar = {"GET": ROWS}

    @extend_schema(
        operation_id="indicators_referrals",
        tags=["indicators"],
        parameters=[forms.RowsQuery],
        responses=forms_referrals.ReferralPageOut,
    )
    @replica.reads
    def get(self, request: Request, code: str) -> Response:
        """List the very referrals that were counted; one counted twice, by its contacts, stands twice."""
        one, query = _found(code), self.query(forms.RowsQuery)
        asked = asking.read(query, self.actor)
        where = asked.where(one)
        policy.demand_count(where, self.actor)
        names = one.numerator if query["part"] == "numerator" else one.denominator
        dim = asking.DIMS.get(query.get("by", ""), Dim.NONE)
        page = keyset(
            behind.rows(names, where, asked.period, dim, query.get("value", "")),
            request=request,
            order=behind.NEWEST_FIRST,
            limit=query["limit"],
            cursor=query.get("cursor"),
        )
        rows = behind.referrals(page.rows, self.actor)
        body = representations_referrals.rows(rows, self.actor, timezone.now())
        record.read(
            self.actor,
            what="indicator.referrals",
            patients={row.patient_id for row in rows},
            referrals=[row.id for row in rows],
        )
        return page_answer(page, body)
