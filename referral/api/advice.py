"""The REST door to advice before a referral."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Permission
from accounts.rest import ApiView, NotFound, StrictSerializer, keyset, page_answer
from audit import record
from referral.actions import advising
from referral.api.referrals import carried, choice_of
from referral.models import AdviceRequest
from referral.queries import advice as queries_advice
from referral.representations import advice as representations_advice
from referral.serializers import advice as forms

VIEW = Permission.REFERRAL_VIEW


class AdviceView(ApiView):
    """Shares how a request is found and shown."""

    def found(self, advice_id: UUID) -> AdviceRequest:
        """Return a visible request; raises NotFound."""
        advice = queries_advice.find(advice_id, self.actor)
        if advice is None:
            raise NotFound
        return advice

    def shown(self, advice: AdviceRequest, *, status: int = 200) -> Response:
        """Return a request as a write has left it."""
        headers = {"Location": f"/api/v1/advice/{advice.pk}/"} if status == 201 else {}
        body = representations_advice.whole(self.found(advice.pk), self.actor)
        return Response(body, status=status, headers=headers)


class AdviceList(AdviceView):
    """The questions that came here and that went from here."""

    required: ClassVar = {"GET": VIEW, "POST": Permission.REFERRAL_FILE}
    located: ClassVar = frozenset({"POST"})

    @extend_schema(
        operation_id="advice_list", parameters=[forms.AdviceQuery], responses=forms.AdvicePageOut
    )
    def get(self, request: Request) -> Response:
        """List requests for advice, newest first."""
        asked = self.query(forms.AdviceQuery)
        rows = queries_advice.box(asked.get("box", ""), self.actor)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        page = keyset(
            rows,
            request=request,
            order=queries_advice.NEWEST_FIRST,
            limit=asked["limit"],
            cursor=asked.get("cursor"),
        )
        body = representations_advice.rows(page.rows, self.actor)
        people = {row.patient_id for row in page.rows}
        record.read(self.actor, what="advice.list", patients=people)
        return page_answer(page, body)

    @extend_schema(request=forms.AskSerializer, responses={201: forms.AdviceOut})
    def post(self, request: Request) -> Response:
        """Ask about a patient before, or instead of, a referral."""

        def perform() -> Response:
            body = self.body(forms.AskSerializer)
            advice = advising.ask(body.pop("patient"), by=self.actor, **body)
            return self.shown(advice, status=201)

        return self.idempotent(perform)


class AdviceDetail(AdviceView):
    """One request."""

    required: ClassVar = {"GET": VIEW}

    @extend_schema(responses=forms.AdviceOut)
    def get(self, request: Request, advice_id: UUID) -> Response:
        """Read a request, with the verbs that the caller may use now."""
        self.query(StrictSerializer)
        advice = self.found(advice_id)
        body = representations_advice.whole(advice, self.actor)
        record.read(self.actor, what="advice.view", patients=[advice.patient_id])
        return Response(body)


def slip_of(words: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a slip as `convert_advice` takes them."""
    choice, plan = choice_of(words), carried(words)
    return {"fields": words, "choice": choice, "plan": plan}


class AdviceVerb(AdviceView):
    """One verb; `verb_view` makes a class for each."""

    required: ClassVar = {"POST": VIEW}
    form: ClassVar[type[StrictSerializer]]
    move: ClassVar[Callable[..., AdviceRequest]]
    nested: ClassVar[bool] = False

    def post(self, request: Request, advice_id: UUID) -> Response:
        """Make the move; 409 where the state does not allow it, 403 where the caller may not."""

        def perform() -> Response:
            words: dict[str, Any] = self.body(self.form)
            given = slip_of(words) if self.nested else words
            return self.shown(type(self).move(advice_id, by=self.actor, **given))

        return self.idempotent(perform)


VERBS: dict[str, tuple[Callable[..., AdviceRequest], type[StrictSerializer]]] = {
    "answer": (advising.answer_advice, forms.AnswerSerializer),
    "convert": (advising.convert_advice, forms.ConvertSerializer),
    "avoid": (advising.avoid_referral, forms.CloseSerializer),
    "withdraw": (advising.withdraw_advice, forms.CloseSerializer),
}


def verb_view(verb: str) -> type[AdviceVerb]:
    """Return the view class of a verb, documented by its action."""
    action, form = VERBS[verb]
    summary = (action.__doc__ or "").splitlines()[0]
    members = {
        "move": staticmethod(action),
        "form": form,
        "nested": form is forms.ConvertSerializer,
        "__doc__": summary,
    }
    view = type(f"{verb.title()}Advice", (AdviceVerb,), members)
    operation = extend_schema(
        operation_id=f"advice_{verb}", request=form, responses=forms.AdviceOut, summary=summary
    )
    return extend_schema_view(post=operation)(view)
