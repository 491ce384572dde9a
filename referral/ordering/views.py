"""The pages of examinations ordered from another facility: the lists of both ends, one order, its steps."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from audit import record
from facilities.models import Facility
from facilities.queries import directory
from patients import queries as patient_queries
from patients.models import Patient
from referral import actions, availability, documents, examinations, pages
from referral.actions.moving import demand
from referral.models import ExaminationOrder, OrderState, Referral
from referral.ordering.forms import (
    CancelForm,
    FileForm,
    ItemForm,
    OrderForm,
    PlaceForm,
    ReportForm,
)
from referral.ordering.words import STATES, centre, line
from referral.policy import orders as policy
from referral.queries import orders as queries
from referral.queries import referrals as queries_referrals
from referral.states import Status
from referral.storage import StorageAway
from referral.views import ReferralPage

BOXES: Final = {"to_do": _("To carry out here"), "placed": _("Ordered by us")}
DONE: Final[dict[str, str | Promise]] = {
    "receive": _("The order is taken on."),
    "report": _("The report is sent."),
    "cancel": _("The order is withdrawn."),
    "file": _("The file is kept with the order."),
}
GONE: Final = _("The centre no longer takes this order: place it with another one.")
AWAY: Final = _("Documents cannot be stored or read just now; please try again.")


class OrderPage(ReferralPage):
    """A page about orders, for whoever may see patients."""

    required: ClassVar[Permission | None] = Permission.PATIENT_VIEW

    def order(self, order_id: UUID) -> ExaminationOrder:
        """Return a visible order; one that is not there and one of others give the same 404."""
        found = queries.find(order_id, self.actor)
        if found is None:
            raise Http404
        return found

    def people(self, orders: list[ExaminationOrder]) -> dict[UUID, Patient]:
        """Return those patients of these orders whom this post still sees."""
        return patient_queries.find_many({order.patient_id for order in orders}, self.actor)

    def note(self, what: str, orders: list[ExaminationOrder]) -> None:
        """Record who looked at whom, as the last statement."""
        record.read(
            self.actor,
            what=what,
            patients={order.patient_id for order in orders},
            referrals=[order.referral_id for order in orders if order.referral_id],
        )


class Orders(OrderPage):
    """The orders of a facility: those to carry out, or those that it placed; newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them; 400 for what is no filter of this list."""
        box = request.GET.get("box", "to_do")
        state = request.GET.get("state", "")
        if box not in BOXES or state not in {"", *OrderState.values}:
            raise BadRequest("not a filter of this list")
        rows = queries.for_display(queries.box(box, self.actor))
        rows = rows.filter(state=state) if state else rows
        page = self.paged(rows, queries.NEWEST_FIRST)
        patients = self.people(page.rows)
        context = {
            "here": "orders",
            "box": box,
            "boxes_of_orders": BOXES,
            "state": state,
            "states": STATES,
            "lines": [line(order, patients) for order in page.rows],
            "page": page,
        }
        answer = self.show("orders/list.html", context)
        self.note("order.list", page.rows)
        return answer


class Order(OrderPage):
    """One order: what is asked, what was found, and what may be done now."""

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponseBase:
        """Show it."""
        return self.whole(self.order(order_id))

    def whole(
        self,
        order: ExaminationOrder,
        *,
        refused: OrderForm | None = None,
        step: str = "",
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Return the page, with the form just sent and the words of its refusal where there was one."""
        patients = self.people([order])
        files = list(queries.files(order)) if order.patient_id in patients else []
        verdicts = {
            "receive": policy.may_receive_order(order, self.actor),
            "report": policy.may_report(order, self.actor),
            "file": policy.may_add_file(order, self.actor, known=len(files)),
            "cancel": policy.may_cancel_order(order, self.actor),
        }
        context = {
            **line(order, patients),
            "files": files,
            "reports": list(queries.reports(order)),
            "why": GONE
            if order.cancelled_at and not order.cancelled_by_id
            else order.cancel_reason,
            "forms": {
                name: refused if refused is not None and name == step else STEPS[name]()
                for name, verdict in verdicts.items()
                if verdict.allowed
            },
            "step": step,
            "hands_back": order.centre_id == self.actor.facility_id,
            **pages.refused(refusal, invalid=refused is not None and refusal is None),
        }
        answer = self.show("orders/order.html", context, status=status)
        self.note("order.view", [order])
        return answer


class Receive(OrderForm):
    """Nothing is asked."""


STEPS: Final[dict[str, type[OrderForm]]] = {
    "receive": Receive,
    "report": ReportForm,
    "file": FileForm,
    "cancel": CancelForm,
}


