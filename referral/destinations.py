"""Makes plain dictionaries of ranked destinations for the API."""

from typing import Any

from facilities.models import PublicHealthEvent
from facilities.representations.directory import named
from referral.matching import Found, Match, Reason, status
from referral.states import Urgency


def reason(item: Reason) -> dict[str, Any]:
    """Return a reason with its sentence in the reader's language."""
    return {
        "code": item.code,
        "speaks_for": item.speaks_for,
        "parameters": dict(item.parameters),
        "text": item.text,
    }


def destination(match: Match) -> dict[str, Any]:
    """Return one destination with its reasons."""
    row = match.facility
    department = {"id": row.department_id, "name": row.department_name}
    return {
        "facility": {"id": row.id, "name": row.name},
        "short_name": row.short_name,
        "campus_name": row.campus_name,
        "tier": row.tier,
        "phone": row.phone,
        "duty_phone": row.duty_phone,
        "department": department if row.department_id else None,
        "alliance": {"id": row.alliance_id, "name": row.alliance_name} if row.alliance_id else None,
        "alliance_form": row.alliance_form,
        "score": match.score,
        "skips_step": match.skips_step,
        "needs_reason": match.needs_reason,
        "lacks": sorted(match.lacks),
        "distance_km": match.distance_km,
        "earliest_slot": match.earliest,
        "reasons": [reason(item) for item in match.reasons],
    }


def event(row: PublicHealthEvent) -> dict[str, Any]:
    """Return an event of public health that binds the sender: its document, and who takes its diseases."""
    return {
        "id": row.pk,
        "name": row.name,
        "source": row.source,
        "facilities": [named(each.facility) for each in row.designations.all()],
    }


def answer(found: Found) -> dict[str, Any]:
    """Return the best destinations with what they were ranked by."""
    return {
        "direction": found.need.direction,
        "urgency": Urgency(found.need.urgency).name.lower(),
        "capabilities": sorted(found.need.capabilities),
        "subjects": list(found.need.subjects),
        "status": status(),
        "events": [event(row) for row in found.events],
        "results": [destination(match) for match in found.matches],
    }
