"""The pages on which a facility plans what it offers: a week of sessions, one session, a weekly pattern."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from accounts.permissions import Permission
from facilities import capacity
from facilities.actions import capacity as planning
from facilities.actions.capacity import Planned
from facilities.managing.settings import WritingPage, blame
from facilities.models import Pool
from facilities.queries import directory
from facilities.queries import managing as queries_managing
from facilities.vocabulary import CapabilityCode, PoolKind
from referral import actions
from referral.managing.capacity_forms import PlanForm, SessionForm
from referral.queries import capacity as queries
from referral.views import ReferralPage

AHEAD: Final = timedelta(days=28)
# How far back and ahead a week is shown: a year, as plans begin.
FAR: Final = timedelta(days=366)


class CapacityPage(WritingPage, ReferralPage):
    """A page for who plans the places of the own facility."""

    required: ClassVar[Permission | None] = Permission.CAPACITY_MANAGE

    def kind(self) -> str:
        """Return the kind of places that the address asks for; appointments where it asks for none."""
        asked = self.request.GET.get("kind", "")
        return asked if asked in PoolKind.values else PoolKind.SLOT

    def week_address(self, kind: str, day: date, key: str = "") -> str:
        """Return the address of a week, with one department or equipment unfolded."""
        monday = day - timedelta(days=day.weekday())
        one = f"&of={key}" if key else ""
        return f"{reverse('referral:capacity')}?kind={kind}&week={monday.isoformat()}{one}"


class Week(CapacityPage):
    """A week of what the facility offers, by department or equipment, and the sessions of one of them."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; a week or a department that is none shows this week, and no sessions."""
        now, kind = timezone.now(), self.kind()
        today = timezone.localdate(now)
        monday = self._monday(today)
        offered = queries.week(self.actor.place, kind, monday, at=now)
        one = next((each for each in offered if each.key == request.GET.get("of")), None)
        sessions = self._sessions(kind, one.key, monday, now) if one else ()
        start = max(monday, today)
        context = {
            "kinds": PoolKind.choices,
            "kind": kind,
            "monday": monday,
            "sunday": monday + queries.WEEK - timedelta(days=1),
            "before": monday - queries.WEEK,
            "after": monday + queries.WEEK,
            "offered": offered,
            "one": one,
            "sessions": sessions,
            "now": now,
            "rule": capacity.reservation(self.actor.place, start=start, until=start + AHEAD),
        }
        return self.show("managing/capacity.html", context)

    def _monday(self, today: date) -> date:
        try:
            day = date.fromisoformat(self.request.GET.get("week", ""))
        except ValueError:
            day = today
        if abs(day - today) > FAR:
            day = today
        return day - timedelta(days=day.weekday())

    def _sessions(self, kind: str, key: str, monday: date, now: datetime) -> Any:
        return queries.sessions(self.actor.place, kind, key, monday, at=now)


class Session(CapacityPage):
    """One session: how many places it has, how many are reserved, and who holds one."""

    def get(self, request: HttpRequest, pool_id: UUID) -> HttpResponse:
        """Show it; 404 for a session of another facility."""
        row = self._found(pool_id)
        now = {"places": row.places, "reserved_percent": row.reserved_percent}
        return self._page(row, SessionForm(initial={**now, "version": row.version}))

    def post(self, request: HttpRequest, pool_id: UUID) -> HttpResponse:
        """Say what would become of it, and by a second press change it."""
        row, words = self._found(pool_id), request.POST.copy()
        taken = row.places - row.free
        if "close" in words:
            words["places"] = str(taken)
        form = SessionForm(words)
        if "again" in words:
            return self._page(row, form)
        if "sure" not in words:
            preview = self._effect(row, form) if form.is_valid() else None
            return self._page(row, form, preview=preview, status=200 if preview else 422)
        answer = self.written(
            form,
            lambda said: self._alter(row, dict(said)),
            address=self.week_address(row.kind, row.day, _key(row)),
            said=_("The session is changed."),
        )
        return answer or self._page(self._found(pool_id), form, status=422)

    def _alter(self, row: Pool, said: dict[str, Any]) -> None:
        version = said.pop("version")
        actions.alter_pool(row.facility_id, row.pk, by=self.actor, changes=said, version=version)

    def _effect(self, row: Any, form: SessionForm) -> dict[str, Any] | None:
        """Return the numbers before and after; None, and a word at the field, where more is taken."""
        said, taken = form.cleaned_data, row.places - row.free
        if said["places"] < taken:
            text = _("%(taken)s places are taken: fewer are not possible.") % {"taken": taken}
            form.add_error("places", text)
            return None
        return {
            "taken": taken,
            "places": said["places"],
            "free": said["places"] - taken,
            "fewer": row.places - said["places"],
            "reserved": _reserved(said["places"], said["reserved_percent"]),
        }

    def _page(
        self,
        row: Any,
        form: SessionForm,
        *,
        preview: dict[str, Any] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "row": row,
            "name": _name(row),
            "taken": row.places - row.free,
            "reserved": _reserved(row.places, row.reserved_percent),
            "form": form,
            "preview": preview,
            "is_over": row.starts_at <= timezone.now(),
            "legs": queries.taking(row.pk),
            "back": self.week_address(row.kind, row.day, _key(row)),
        }
        return self.show("managing/session.html", context, status=status)

    def _found(self, pool_id: UUID) -> Any:
        row = queries.session(self.actor.place, pool_id, at=timezone.now())
        if row is None:
            raise Http404
        return row


