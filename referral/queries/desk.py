"""Reads what a receiver's desk works on: how much waits in each box, who is expected, whom a slip names."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.db.models import CharField, Q, QuerySet, Value
from django.utils import timezone

from accounts.actors import Actor
from patients import queries as patients
from patients.models import Patient
from referral import sla
from referral.models import Referral
from referral.queries import referrals as queries
from referral.states import AGREED, LIVE, Status

# A number beside a box says "50+" from there on, so that nobody counts a table.
BOUND: Final = 50
INBOX: Final = "inbox"
ARRIVALS: Final = "arrivals"
COUNTED: Final = ("overdue", "documentation", "tracking", "drafts")
VISIT_ORDER: Final = ("scheduled_for", "id")
# Among how many people of a name somebody is looked for, and how many are shown.
NAMESAKES: Final = 200
SHOWN: Final = 20


def waiting(by: Actor) -> QuerySet[Referral]:
    """Return what the actor's facility has still to answer: a decision, or the receipt of an emergency."""
    mine = Referral.objects.filter(to_facility=by.facility_id, status__in=sorted(LIVE))
    return mine.filter(Q(status__in=sorted(sla.ANSWERABLE)) | sla.UNACKNOWLEDGED)


def expected(by: Actor, on: date) -> QuerySet[Referral]:
    """Return the legs whose patients are expected at the actor's facility on a day and have not come."""
    start = timezone.make_aware(datetime.combine(on, time.min))
    return Referral.objects.filter(
        to_facility=by.facility_id,
        status=Status.SCHEDULED,
        scheduled_for__gte=start,
        scheduled_for__lt=start + timedelta(days=1),
    )


def standing(by: Actor, *, at: datetime) -> dict[str, list[UUID]]:
    """Return up to 51 legs of each box that is counted, in one statement; of the inbox the most urgent.

    Of the inbox count those that wait for an answer: the others are only still to come.
    """
    if by.facility_id is None:
        return {}
    boxes = {
        **{name: queries.box(name, by, at=at)[0] for name in COUNTED},
        ARRIVALS: expected(by, timezone.localdate(at)),
    }
    parts = [_part(name, rows) for name, rows in boxes.items()]
    first = _part(INBOX, waiting(by).order_by(*queries.INBOX_ORDER))
    found: dict[str, list[UUID]] = {}
    for name, pk in first.union(*parts, all=True):
        found.setdefault(name, []).append(pk)
    return found


def _part(name: str, rows: QuerySet[Referral]) -> QuerySet[Referral, tuple[str, UUID]]:
    named = rows.annotate(box=Value(name, output_field=CharField()))
    return named.values_list("box", "pk")[: BOUND + 1]


def numbered(number: str, by: Actor) -> Referral | None:
    """Return the visible leg of a number, or None."""
    rows = queries.for_display(queries.visible_to(by))
    return rows.filter(number=number, submitted_at__isnull=False).first()


def named(text: str, by: Actor) -> list[Referral]:
    """Return the legs of people of a name who are to come to the actor's facility or have come.

    `text` is a beginning of the name in characters, pinyin or initials; whoever the facility may not see is
    not found. Those with a visit come first; at most 20.
    """
    grants = patients.search(by, name=text).order_by(*patients.NEWEST_PATIENT_FIRST)
    people = [grant.patient_id for grant in grants[:NAMESAKES]]
    if not people:
        return []
    rows = Referral.objects.filter(
        to_facility=by.facility_id,
        status__in=sorted(AGREED | {Status.ARRIVED}),
        patient__in=_records(people),
    )
    return list(queries.for_display(rows).order_by(*VISIT_ORDER)[:SHOWN])


def _records(people: Iterable[UUID]) -> list[UUID]:
    """Return these records with those that were merged into them, on which older legs hang."""
    ids = list(people)
    merged = Patient.objects.filter(merged_into__in=ids).values_list("pk", flat=True)
    return [*ids, *merged]
