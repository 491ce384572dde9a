"""Says what stands around every page of a post: the boxes, the pages of the desk, the ways that it may go."""

from typing import Any

from accounts.actors import Actor
from accounts.permissions import Permission
from referral import wording


def around(by: Actor) -> dict[str, Any]:
    """Return what the head of a page shows beside the post itself; no statement is asked for it."""
    sees = by.can(Permission.REFERRAL_VIEW)
    receives = by.can(Permission.REFERRAL_RECEIVE)
    return {
        "boxes": wording.BOXES if sees else {},
        "desk_pages": wording.DESK if sees and receives else {},
        "is_wide": by.can(Permission.ALLIANCE_VIEW),
        "may_file": by.can(Permission.REFERRAL_FILE),
        "overdue_mark": wording.OVERDUE,
    }