class Plan(CapacityPage):
    """Makes sessions by a weekly pattern."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form for a kind of places."""
        rules, kind = capacity.rules(), self.kind()
        shared = kind == PoolKind.EQUIPMENT
        usual = {
            "start": timezone.localdate() + timedelta(days=1),
            "weeks": 4,
            "weekdays": [1, 2, 3, 4, 5],
            "reserved_percent": 0 if shared else rules.reserved_percent,
            "opens_days_before": rules.opens_before.days,
            "release_hours_before": int(rules.released_before.total_seconds() // 3600),
        }
        return self._page(self._form(kind, initial=usual))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Say how many sessions would be made, and by a second press make them."""
        kind = self.kind()
        form = self._form(kind, request.POST)
        if "again" in request.POST or not form.is_valid():
            return self._page(form, status=422 if form.errors else 200)
        if "sure" not in request.POST:
            planned = self._foreseen(form)
            return self._page(form, planned=planned, status=200 if planned else 422)
        answer = self.written(
            form,
            lambda _said: planning.plan(
                self.actor.place, by=self.actor, pattern=form.pattern(), now=timezone.now()
            ),
            address=self.week_address(kind, form.cleaned_data["start"]),
            said=_("The sessions are made."),
        )
        return answer or self._page(form, status=422)

    def _foreseen(self, form: PlanForm) -> Planned | None:
        pattern, now = form.pattern(), timezone.now()
        try:
            return planning.foresee(self.actor.place, by=self.actor, pattern=pattern, now=now)
        except Refused as refusal:
            blame(form, refusal)
            return None

    def _form(self, kind: str, *data: Any, **options: Any) -> PlanForm:
        """Return the form with what the facility has: departments, or equipment and alliances."""
        place, today = self.actor.place, timezone.localdate()
        offered: dict[str, Any] = {}
        if kind == PoolKind.EQUIPMENT:
            able = directory.capabilities([place], today).get(place, [])
            terms = queries_managing.memberships(place)
            offered["capability"] = [(code, CapabilityCode(code).label) for code in able]
            offered["alliance"] = [
                (term.alliance_id, term.alliance.name) for term in terms if term.is_in_force(today)
            ]
        else:
            rows = directory.departments(place).order_by("code", "id")
            offered["department"] = [(row.pk, row.name) for row in rows]
        return PlanForm(*data, kind=kind, offered=offered, **options)

    def _page(
        self, form: PlanForm, *, planned: Planned | None = None, status: int = 200
    ) -> HttpResponse:
        context = {"form": form, "kind": form.kind, "kinds": PoolKind.choices, "planned": planned}
        return self.show("managing/plan.html", context, status=status)


def _reserved(places: int, percent: int) -> int:
    """Return how many places are reserved: the share rounded up, as the database counts it."""
    return -(-places * percent // capacity.FULL)


def _key(row: Pool) -> str:
    return row.capability if row.kind == PoolKind.EQUIPMENT else str(row.department_id)


def _name(row: Pool) -> Any:
    if row.kind == PoolKind.EQUIPMENT:
        return row.get_capability_display()
    return row.department.name if row.department else ""
