"""Declares events of public health, and ends them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from audit import record
from facilities.models import Designation, PublicHealthEvent
from facilities.policy import events as policy
from facilities.queries import directory as queries
from facilities.queries import events as queries_events
from notifications import outbox
from notifications.models import Priority


def declare_event(
    *,
    by: Actor,
    name: str,
    prefixes: Sequence[str],
    facility_ids: Sequence[UUID],
    starts: date,
    source: str,
    ends: date | None = None,
    region: str | None = None,
    alliance_id: UUID | None = None,
    now: datetime | None = None,
) -> PublicHealthEvent:
    """Let the diseases of an event go to designated facilities only, in one region or one alliance.

    `prefixes` are beginnings of ICD-10 codes. Raises Refused: `event-not-yours`, `event-area`,
    `event-term`, `not-designable`.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    policy.demand_area(by, alliance_id)
    _check_term(starts, ends, today)
    area = _area(region, alliance_id, today)
    wanted = list(dict.fromkeys(facility_ids))
    _check_facilities(wanted, by, today)
    event = PublicHealthEvent(
        name=name,
        prefixes=list(dict.fromkeys(prefix.upper().replace(".", "") for prefix in prefixes)),
        region_id=region,
        area=area,
        alliance_id=alliance_id,
        source=source,
        starts=starts,
        ends=ends,
        declared_by_id=by.person,
        declared_at=moment,
    )
    event.save(force_insert=True)
    Designation.objects.bulk_create(Designation(event=event, facility_id=pk) for pk in wanted)
    _tell(event, "event.declared", 1, by=by, now=moment)
    return event


def end_event(event_id: UUID, *, by: Actor, now: datetime | None = None) -> PublicHealthEvent:
    """End an event at once; of one that is over nothing changes, and nobody is told. Raises Refused."""
    moment = now or timezone.now()
    event = queries_events.lock_event(event_id)
    if event is None:
        raise not_found()
    policy.demand_area(by, event.alliance_id)
    is_over = event.ends is not None and event.ends <= timezone.localdate(moment)
    if event.ended_at is None and not is_over:
        event.ended_at, event.ended_by_id = moment, by.user_id
        event.save(update_fields=["ended_at", "ended_by"])
        _tell(event, "event.ended", 2, by=by, now=moment)
    return event


def _check_term(starts: date, ends: date | None, today: date) -> None:
    if starts < today or (ends is not None and ends <= starts):
        text = _("An event begins today or later and ends after it has begun.")
        field = "starts" if starts < today else "ends"
        errors = {field: [str(text)]}
        raise Refused("event-term", text, kind=Kind.UNPROCESSABLE, errors=errors)


def _area(region: str | None, alliance_id: UUID | None, today: date) -> str:
    """Return what the codes of the region begin with, nothing for an alliance. Raises Refused."""
    if region is not None and alliance_id is None and queries_events.region(region) is not None:
        return queries.region_prefix(region)
    of_alliance = alliance_id if region is None else None
    if of_alliance is not None and queries_events.alliance_exists(of_alliance, today):
        return ""
    text = _("Name one region or one alliance that exists.")
    field = "alliance" if region is None else "region"
    raise Refused("event-area", text, kind=Kind.UNPROCESSABLE, errors={field: [str(text)]})


def _check_facilities(wanted: Sequence[UUID], by: Actor, today: date) -> None:
    unfit = set(wanted) - queries_events.designable(wanted, by, today)
    if unfit or not wanted:
        text = _(
            "Designate treating facilities in operation, as a manager those of your alliances."
        )
        errors = {f"facilities[{wanted.index(pk)}]": [str(text)] for pk in wanted if pk in unfit}
        raise Refused("not-designable", text, kind=Kind.UNPROCESSABLE, errors=errors)


def _tell(event: PublicHealthEvent, topic: str, sequence: int, *, by: Actor, now: datetime) -> None:
    outbox.post(
        topic,
        {
            "event_id": event.pk,
            "starts_on": event.starts,
            "ends_on": event.ends,
            "occurred_at": now,
        },
        queries_events.concerned(event, timezone.localdate(now)),
        priority=Priority.URGENT,
        subject=event.pk,
        sequence=sequence,
        origin=by.facility_id,
    )
    record.change(by, what=topic)
