"""Says which way a leg goes, also while it is a draft."""

from facilities.hierarchy import direction_of
from referral.models import Referral


def heading(referral: Referral) -> str:
    """Return the direction of a leg; a draft has none yet, so that today's tiers of both ends tell it.

    Empty without a destination.
    """
    if referral.direction or referral.to_facility is None:
        return str(referral.direction)
    return direction_of(referral.from_facility.tier, referral.to_facility.tier).value
