"""Draws the numbers together: how far referrals come, how long each stage takes, why they are declined, who sends whom.

Only where all rows are open to the reader: parts this small tell about persons.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import scope
from accounts.actors import Actor
from facilities.queries import directory
from facilities.vocabulary import Tier
from insights import lists
from insights.indicators import Side
from insights.labels import labels
from insights.policy import numbers as policy
from insights.queries import counts
from insights.queries.durations import Duration, durations
from insights.queries.flows import Stream, streams
from insights.queries.funnel import STEPS, funnel
from insights.questions import Question
from insights.vocabulary import Dim
from referral import wording

# Streams in the table, which are those of the drawing too.
STREAMS: Final = 40
PERCENT: Final = 100
HOUR: Final = 60
DAY: Final = 24 * HOUR
# Shades of the map of tiers, the last for the most.
SHADES: Final = 5
DECLINED: Final = ("up_submitted_declined", "down_submitted_declined")


def picture(question: Question, by: Actor) -> dict[str, Any] | None:
    """Return the sections, None where not all rows are open; raises Refused `not-found` as the numbers do."""
    where = question.asked.of_side(question.asked.side or Side.SENT)
    policy.demand_count(where, by)
    if not policy.sees_rows(where, by):
        return None
    period = question.period
    received = question.asked.of_side(question.asked.side or Side.RECEIVED)
    with scope.lifted(by):
        side, steps = Side.SENT, funnel(where, period)
        if not (steps[STEPS[0]] or question.asked.side) and question.asked.scope == "facility":
            # Who refers nobody up is asked about those that came.
            side, steps = Side.RECEIVED, funnel(received, period)
        stages = durations(received, period)
        declined = counts.broken_down(received, DECLINED, period, Dim.DECLINE_REASON)
        edges = counts.broken_down(where, lists.SUBMITTED, period, Dim.EDGE)
        sent = streams(where, period, STREAMS)
    return {
        "steps": _steps(steps, question, side),
        "is_received": side == Side.RECEIVED,
        "stages": [_stage(name, found, question) for name, found in stages.items()],
        "declined": _declined(declined, question),
        "edges": _edges(edges, question),
        "streams": _streams(sent, question),
    }


def _steps(found: Mapping[str, int], question: Question, side: Side) -> list[dict[str, Any]]:
    begun = found[STEPS[0]]
    chosen = {"side": side.value} if side == Side.RECEIVED else {}
    return [
        {
            "words": lists.STEP_WORDS[name],
            "number": found[name],
            "share": f"{PERCENT * found[name] / begun:.1f}%" if begun else "",
            "begun": begun,
            "address": reverse("insights:step", args=[name.replace("_", "-")])
            + question.address(**chosen),
        }
        for name in STEPS
    ]


def _stage(name: str, found: Duration, question: Question) -> dict[str, Any]:
    return {
        "address": reverse("insights:stage", args=[name]) + question.address(),
        "words": lists.STAGE_WORDS[name],
        "n": found.n,
        "median": duration(found.median),
        "p90": duration(found.p90),
    }


def duration(minutes: int | None) -> str:
    """Return minutes in the two largest units that they fill."""
    if minutes is None:
        return "—"
    if minutes < HOUR:
        return _("%(minutes)s min") % {"minutes": minutes}
    if minutes < DAY:
        return _("%(hours)s h %(minutes)s min") % {
            "hours": minutes // HOUR,
            "minutes": minutes % HOUR,
        }
    return _("%(days)s d %(hours)s h") % {"days": minutes // DAY, "hours": minutes % DAY // HOUR}


def _declined(found: Mapping[str, counts.Counts], question: Question) -> list[dict[str, Any]]:
    numbers = {reason: sum(each.values()) for reason, each in found.items()}
    names = labels(Dim.DECLINE_REASON, numbers)
    most = max(numbers.values(), default=0)
    rows = reverse("insights:rows", args=["decline-rate"])
    return [
        {
            "words": names[reason],
            "number": number,
            "most": most,
            "address": rows + question.address(by="decline-reason", value=reason),
        }
        for reason, number in sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    ]


def _edges(found: Mapping[str, counts.Counts], question: Question) -> dict[str, Any]:
    """Return the table of tiers, senders down and receivers across; each number with its shade."""
    numbers: dict[tuple[int, int], int] = {}
    for edge, each in found.items():
        low, high = edge.split(">")
        numbers[int(low), int(high)] = sum(each.values())
    most = max(numbers.values(), default=0)
    froms, tos = sorted({pair[0] for pair in numbers}), sorted({pair[1] for pair in numbers})

    def cell(low: int, high: int) -> dict[str, Any]:
        number = numbers.get((low, high), 0)
        return {
            "number": number,
            "shade": -(-number * SHADES // most) if number else 0,
            "address": reverse("insights:edge", args=[low, high]) + question.address(),
        }

    return {
        "heads": [Tier(high).label for high in tos],
        "rows": [(Tier(low).label, [cell(low, high) for high in tos]) for low in froms],
    }


def _streams(sent: list[Stream], question: Question) -> list[dict[str, Any]]:
    places = directory.places(pk for each in sent for pk in (each.from_id, each.to_id))
    return [
        {
            "from": places[each.from_id],
            "to": places[each.to_id],
            "legs": each.legs,
            "direction": wording.direction(each.direction),
            "way": each.direction,
            "address": reverse("insights:stream", args=[each.from_id, each.to_id, each.direction])
            + question.address(),
        }
        for each in sent
    ]
