"""The REST door to referrals: lists, drafts, and one endpoint for each verb."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, StrictSerializer, keyset, page_answer
from audit import record
from referral import actions, links
from referral.actions import care
from referral.codes import DuplicateDecision
from referral.models import LinkKind, Referral
from referral.policy import returns as policy_returns
from referral.queries import referrals as queries
from referral.queries import returns as queries_returns
from referral.representations import referrals as representations
from referral.representations import returns as representations_returns
from referral.serializers import referrals as forms

VIEW = Permission.REFERRAL_VIEW
SENDING = ("submit", "approve")


def etag(referral: Referral) -> dict[str, str]:
    """Return the header by which a client says later which version it has seen."""
    return {"ETag": f'"{referral.version}"'}


def carried(body: dict[str, Any]) -> dict[str, Any]:
    """Take the parts of a plan out of a body and return them."""
    return {name: body.pop(name) for name in care.FIELDS if name in body}


def choice_of(body: dict[str, Any]) -> dict[str, Any]:
    """Take the reason for an unusual destination out of a slip."""
    return {name: body.pop(name) for name in actions.CHOICE_FIELDS if name in body}


class ReferralView(ApiView):
    """Shares how a referral is found, shown and logged."""

    def found(self, referral_id: UUID) -> Referral:
        """Return a visible referral; raises NotFound for one that is not there or not the caller's."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise NotFound
        return referral

    def log(self, referral: Referral, what: str) -> None:
        """Record that the caller read a referral and its patient."""
        record.read(self.actor, what=what, patients=[referral.patient_id], referrals=[referral.id])

    def with_link(self, answer: Response) -> Response:
        """Add the address that a receiver outside the network opens, where a leg has just gone to one.

        It is shown this once: the answer that is kept for a repetition does not hold it.
        """
        sent = answer.data
        beyond = sent["submitted_at"] is not None and sent["alliance"] is None
        if beyond and "Idempotent-Replay" not in answer:
            token = actions.outside_link_of(sent["id"], by=self.actor)
            address = links.address(token, LinkKind.OUTSIDE) if token else None
            answer.data = {**sent, "outside_link": address}
        return answer

    def answer(self, referral: Referral, *, status: int = 200, planned: bool = False) -> Response:
        """Return a whole referral as a write has left it.

        What it carries costs a statement, so a leg upwards shows it only where the write `planned` it.
        """
        body = representations.whole(referral, self.actor, timezone.now())
        if planned or policy_returns.carries_plan(referral):
            body |= representations_returns.plan(queries_returns.plan(referral))
        headers = etag(referral)
        if status == 201:
            headers["Location"] = f"/api/v1/referrals/{referral.id}/"
        return Response(body, status=status, headers=headers)


class ReferralList(ReferralView):
    """The boxes of a facility, and the filing of a referral."""

    required: ClassVar = {"GET": VIEW, "POST": Permission.REFERRAL_FILE}
    versioned: ClassVar = frozenset({"POST"})
    located: ClassVar = frozenset({"POST"})

    @extend_schema(
        operation_id="referrals_list",
        parameters=[forms.ListQuery],
        responses=forms.ReferralPageOut,
    )
    def get(self, request: Request) -> Response:
        """List referrals, in the order of their box; nothing is counted."""
        asked = self.query(forms.ListQuery)
        now = timezone.now()
        box = asked.get("box", "") or queries.EVERYTHING
        rows, order, ways = queries.walked(box, self.actor, at=now)
        page = keyset(
            queries.for_list(_filtered(rows, asked)),
            request=request,
            order=order,
            limit=asked["limit"],
            cursor=asked.get("cursor"),
            ways=ways,
        )
        queries.hang_places(page.rows)
        body = representations.rows(page.rows, self.actor, now)
        record.read(
            self.actor,
            what="referral.list",
            patients={row.patient_id for row in page.rows},
            referrals=[row.id for row in page.rows],
        )
        return page_answer(page, body)

    @extend_schema(
        request=forms.CreateSerializer, responses={201: forms.ReferralOut, 200: forms.ReferralOut}
    )
    def post(self, request: Request) -> Response:
        """File a referral as a draft, or with `submit` send it at once."""

        def perform() -> Response:
            body = self.body(forms.CreateSerializer)
            patient_id, submit = body.pop("patient"), body.pop("submit")
            words = {
                name: body.pop(name, None) for name in ("previous_id", "duplicate", "assessment")
            }
            plan = carried(body)
            referral = actions.create(
                patient_id,
                by=self.actor,
                choice=choice_of(body),
                fields=body,
                plan=plan,
                submit=submit,
                **words,
            )
            return self.answer(referral, status=filed(submit, **words), planned=bool(plan))

        return self.with_link(self.idempotent(perform))


