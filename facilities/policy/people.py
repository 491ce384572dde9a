"""Says who may let whom act for whom.

Whoever speaks for a facility's staff holds STAFF_ASSIGN: its manager and its referral office.
"""

import tomllib
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused
from accounts.permissions import DELEGABLE, Permission, Role

DATA: Final = Path(__file__).parent.parent / "data" / "delegations.toml"


@cache
def longest_delegation() -> timedelta:
    """Return the longest term of a delegation, from the data file, which names its source."""
    days: int = tomllib.loads(DATA.read_text(encoding="utf-8"))["term"]["most_days"]
    return timedelta(days=days)


def demand_delegation(by: Actor, principal: UUID, deputy: UUID) -> None:
    """Let a person name a deputy, and whoever speaks for the staff name one for a colleague.

    Nobody makes himself a deputy, nor passes on rights that he has as a deputy. Raises Refused.
    """
    if by.is_system:
        return
    if by.for_user_id is not None:
        text = _("A deputy cannot name another deputy.")
        raise Refused("delegation-passed-on", text, kind=Kind.FORBIDDEN)
    own = by.user_id == principal
    if not own and not by.can(Permission.STAFF_ASSIGN):
        text = _("You may name a deputy for yourself only.")
        raise Refused("delegation-not-yours", text, kind=Kind.FORBIDDEN)
    if not own and by.user_id == deputy:
        text = _("Let somebody else make you a deputy.")
        raise Refused("delegation-to-oneself", text, kind=Kind.FORBIDDEN)


def demand_delegable(by: Actor, principal: UUID, role: str) -> None:
    """Refuse roles whose rights pass to nobody; a manager of alliances gives them only in person."""
    in_person = by.is_system or by.user_id == principal
    if role not in DELEGABLE or (role == Role.ALLIANCE_MANAGER and not in_person):
        text = _("The rights of this role cannot be passed to a deputy.")
        raise Refused("role-not-delegable", text, kind=Kind.UNPROCESSABLE)


def demand_term(starts: date, ends: date, *, today: date) -> None:
    """Ask for a term that begins today or later and is no longer than the data file says. Raises Refused."""
    longest = longest_delegation()
    if today <= starts < ends and ends - starts <= longest:
        return
    said = _("A delegation begins today or later and lasts %(days)d days at most.")
    text = said % {"days": longest.days}
    field = "starts" if starts < today else "ends"
    raise Refused("delegation-term", text, kind=Kind.UNPROCESSABLE, errors={field: [str(text)]})


def sees_all_delegations(by: Actor) -> bool:
    """Say whether the actor sees every delegation of the facility, not only those of his own."""
    return by.is_system or by.can(Permission.STAFF_ASSIGN)


def may_take_back(by: Actor, principal: UUID, deputy: UUID) -> bool:
    """Let either person end a delegation, and whoever speaks for the staff; no deputy in office."""
    if by.for_user_id is not None:
        return False
    return sees_all_delegations(by) or by.user_id in {principal, deputy}
