"""Says which way a leg goes, also while it is a draft, and where the way back leads."""

from uuid import UUID

from facilities.hierarchy import direction_of
from referral.models import Referral


def heading(referral: Referral) -> str:
    """Return the direction of a leg; a draft has none yet, so that today's tiers of both ends tell it.

    Empty without a destination.
    """
    if referral.direction or referral.to_facility is None:
        return str(referral.direction)
    return direction_of(referral.from_facility.tier, referral.to_facility.tier).value


def way_back(up: Referral, signed: UUID | None) -> UUID:
    """Return where a return goes: to who has `signed` the patient, else the sender; never where he is."""
    return up.from_facility_id if signed in {None, up.to_facility_id} else signed
