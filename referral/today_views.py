"""The first page after signing in: what waits for this post, by kind; and each kind as a list of its own."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.permissions import Permission
from facilities.queries import directory
from referral import pages, wording
from referral.desk.forms import TOGETHER
from referral.models import Referral
from referral.ordering.words import line
from referral.queries import advice as queries_advice
from referral.queries import alliance as queries_alliance
from referral.queries import desk as queries_desk
from referral.queries import orders as queries_orders
from referral.queries import referrals as queries
from referral.queries import work as queries_work
from referral.views import ReferralPage

GLIMPSE: Final = 5
# Members of an alliance that are named with what is late there; all stand in its picture.
MEMBERS: Final = 10
# The kinds whose rows open a quick view, since they come here to be decided.
QUICK_KINDS: Final = frozenset({"waiting", "returned", "put-off"})


def number(legs: int) -> str:
    """Return how many, "50+" for more: nobody counts a table."""
    return str(legs) if legs <= queries_desk.BOUND else f"{queries_desk.BOUND}+"


class Today(ReferralPage):
    """What waits for this post."""

    required: ClassVar[Permission | None] = None

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the beginning of each kind of work that there is; without referrals the rates, or nothing."""
        if not self.actor.can(Permission.REFERRAL_VIEW):
            if self.actor.can(Permission.NUMBERS_VIEW):
                return redirect("insights:dashboard")
            return self.show("referral/today.html", {"sections": None})
        now = timezone.now()
        standing = queries_work.standing(self.actor, at=now)
        first = {name: legs[:GLIMPSE] for name, legs in standing.items()}
        found = self._legs(first)
        rows = list(found.values())
        patients = pages.people(rows, self.actor)
        sections = [
            {
                "name": name,
                "work": wording.WORK[name],
                "number": number(len(legs)),
                "lines": pages.listed(
                    [found[pk] for pk in first[name] if pk in found], patients, now, box=name
                ),
            }
            for name, legs in standing.items()
        ]
        context = {
            "sections": sections,
            "orders": self._orders(),
            "advice": self._advice(),
            "here": "today",
            "members": self._members(standing),
        }
        answer = self.show("referral/today.html", context)
        self.log("referral.today", rows)
        return answer

    def _orders(self) -> dict[str, Any] | None:
        """Return the orders of examinations to take on here; no patient is named before one is opened."""
        if not self.actor.can(Permission.PATIENT_VIEW):
            return None
        found = queries_orders.to_take_on(self.actor, queries_desk.BOUND + 1)
        lines = [line(order, {}) for order in found[:GLIMPSE]]
        return {"number": number(len(found)), "lines": lines} if found else None

    def _advice(self) -> dict[str, Any] | None:
        """Return the questions and answers that wait here; no patient is named before one is opened."""
        if not self.actor.can(Permission.PATIENT_VIEW):
            return None
        found = queries_advice.waiting(self.actor, queries_desk.BOUND + 1)
        return {"number": number(len(found)), "rows": found[:GLIMPSE]} if found else None

    def _legs(self, first: Mapping[str, list[UUID]]) -> dict[UUID, Referral]:
        """Return the legs that are shown, however often, with the names of their places."""
        wanted = list(dict.fromkeys(pk for legs in first.values() for pk in legs))
        rows = queries.several(wanted, self.actor) if wanted else []
        queries.hang_places(rows)
        return {row.pk: row for row in rows}

    def _members(self, standing: Mapping[str, list[UUID]]) -> list[dict[str, Any]]:
        """Return the members of the alliance where something is late, the most first."""
        if "stuck" not in standing:
            return []
        flows = queries_alliance.flows(self.actor, timezone.now())
        late = [(pk, late) for pk, (_open, late) in queries_alliance.received(flows).items()]
        most = sorted((each for each in late if each[1]), key=lambda each: -each[1])[:MEMBERS]
        places = directory.places(pk for pk, _late in most)
        return [{"place": places[pk], "late": late} for pk, late in most if pk in places]


class Work(ReferralPage):
    """One kind of work as a whole list."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Show a page of it; 404 for a kind that is none, 403 for one that this post does not have."""
        asked = queries_work.KINDS.get(kind)
        if asked is None:
            raise Http404
        if not self.actor.can(asked.right):
            raise PermissionDenied
        now = timezone.now()
        page = self.rows(queries.for_list(asked.rows(self.actor, now)), asked.order)
        quick = kind in QUICK_KINDS
        context = {
            "here": "today",
            "box": wording.WORK[kind],
            "lines": pages.lines(page.rows, self.actor, now, box=kind),
            "page": page,
            "desk": quick,
            "ticks": quick,
            "acceptable": self.acceptable(page.rows) if quick else (),
            "bulk_key": uuid4(),
            "bulk_verbs": {verb: wording.VERBS[verb] for verb in TOGETHER},
        }
        answer = self.show("referral/box.html", context)
        self.log("referral.list", page.rows)
        return answer
