"""Puts a setting and a change into plain data, and back, so that a run can be done again from what was kept."""

from dataclasses import asdict
from typing import Any

from insights.whatif.setting import Change, Closure, Department, Setting, Urgency

Data = dict[str, Any]


def setting_data(setting: Setting) -> Data:
    """Return a setting as it is kept."""
    return asdict(setting)


def setting_of(data: Data) -> Setting:
    """Return the very setting that was kept."""
    return Setting(
        departments=tuple(
            Department(
                **{**each, "following": tuple(each["following"])},
            )
            for each in data["departments"]
        ),
        urgencies=tuple(Urgency(**each) for each in data["urgencies"]),
        days=data["days"],
        warm_up=data["warm_up"],
        booked_ahead=data["booked_ahead"],
        exact=data["exact"],
    )


def change_data(change: Change) -> Data:
    """Return a change as it is kept."""
    return asdict(change)


def change_of(data: Data) -> Change:
    """Return the very change that was kept."""
    return Change(
        reserved_percent=data["reserved_percent"],
        places=data["places"],
        closures=tuple(Closure(**each) for each in data["closures"]),
    )
