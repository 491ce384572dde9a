"""The pages of time limits: what holds in an alliance, what it has set, and what a new limit would do."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import product
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import Refused
from facilities.models import Alliance
from facilities.vocabulary import Direction
from referral import actions, clocks, limits, wording
from referral.criteria.observations import spoken
from referral.criteria.shapes import Words
from referral.limits import Kind, Rules, midnight
from referral.managing import words
from referral.managing.base import SET, Overview, RulesPage, Withdrawal
from referral.managing.limit_forms import LimitForm, described
from referral.models import AutomaticStep, ServiceLimit
from referral.queries import clocks as queries_clocks
from referral.queries import past as queries_past
from referral.stages import LIMITED, Stage
from referral.states import Urgency

EMERGENCIES: Final = (Urgency.EMERGENCY,)
NOT_DOWN: Final = (Direction.UP, Direction.LATERAL)
# The legs that a stage concerns at all, where it does not concern every one.
URGENCIES_OF: Final = {Stage.ACKNOWLEDGE: EMERGENCIES, Stage.DOCUMENTATION: EMERGENCIES}
DIRECTIONS_OF: Final = {
    Stage.ARRIVAL: NOT_DOWN,
    Stage.FIRST_CONTACT: (Direction.DOWN,),
    Stage.RESULT: NOT_DOWN,
}
# Where the system may do something by itself, by the constraint of AutomaticStep.
AUTOMATIC: Final = (Stage.ANSWER, Stage.INFORMATION)
ORDER: Final = [stage for stage in Stage if stage in LIMITED]


def urgencies_of(stage: Stage) -> tuple[Urgency, ...]:
    """Return the urgencies that a stage concerns."""
    return URGENCIES_OF.get(stage, tuple(Urgency))


def directions_of(stage: Stage) -> tuple[Direction, ...]:
    """Return the directions that a stage concerns."""
    return DIRECTIONS_OF.get(stage, tuple(Direction))


def kinds() -> Iterator[Kind]:
    """Return every kind of leg that has a limit of its own, in the order of a leg's way."""
    for stage in ORDER:
        for urgency, direction in product(urgencies_of(stage), directions_of(stage)):
            yield stage, int(urgency), direction.value


class Cell(NamedTuple):
    """The limit of one kind of leg in the table of all."""

    direction: wording.Mark
    length: str
    own: bool
    planned: bool
    address: str


class Line(NamedTuple):
    """One urgency of a stage, with a cell for each direction."""

    urgency: wording.Mark
    cells: list[Cell]


class Limits(Overview):
    """All limits of an alliance as they hold today, each a way to its history; and what happens by itself."""

    name = "referral:limits"
    template = "managing/limits.html"

    def listed(self, alliance: Alliance | None) -> dict[str, Any]:
        """Return them by stage, urgency and direction."""
        if alliance is None:
            return {}
        return {
            "stages": self._stages(alliance, self.today),
            "automatic": self._automatic(alliance, self.today),
        }

    def _automatic(self, alliance: Alliance, today: date) -> list[dict[str, Any]]:
        rows = list(queries_clocks.automatic_steps_of(alliance.pk))
        return [
            {
                "stage": stage,
                "row": step_on(rows, stage, today),
                "planned": any(
                    row.stage == stage and words.term(row, today) == words.PLANNED for row in rows
                ),
                "address": reverse("referral:automatic", args=[alliance.pk, stage.value]),
            }
            for stage in AUTOMATIC
        ]

    def _stages(self, alliance: Alliance, today: date) -> list[dict[str, Any]]:
        rules = clocks.read()
        return [
            {
                "stage": stage,
                "lines": [
                    Line(
                        wording.urgency(urgency),
                        [
                            _cell(alliance, (stage, int(urgency), direction.value), rules, today)
                            for direction in directions_of(stage)
                        ],
                    )
                    for urgency in urgencies_of(stage)
                ],
            }
            for stage in ORDER
        ]


def step_on(rows: Iterable[AutomaticStep], stage: Stage, on: date) -> AutomaticStep | None:
    """Return what the system does by itself at a stage on a day."""
    return next((row for row in rows if row.stage == stage and row.is_in_force(on)), None)


def _cell(alliance: Alliance, kind: Kind, rules: Rules, today: date) -> Cell:
    stage, urgency, direction = kind
    limit = rules.limit_of(kind, alliance.pk, midnight(today))
    own = rules.own.get(kind, ())
    return Cell(
        wording.direction(direction),
        words.limit_length(limit),
        limit.own,
        any(each.alliance_id == alliance.pk and each.starts > today for each in own),
        limit_address(alliance, (stage, urgency, direction)),
    )


def limit_address(alliance: Alliance, kind: Kind) -> str:
    """Return the address of the page of one kind of leg."""
    stage, urgency, direction = kind
    named = [alliance.pk, stage.value, Urgency(urgency).name.lower(), direction]
    return reverse("referral:limit", args=named)


