"""Says who may see whether, and when, the messages about a leg arrived."""

from accounts.actors import Actor
from referral.models import Referral


def sees_receipts(referral: Referral, by: Actor) -> bool:
    """Only the ends of a leg and the origin of its episode, each of which is told of its moves.

    Whoever looks over an alliance sees what is overdue, and not when a member's people read what.
    """
    if by.facility_id is None:
        return False
    return by.facility_id in {
        referral.from_facility_id,
        referral.to_facility_id,
        referral.origin_id,
    }
