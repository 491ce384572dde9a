"""The page on which a sender keeps a place at the destination, until the receiver has decided."""

from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import Kind, Refused
from facilities.vocabulary import PoolKind
from referral import actions, availability
from referral.codes import Setting
from referral.filing.views import FilingPage
from referral.models import Referral
from referral.policy import booking as policy
from referral.queries import referrals as queries

MOST: Final = 20
GIVE_BACK: Final = "give_back"


class Seat(FilingPage):
    """The next places that the sender of one referral could keep, and the one that is kept."""

    def found(self, referral_id: UUID) -> Referral | None:
        """Return a leg for which this post may keep a place; None for one that is decided. 404 out of sight."""
        referral = queries.find(referral_id, self.actor)
        if referral is None:
            raise Http404
        verdict = policy.may_hold(referral, self.actor)
        if not verdict.allowed and verdict.kind is Kind.FORBIDDEN:
            raise PermissionDenied
        return referral if verdict.allowed else None

    def get(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Show them; what is decided is shown as it is."""
        referral = self.found(referral_id)
        if referral is None:
            return redirect("referral:referral", referral_id)
        now = timezone.now()
        context = {
            "referral": referral,
            "held": queries.booking(referral, at=now),
            "places": self._places(referral),
            "key": uuid4(),
        }
        answer = self.show("filing/seat.html", context)
        self.log("referral.booking", [referral])
        return answer

    def _places(self, referral: Referral) -> list[Any]:
        """Return the next places of the destination: of the department that is chosen, and shared equipment."""
        if referral.to_facility_id is None:
            return []
        is_bed = referral.setting == Setting.INPATIENT
        fitting = Q(kind=PoolKind.BED if is_bed else PoolKind.SLOT)
        if referral.to_department_id is not None:
            fitting &= Q(department=referral.to_department_id)
        rows = availability.bookable(
            referral.to_facility_id, sender=self.actor.place, at=timezone.now()
        )
        return list(
            rows.filter(fitting | Q(kind=PoolKind.EQUIPMENT)).order_by("starts_at", "id")[:MOST]
        )

    def post(self, request: HttpRequest, referral_id: UUID) -> HttpResponse:
        """Keep the place that was chosen, or give back the one that is kept; once, however often it is sent."""
        if self.found(referral_id) is None:
            return redirect("referral:referral", referral_id)
        back = reverse("referral:seat", args=[referral_id])
        chosen = _chosen(request)
        gives = GIVE_BACK in request.POST
        if not (chosen or gives):
            messages.warning(request, _("Choose a place."))
            return redirect(back)

        def perform() -> str:
            if gives:
                actions.give_back(referral_id, by=self.actor)
            else:
                actions.hold(referral_id, by=self.actor, **chosen)
            return back

        # To hold again what is held changes nothing, but after it was given back it is a new wish.
        key = request.POST.get("key", "")[:36] if gives else ""
        try:
            self.once(key, perform)
        except Refused as refusal:
            messages.error(request, str(refusal.detail))
        else:
            done = _("The place is given back.") if gives else _("The place is kept.")
            messages.success(request, done)
        return redirect(back)


def _chosen(request: HttpRequest) -> dict[str, Any]:
    """Return which place was chosen, as the action takes it; nothing for what is no place."""
    kind, _colon, number = request.POST.get("place", "").partition(":")
    try:
        return {"bed_id" if kind == PoolKind.BED else "pool_id": UUID(number)}
    except ValueError:
        return {}
