"""Makes plain dictionaries of open legs and who answers for them; nothing of the patient."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from referral.queries import assignments as queries
from referral.states import Urgency


def rows(legs: Sequence[Any], here: UUID | None) -> list[dict[str, Any]]:
    """Return legs that `queries.legs` has annotated, as seen from one facility; one statement for the names."""
    names = queries.names(leg.responsible_id for leg in legs)
    return [
        {
            "referral": leg.pk,
            "number": leg.number,
            "side": "sender" if leg.from_facility_id == here else "receiver",
            "status": leg.status,
            "urgency": Urgency(leg.urgency).name.lower(),
            "responsible": leg.responsible_id
            and {"id": leg.responsible_id, "name": names[leg.responsible_id]},
            "since": leg.since,
        }
        for leg in legs
    ]