class ReferralDetail(ReferralView):
    """One referral."""

    required: ClassVar = {"GET": VIEW, "PATCH": Permission.REFERRAL_FILE}
    versioned: ClassVar = frozenset({"GET", "PATCH"})

    @extend_schema(responses=forms.ReferralOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read a referral, with the verbs that the caller may use now."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        body = representations.whole(referral, self.actor, timezone.now())
        body |= representations_returns.plan(queries_returns.plan(referral))
        self.log(referral, "referral.view")
        return Response(body, headers=etag(referral))

    @extend_schema(request=forms.DraftSerializer, responses=forms.ReferralOut)
    def patch(self, request: Request, referral_id: UUID) -> Response:
        """Change a draft; each part of its plan that is given is replaced as a whole."""
        fields, version = self.body(forms.DraftSerializer), self.expected_version()
        plan, choice = carried(fields), choice_of(fields)
        changed = actions.update(
            referral_id, by=self.actor, fields=fields, plan=plan, choice=choice, version=version
        )
        return self.answer(changed, planned=bool(plan))


class ReferralActions(ReferralView):
    """What may be done, and why not."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(responses=forms.ActionsOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """List every verb with the verdict that the action itself obeys."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        return Response({"actions": representations.actions(referral, self.actor)})


class VerbView(ReferralView):
    """One verb of the table of moves; `verb_view` makes a class for each."""

    required: ClassVar = {"POST": VIEW}
    versioned: ClassVar = frozenset({"POST"})
    verb: ClassVar[str]
    form: ClassVar[type[StrictSerializer]]

    def post(self, request: Request, referral_id: UUID) -> Response:
        """Make the move; 409 where the state does not allow it, 403 where the caller may not."""

        def perform() -> Response:
            words: dict[str, Any] = self.body(self.form)
            version = self.expected_version()
            action = getattr(actions, self.verb)
            moved = action(referral_id, by=self.actor, version=version, **words)
            return self.answer(self.leg_to_show(moved, referral_id))

        answer = self.idempotent(perform)
        return self.with_link(answer) if self.verb in SENDING else answer

    def leg_to_show(self, moved: Referral, referral_id: UUID) -> Referral:
        """Return the leg that moved; after a redirect the new one, if the caller may see it."""
        if moved.pk == referral_id:
            return moved
        return queries.find(moved.pk, self.actor) or self.found(referral_id)


def verb_view(verb: str) -> type[VerbView]:
    """Return the view class of a verb, documented by its action."""
    form = forms.VERB_FORMS[verb]
    name = "".join(part.title() for part in verb.split("_")) + "Referral"
    summary = (getattr(actions, verb).__doc__ or "").splitlines()[0]
    view = type(name, (VerbView,), {"verb": verb, "form": form, "__doc__": summary})
    operation = extend_schema(
        operation_id=f"referrals_{verb}", request=form, responses=forms.ReferralOut, summary=summary
    )
    return extend_schema_view(post=operation)(view)


class OnwardView(ReferralView):
    """Shares how a leg is begun that goes on from another, down or up again."""

    versioned: ClassVar = frozenset({"POST"})
    located: ClassVar = frozenset({"POST"})

    def onward(
        self, begin: Callable[..., Referral], referral_id: UUID, *, planned: bool = False
    ) -> Response:
        """Begin the leg that the body tells of, prefilled from the other; with `submit` send it at once."""

        def perform() -> Response:
            body = self.body(forms.ReturnSerializer)
            words = {name: body.pop(name, None) for name in ("submit", "duplicate")}
            parts = {"plan": carried(body), "choice": choice_of(body)}
            version = self.expected_version()
            leg = begin(referral_id, by=self.actor, fields=body, version=version, **parts, **words)
            return self.answer(leg, status=filed(**words), planned=planned)

        return self.with_link(self.idempotent(perform))


class ReferralReturn(OnwardView):
    """The way back down."""

    required: ClassVar = {"POST": Permission.REFERRAL_RECEIVE}

    @extend_schema(
        request=forms.ReturnSerializer, responses={201: forms.ReferralOut, 200: forms.ReferralOut}
    )
    def post(self, request: Request, referral_id: UUID) -> Response:
        """Start the down leg, prefilled from the up leg; with `submit` send it at once."""
        return self.onward(actions.start_return, referral_id)


class ReferralTimeline(ReferralView):
    """Who did what and when."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(responses=forms.TimelineOut)
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Read every move, first to last."""
        self.query(StrictSerializer)
        referral = self.found(referral_id)
        moves = [representations.move(row) for row in queries.timeline([referral], self.actor)]
        self.log(referral, "referral.timeline")
        return Response({"results": moves})


class EpisodeDetail(ApiView):
    """A journey up and down."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(responses=forms.EpisodeOut)
    def get(self, request: Request, episode_id: UUID) -> Response:
        """Read the legs that the caller may see, where the loop stands, and what is missing."""
        self.query(StrictSerializer)
        episode = queries.episode(episode_id, self.actor)
        if episode is None:
            raise NotFound
        legs = queries.legs(episode_id, self.actor)
        body = representations.episode(episode, legs, self.actor, timezone.now())
        record.read(
            self.actor,
            what="episode.view",
            patients=[episode.patient_id],
            referrals=[leg.id for leg in legs],
        )
        return Response(body)


def filed(submit: bool, duplicate: dict[str, str] | None, **_other: Any) -> int:
    """Return 201 for a new leg, 200 for an open one that was joined: nothing else comes of joining."""
    joined = submit and duplicate is not None and duplicate["decision"] == DuplicateDecision.JOIN
    return 200 if joined else 201


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _filtered(rows: QuerySet[Referral], asked: dict[str, Any]) -> QuerySet[Referral]:
    for name in ("status", "direction", "urgency", "patient", "episode"):
        if name in asked:
            rows = rows.filter(**{name: asked[name]})
    if "department" in asked:
        either = Q(to_department=asked["department"]) | Q(from_department=asked["department"])
        rows = rows.filter(either)
    if "since" in asked:
        rows = rows.filter(created_at__gte=_midnight(asked["since"]))
    if "until" in asked:
        rows = rows.filter(created_at__lt=_midnight(asked["until"]))
    if asked.get("text"):
        text = asked["text"]
        rows = rows.filter(Q(number=text.upper()) | Q(diagnosis__icontains=text))
    return rows
