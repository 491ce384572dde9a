"""The REST door to the criteria: the rules, assessments of drafts, candidates for the way down, overrides."""

from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, PageQuery, StrictSerializer, keyset, page_answer
from audit import record
from referral import actions
from referral.api.referrals import VIEW, ReferralView
from referral.criteria import loading
from referral.criteria.shapes import Rule
from referral.queries import criteria as queries_criteria
from referral.representations import criteria as representations
from referral.serializers import criteria as forms
from referral.serializers.observations import ObservedSerializer

A_YEAR = timedelta(days=365)


class Criteria(ApiView):
    """The rules themselves."""

    required: ClassVar = {"GET": Permission.DIRECTORY_VIEW}

    @extend_schema(
        operation_id="criteria_list",
        parameters=[forms.CriteriaQuery],
        responses=forms.CriteriaOut,
    )
    def get(self, request: Request) -> Response:
        """List the rules in force on a day, with the observations that they compare."""
        asked = self.query(forms.CriteriaQuery)
        on = asked.pop("on", None) or timezone.localdate()
        rules = [one for one in loading.book().rules if one.in_force(on) and _wanted(one, asked)]
        return Response(representations.criteria(rules))


def _wanted(rule: Rule, asked: dict[str, Any]) -> bool:
    """Say whether a rule passes the filters of the list."""
    edge = rule.edge
    return (
        asked.get("disease") in {None, rule.disease.key}
        and ("diagnosis" not in asked or rule.disease.covers(asked["diagnosis"]))
        and ("from_tier" not in asked or asked["from_tier"] in edge.from_tiers)
        and ("to_tier" not in asked or asked["to_tier"] in edge.to_tiers)
        and asked.get("direction") in {None, edge.direction.value}
    )


class CriteriaEvaluation(ApiView):
    """What the rules say of some observations; nothing is kept and no patient is named."""

    required: ClassVar = {"POST": Permission.DIRECTORY_VIEW}
    only_reads: ClassVar = True

    @extend_schema(
        operation_id="criteria_evaluate",
        request=forms.EvaluateSerializer,
        responses={200: forms.EvaluationOut},
    )
    def post(self, request: Request) -> Response:
        """Evaluate the rules of a diagnosis and a way on observations."""
        body, today = self.body(forms.EvaluateSerializer), timezone.localdate()
        kept = actions.consult(
            body["diagnosis"],
            from_tier=body["from_tier"],
            to_tier=body["to_tier"],
            visit=body.get("visit", ""),
            age=body.get("age"),
            gender=body.get("gender", ""),
            observed=body["observations"],
            on=today,
            alliances=queries_criteria.judging(self.actor.facility_id, None, today),
        )
        return Response(representations.evaluation(kept))


class ReferralAssessment(ReferralView):
    """What was observed for one referral."""

    required: ClassVar = {"GET": VIEW, "PUT": Permission.REFERRAL_FILE}

    @extend_schema(operation_id="referrals_assessment", responses=forms.AssessmentOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read what was observed and what the rules of that day said; 404 where nobody observed."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        kept = queries_criteria.assessment_of(referral)
        if kept is None:
            raise NotFound
        self.log(referral, "referral.assessment")
        return Response(representations.assessment(kept))

    @extend_schema(
        operation_id="referrals_assess",
        request=ObservedSerializer,
        responses=forms.AssessmentOut,
    )
    def put(self, request: Request, referral_id: UUID) -> Response:
        """Keep what was observed for a draft, in place of what was kept before."""
        body = self.body(ObservedSerializer)
        observed = body.pop("observations")
        kept = actions.assess(referral_id, by=self.actor, observed=observed, **body)
        return Response(representations.assessment(kept))


class ReferralDownCandidate(ReferralView):
    """Whether one patient who came up may go back down."""

    required: ClassVar = {"GET": VIEW, "POST": Permission.REFERRAL_RECEIVE}

    @extend_schema(
        operation_id="referrals_down_reviews",
        parameters=[PageQuery],
        responses=forms.DownReviewPageOut,
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        """List the reviews, newest first: observations, and reasons why the patient stays."""
        asked = self.query(PageQuery)
        referral = self.found(referral_id)
        rows = queries_criteria.reviews_of(referral)
        page = keyset(rows, request=request, order=("-id",), **asked)
        self.log(referral, "referral.reviews")
        return page_answer(page, [representations.review(row) for row in page.rows])

    @extend_schema(
        operation_id="referrals_down_review",
        request=forms.DownReviewSerializer,
        responses={201: forms.DownReviewOut},
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Keep observations and hear the rules of the way down, or say why the patient stays."""

        def perform() -> Response:
            body = self.body(forms.DownReviewSerializer)
            if "reason" in body:
                made = actions.keep_for_now(referral_id, by=self.actor, **body)
            else:
                made = actions.review_return(
                    referral_id, by=self.actor, observed=body["observations"]
                )
            return Response(representations.review(made), status=201)

        return self.idempotent(perform)


class DownCandidates(ApiView):
    """The patients who came up, are here, and might go back down."""

    required: ClassVar = {"GET": Permission.REFERRAL_RECEIVE}

    @extend_schema(
        operation_id="down_candidates_list",
        parameters=[forms.CandidatesQuery],
        responses=forms.CandidatePageOut,
    )
    def get(self, request: Request) -> Response:
        """List them, the longest here first, with what their community can do."""
        asked = self.query(forms.CandidatesQuery)
        today = timezone.localdate()
        state = asked.pop("state", "")
        rows = (
            queries_criteria.proposed(self.actor, today)
            if state
            else queries_criteria.arrived(self.actor)
        )
        page = keyset(rows, request=request, order=queries_criteria.LONGEST_FIRST, **asked)
        ids = [row.pk for row in page.rows]
        body = representations.candidates(
            page.rows,
            self.actor,
            on=today,
            homes=queries_criteria.homes(page.rows, on=today),
            observed=queries_criteria.newest_observed(ids),
            kept=queries_criteria.newest_reasons(ids, today),
        )
        people = {row.patient_id for row in page.rows}
        record.read(self.actor, what="referral.candidates", patients=people, referrals=ids)
        return page_answer(page, body)


class CriteriaOverrides(ApiView):
    """How often the rules are not followed."""

    required: ClassVar = {"GET": Permission.ALLIANCE_VIEW}

    @extend_schema(
        operation_id="criteria_overrides",
        parameters=[forms.OverridesQuery],
        responses=forms.OverridesOut,
    )
    def get(self, request: Request) -> Response:
        """Count, over the caller's alliances, how often each rule was evaluated, met and overridden."""
        asked = self.query(forms.OverridesQuery)
        until = asked.get("until") or timezone.localdate() + timedelta(days=1)
        since = asked.get("since") or until - A_YEAR
        period = {"since": _midnight(since), "until": _midnight(until)}
        alliances = self.actor.alliance_ids
        body = representations.overrides(
            queries_criteria.rule_counts(alliances, **period),
            queries_criteria.reason_counts(alliances, **period),
            since=since,
            until=until,
        )
        return Response(body)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
