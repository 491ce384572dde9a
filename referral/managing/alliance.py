"""The pages of who looks over an alliance: its tree, the flows between members, the legs behind each number."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import replica
from accounts.permissions import Permission
from facilities.models import Department, Facility
from facilities.queries import directory, networks
from facilities.queries.networks import Branch
from referral import pages, wording
from referral.queries import alliance as queries_alliance
from referral.queries import referrals as queries
from referral.queries.alliance import Flow
from referral.views import ReferralPage

UNDER_WAY = wording.Box(_("Under way in the alliance"), "route", _("Nothing is under way there."))
LATE = wording.Box(_("Overdue in the alliance"), "clock", _("Nothing is overdue there."))
# How many edges the page draws; all of them are in its table.
DRAWN = 60


class AlliancePage(ReferralPage):
    """A page for who looks over an alliance."""

    required: ClassVar[Permission | None] = Permission.ALLIANCE_VIEW


class Picture(AlliancePage):
    """The alliance as it is today."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the members as a tree with what waits there, and the flows between them."""
        now = timezone.now()
        flows = queries_alliance.flows(self.actor, now)
        received = queries_alliance.received(flows)
        places = directory.places(pk for flow in flows for pk in (flow.from_id, flow.to_id))
        branches = networks.tree(self.actor.alliance_ids, timezone.localdate(now))
        context = {
            "here": "alliance",
            "branches": [_branch(each, received) for each in branches],
            "flows": [_flow(each, places) for each in flows],
            "drawn": DRAWN,
            "open": sum(flow.open for flow in flows),
            "late": sum(flow.late for flow in flows),
        }
        return self.show("alliance/picture.html", context)


def _branch(branch: Branch, received: Mapping[UUID, tuple[int, int]]) -> dict[str, Any]:
    return {
        "alliance": branch.alliance,
        "members": [
            {
                "place": place,
                "is_lead": place.pk == branch.alliance.lead_id,
                "open": received.get(place.pk, (0, 0))[0],
                "late": received.get(place.pk, (0, 0))[1],
            }
            for place in branch.members
        ],
        "nested": [_branch(each, received) for each in branch.nested],
    }


def _flow(flow: Flow, places: Mapping[UUID, Facility | Department]) -> dict[str, Any]:
    return {
        "flow": flow,
        "from": places[flow.from_id],
        "to": places[flow.to_id],
        "direction": wording.direction(flow.direction),
    }


class UnderWay(AlliancePage):
    """The legs behind a number of the picture."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, a page at a time; 400 for what is no filter of this list."""
        now = timezone.now()
        late = "late" in request.GET
        rows = queries_alliance.under_way(
            self.actor, now, from_id=_id(request, "from"), to_id=_id(request, "to"), late=late
        )
        page = self.rows(queries.for_list(rows), queries.NEWEST_FIRST)
        answer = self.show(
            "alliance/under_way.html",
            {
                "here": "alliance",
                "box": LATE if late else UNDER_WAY,
                "ends": self._ends(request),
                "lines": pages.lines(page.rows, self.actor, now),
                "page": page,
            },
        )
        self.log("referral.list", page.rows)
        return answer

    def _ends(self, request: HttpRequest) -> Sequence[str]:
        asked = [_id(request, name) for name in ("from", "to")]
        found = directory.places(asked)
        return [str(found[pk]) for pk in asked if pk in found]


def _id(request: HttpRequest, name: str) -> UUID | None:
    text = request.GET.get(name)
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadRequest("not a facility") from error