class LimitOf(RulesPage):
    """The limit of one kind of leg: what holds, since when and by whose word, and a new one."""

    template: ClassVar[str] = "managing/limit.html"

    def get(
        self, request: HttpRequest, alliance_id: UUID, stage: str, urgency: str, direction: str
    ) -> HttpResponse:
        """Show it."""
        alliance, kind = self.alliance(alliance_id), _kind(stage, urgency, direction)
        return self.whole(alliance, kind)

    def post(
        self, request: HttpRequest, alliance_id: UUID, stage: str, urgency: str, direction: str
    ) -> HttpResponse:
        """Show what a new limit would do, and once that was seen, set it."""
        alliance, kind = self.alliance(alliance_id), _kind(stage, urgency, direction)
        form = LimitForm(request.POST)
        if not form.is_valid():
            return self.whole(alliance, kind, form, status=400)
        if request.POST.get("step") != SET:
            return self._looked_at(alliance, kind, form)
        try:
            address = self.once(form.cleaned_data["key"], lambda: self._set(alliance, kind, form))
        except Refused as refusal:
            return self.whole(alliance, kind, form, refusal=refusal, status=refusal.kind.value)
        messages.success(request, _("The new limit is set."))
        return redirect(address)

    def whole(
        self,
        alliance: Alliance,
        kind: Kind,
        form: LimitForm | None = None,
        *,
        refusal: Refused | None = None,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        """Return the page, with the form just sent and what was said of it."""
        today, rules = self.today, clocks.read()
        held = rules.limit_of(kind, alliance.pk, midnight(today))
        stage, urgency, direction = kind
        rows = queries_clocks.limits_of(alliance.pk).filter(
            stage=stage, urgency=urgency, direction=direction
        )
        context = {
            "alliance": alliance,
            "stage": stage,
            "urgency": wording.urgency(urgency),
            "direction": wording.direction(direction),
            "held": words.limit_length(held),
            "own": held.own,
            "standard": _standard(kind),
            "rows": [_row(row, today) for row in rows],
            "rungs": words.rungs(stage, urgency, held.clock),
            "repeated": words.repeated(stage, urgency, held.clock),
            "form": form or LimitForm.of(held, today),
            "refusal": refusal,
            "invalid": status == 400,
        }
        return self.show(self.template, {**context, **more}, status=status)

    def _looked_at(self, alliance: Alliance, kind: Kind, form: LimitForm) -> HttpResponse:
        now, limit = timezone.now(), form.limit()
        starts: date = form.cleaned_data["starts"]
        counted = queries_clocks.effect(alliance.pk, kind, limit, starts=starts, at=now)
        more: dict[str, Any] = {
            "effect": counted,
            "at_once": max(counted.overdue_then - counted.overdue_now, 0),
            "if_all": max(counted.overdue_if_all - counted.overdue_now, 0),
            "past": queries_past.past(alliance.pk, kind, limit, at=now),
            "days": queries_past.LOOKED_BACK.days,
            "new": words.limit_length(limit),
            "starts": starts,
            "source": limit.source,
        }
        return self.whole(alliance, kind, form, **more)

    def _set(self, alliance: Alliance, kind: Kind, form: LimitForm) -> str:
        stage, urgency, direction = kind
        actions.set_limit(
            alliance.pk,
            by=self.actor,
            stage=stage,
            urgency=Urgency(urgency),
            direction=direction,
            now=timezone.now(),
            **form.words(),
        )
        return limit_address(alliance, kind)


def _kind(stage: str, urgency: str, direction: str) -> Kind:
    """Return the kind that an address names; raises Http404 for one that has no limit."""
    for kind in kinds():
        if (kind[0].value, Urgency(kind[1]).name.lower(), kind[2]) == (stage, urgency, direction):
            return kind
    raise Http404


def _standard(kind: Kind) -> dict[str, Any]:
    limit, origin = limits.defaults()[kind], limits.origins()[kind]
    return {
        "length": words.limit_length(limit),
        "source": spoken(Words(origin.zh, origin.en)),
        "mark": words.VERIFIED if origin.verified else words.UNVERIFIED,
    }


def _row(row: ServiceLimit, today: date) -> dict[str, Any]:
    mark = words.term(row, today)
    return {
        "row": row,
        "mark": mark,
        "what": described(row),
        "withdraw": mark == words.PLANNED,
    }


class Withdraw(Withdrawal, Limits):
    """Takes back a limit or an automatic step, and shows all of the alliance."""

    def withdrawn(self, alliance: Alliance, rule_id: UUID) -> str:
        """Withdraw it."""
        actions.withdraw_rule(alliance.pk, rule_id, by=self.actor, now=timezone.now())
        return self.address(alliance)
