"""The REST door to time: the clock of a referral, the limits and automatic steps of an alliance."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, StrictSerializer
from facilities.queries import directory
from referral import actions, clocks, reminders, sla
from referral.actions.moving import demand
from referral.api.referrals import ReferralView
from referral.limits import Kind, Limit
from referral.policy import clocks as policy_clocks
from referral.queries import clocks as queries_clocks
from referral.representations import clocks as representations
from referral.serializers import clocks as forms
from referral.stages import Clock, Stage


class ReferralClock(ReferralView):
    """Where a leg stands on its clock."""

    required: ClassVar = {"GET": Permission.REFERRAL_VIEW}

    @extend_schema(operation_id="referrals_clock", responses=forms.ClockOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read the running stage, its deadline, the pauses, the calls, and what is due beside it."""
        self.query(StrictSerializer)
        referral, now, rules = self.found(referral_id), timezone.now(), clocks.rules()
        due = sla.due(referral, rules)
        today = timezone.localdate(now)
        body = representations.clock(
            referral,
            now,
            rules,
            pauses=queries_clocks.pauses(referral),
            made=list(queries_clocks.calls(referral)),
            automatic=reminders.automatic(referral.alliance_id, due.stage, on=today)
            if due
            else None,
            owed=queries_clocks.owed(referral, self.actor, rules),
        )
        self.log(referral, "referral.clock")
        return Response(body)


class AllianceView(ApiView):
    """Shares how an alliance is found, and that everybody may read its rules."""

    required: ClassVar = {
        "GET": Permission.DIRECTORY_VIEW,
        "POST": Permission.REFERRAL_COORDINATE,
    }

    def known(self, alliance_id: UUID) -> None:
        """Raise NotFound where there is no such alliance."""
        if directory.alliance(alliance_id) is None:
            raise NotFound


class AllianceLimits(AllianceView):
    """How long each stage may take in an alliance."""

    @extend_schema(operation_id="alliances_limits", tags=["alliances"], responses=forms.LimitsOut)
    def get(self, request: Request, alliance_id: UUID) -> Response:
        """Read the limits in force today, and every row that the alliance has set."""
        self.query(StrictSerializer)
        self.known(alliance_id)
        rules = clocks.read()
        return Response(
            {
                "in_force": representations.in_force(alliance_id, rules, timezone.localdate()),
                "own": [
                    representations.limit(row) for row in queries_clocks.limits_of(alliance_id)
                ],
            }
        )

    @extend_schema(
        operation_id="alliances_set_limit",
        tags=["alliances"],
        request=forms.LimitSerializer,
        responses={201: forms.LimitSetOut, 200: forms.LimitSetOut},
    )
    def post(self, request: Request, alliance_id: UUID) -> Response:
        """Set a limit from a day on, or with `preview` only count what it would do (200)."""

        def perform() -> Response:
            body = self.body(forms.LimitSerializer)
            self.known(alliance_id)
            demand(policy_clocks.may_set_rules(self.actor, alliance_id))
            preview, now = body.pop("preview"), timezone.now()
            counted = self._effect(alliance_id, body, now)
            made = None
            if not preview:
                made = actions.set_limit(alliance_id, by=self.actor, now=now, **body)
            shown = {
                "limit": None if made is None else representations.limit(made),
                "effect": representations.effect(counted),
            }
            return Response(shown, status=200 if preview else 201)

        return self.idempotent(perform)

    def _effect(self, alliance_id: UUID, body: dict[str, Any], now: Any) -> queries_clocks.Effect:
        kind: Kind = (Stage(body["stage"]), body["urgency"], body["direction"])
        length, clock = timedelta(minutes=body["minutes"]), Clock(body["clock"])
        starts = body.get("starts") or timezone.localdate(now)
        limit = Limit(length, clock, body["source"], own=True)
        return queries_clocks.effect(alliance_id, kind, limit, starts=starts, at=now)


class AllianceRule(AllianceView):
    """A limit or an automatic step of an alliance."""

    required: ClassVar = {"DELETE": Permission.REFERRAL_COORDINATE}
    conflicting: ClassVar = frozenset({"DELETE"})

    @extend_schema(
        operation_id="alliances_withdraw_rule", tags=["alliances"], responses={204: None}
    )
    def delete(self, request: Request, alliance_id: UUID, rule_id: UUID) -> Response:
        """Withdraw a rule that has not begun; the one before it goes on."""
        self.known(alliance_id)
        actions.withdraw_rule(alliance_id, rule_id, by=self.actor)
        return Response(status=204)


class AllianceAutomaticSteps(AllianceView):
    """What the system does by itself in an alliance."""

    @extend_schema(
        operation_id="alliances_automatic_steps",
        tags=["alliances"],
        responses=forms.AutomaticStepsOut,
    )
    def get(self, request: Request, alliance_id: UUID) -> Response:
        """Read every automatic step that was switched on, the newest first; none is by default."""
        self.query(StrictSerializer)
        self.known(alliance_id)
        rows = queries_clocks.automatic_steps_of(alliance_id)
        return Response({"results": [representations.automatic_step(row) for row in rows]})

    @extend_schema(
        operation_id="alliances_set_automatic_step",
        tags=["alliances"],
        request=forms.AutomaticStepSerializer,
        responses={201: forms.AutomaticStepsOut},
    )
    def post(self, request: Request, alliance_id: UUID) -> Response:
        """Switch an automatic step on from a day on, or off."""

        def perform() -> Response:
            body = self.body(forms.AutomaticStepSerializer)
            self.known(alliance_id)
            actions.set_automatic_step(alliance_id, by=self.actor, **body)
            rows = queries_clocks.automatic_steps_of(alliance_id)
            shown = [representations.automatic_step(row) for row in rows]
            return Response({"results": shown}, status=201)

        return self.idempotent(perform)
