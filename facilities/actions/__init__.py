"""Changes the directory: every change of facilities, alliances and posts goes through here."""

from facilities.actions.events import declare_event, end_event
from facilities.actions.facilities import (
    accredit,
    add_capability,
    add_department,
    alter_department,
    alter_facility,
    create_facility,
    end_capability,
)
from facilities.actions.networks import (
    alter_alliance,
    change_lead,
    create_alliance,
    create_relation,
    end_alliance,
    end_relation,
    ensure_lead,
    join_alliance,
    leave_alliance,
)
from facilities.actions.people import delegate, take_back
from facilities.actions.staff import (
    appoint,
    end_post,
    take_on,
    tell_of_departures,
    tell_of_switched_off,
)

__all__ = [
    "accredit",
    "add_capability",
    "add_department",
    "alter_alliance",
    "alter_department",
    "alter_facility",
    "appoint",
    "change_lead",
    "create_alliance",
    "create_facility",
    "create_relation",
    "declare_event",
    "delegate",
    "end_alliance",
    "end_capability",
    "end_event",
    "end_post",
    "end_relation",
    "ensure_lead",
    "join_alliance",
    "leave_alliance",
    "take_back",
    "take_on",
    "tell_of_departures",
    "tell_of_switched_off",
]