class Step(Order):
    """One step of an order, posted from its page."""

    def get(self, request: HttpRequest, order_id: UUID, step: str = "") -> HttpResponse:
        """Lead whoever reloads back to the order."""
        return redirect("referral:order", self.order(order_id).pk)

    def post(self, request: HttpRequest, order_id: UUID, step: str) -> HttpResponse:
        """Take the step and say so; a refusal is told on the page, with what was typed kept."""
        order = self.order(order_id)
        form = STEPS[step](request.POST, request.FILES)
        if not form.is_valid():
            return self.whole(order, refused=form, step=step, status=400)
        try:
            address = self.once(form.cleaned_data["key"], lambda: self._taken(order, step, form))
        except StorageAway:
            return render(request, "503.html", status=503)
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            kind = refusal.kind.value
            return self.whole(
                self.order(order_id), refused=form, step=step, refusal=refusal, status=kind
            )
        messages.success(request, str(DONE[step]))
        return redirect(address)

    def _taken(self, order: ExaminationOrder, step: str, form: OrderForm) -> str:
        words = form.words()
        if step == "receive":
            actions.receive_order(order.pk, by=self.actor)
        elif step == "report":
            actions.report_order(order.pk, by=self.actor, **words)
        elif step == "cancel":
            actions.cancel_order(order.pk, by=self.actor, **words)
        else:
            self._kept(order, words["file"])
        return reverse("referral:order", args=[order.pk])

    def _kept(self, order: ExaminationOrder, file: Any) -> None:
        """Keep a file; asked before it is examined, which costs more than the question."""
        known = queries.files(order).count()
        demand(policy.may_add_file(order, self.actor, known=known))
        documents.be_patient()
        document = documents.checked(file.name, file.read(documents.MAX_BYTES + 1))
        actions.attach_to_order(order.pk, by=self.actor, document=document)


class OrderFile(OrderPage):
    """A file of an order."""

    def get(self, request: HttpRequest, order_id: UUID, file_id: UUID) -> HttpResponseBase:
        """Download it where the patient is in sight; 503 while the store is away."""
        order = self.order(order_id)
        row = queries.files(order).filter(pk=file_id).first()
        if row is None or not self.people([order]):
            raise Http404
        try:
            answer = documents.handed(row.pk, row.name)
        except StorageAway:
            return render(request, "503.html", status=503)
        self.note("order.file", [order])
        return answer


class NewOrder(OrderPage):
    """An examination of a referral's patient: which one, then where."""

    required: ClassVar[Permission | None] = Permission.REFERRAL_FILE

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Ask which examination, and once that is said, where it is carried out and what is asked."""
        referral = self._referral(referral_id)
        chosen = ItemForm(request.GET if "item" in request.GET else None)
        item = chosen.cleaned_data["item"] if chosen.is_bound and chosen.is_valid() else ""
        form = PlaceForm(centres=self._centres(item)) if item else None
        return self._page(referral, chosen, item, form)

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Place the order and lead to it; a refusal is told on the page, with what was typed kept."""
        referral = self._referral(referral_id)
        chosen = ItemForm(request.POST)
        if not chosen.is_valid():
            return self._page(referral, chosen, "", None, status=400)
        item = chosen.cleaned_data["item"]
        form = PlaceForm(request.POST, centres=self._centres(item))
        if not form.is_valid():
            return self._page(referral, chosen, item, form, status=400)
        try:
            address = self.once(
                form.cleaned_data["key"], lambda: self._placed(referral, item, form)
            )
        except Refused as refusal:
            status = refusal.kind.value
            return self._page(referral, chosen, item, form, refusal=refusal, status=status)
        messages.success(request, str(_("The examination is ordered.")))
        return redirect(address)

    def _referral(self, referral_id: UUID) -> Referral:
        """Return the referral, where its patient is in sight; 404 elsewhere."""
        referral = queries_referrals.find(referral_id, self.actor)
        if referral is None or referral.status == Status.ENTERED_IN_ERROR:
            raise Http404
        if self.actor.facility_id not in {referral.from_facility_id, referral.to_facility_id}:
            raise PermissionDenied
        return referral

    def _centres(self, item: str) -> list[tuple[UUID, str]]:
        """Return who can do it, first those that offer the alliance idle hours of it, the earliest first."""
        now, capability = timezone.now(), examinations.known()[item].capability
        able = queries.centres(self.actor, capability, timezone.localdate(now))
        places = directory.places(able)
        idle = availability.idle(able, capability=capability, reader=self.actor.place, at=now)

        def rank(place: Facility) -> tuple[bool, Any, str]:
            session = idle.get(place.pk)
            return session is None, session and session.starts_at, place.name

        found = (places.get(pk) for pk in able)
        named = [place for place in found if isinstance(place, Facility)]
        return [(each.pk, centre(each, idle.get(each.pk))) for each in sorted(named, key=rank)]

    def _placed(self, referral: Referral, item: str, form: PlaceForm) -> str:
        order, _earlier = actions.place_order(
            referral.patient_id,
            by=self.actor,
            item=item,
            referral_id=referral.pk,
            **form.words(),
        )
        return reverse("referral:order", args=[order.pk])

    def _page(
        self,
        referral: Referral,
        chosen: ItemForm,
        item: str,
        form: PlaceForm | None,
        *,
        refusal: Refused | None = None,
        status: int = 200,
    ) -> HttpResponse:
        now = timezone.now()
        patient = pages.patient_of(referral, self.actor)
        context = {
            "line": pages.line(referral, {referral.patient_id: patient} if patient else {}, now),
            "referral": referral,
            "chosen": chosen,
            "item": item,
            "form": form,
            "repeated": refusal.facts.get("duplicates") if refusal else None,
            "states": STATES,
            **pages.refused(refusal, invalid=status == 400 and refusal is None),
        }
        answer = self.show("orders/new.html", context, status=status)
        self.log("referral.view", [referral])
        return answer
