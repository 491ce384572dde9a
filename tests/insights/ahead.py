"""What lies ahead, made for pictures and costs: a computed forecast, a settlement with a gap."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts import scope
from facilities.models import Facility
from insights.actions import capitation
from insights.models import DepartmentForecast, FileState, JobState, Volume, VolumeFile, WhatIf
from insights.settlement import DESTINATIONS, MEMBERS
from insights.weeks import WEEK
from insights.whatif import kept
from insights.whatif.compare import compare
from insights.whatif.setting import Change, Setting
from insights.whatif.setting import Department as Simulated
from insights.whatif.setting import Urgency as Limit
from insights.whatif.telling import as_data
from tests.factories import World, as_system
from tests.insights.history import monday
from tests.referral.pools import department_of


def computed(facility: Facility, *, level: int = 9) -> DepartmentForecast:
    """Return a forecast as a worker leaves it, of 140 weeks."""
    now = timezone.now()
    first = monday(timezone.localdate(now)) - WEEK * 140
    past = [[(first + WEEK * n).isoformat(), level + n % 7, level + n % 7] for n in range(140)]
    ways = {"structural": (2.31, 0.7712), "seasonal-naive": (3.05, 1.018)}
    outcome = {
        "past": past,
        "better": "structural",
        "methods": [
            {
                "method": method,
                "error": {"mae": mae, "mase": mase, "covered": 0.8125, "n": 48},
                "ahead": [
                    {
                        "week": (first + WEEK * (140 + n)).isoformat(),
                        "estimate": level + n % 3 + mae,
                        "low": level - 3.5,
                        "high": level + 8.25,
                    }
                    for n in range(8)
                ],
            }
            for method, (mae, mase) in ways.items()
        ],
        "notes": ["festival-untried"],
    }
    return DepartmentForecast.objects.create(
        facility=facility,
        state=JobState.DONE,
        asked_at=now,
        computed_at=now,
        data_until=first + WEEK * 140 - timedelta(days=1),
        outcome=outcome,
    )


def forecast_of(world: World) -> str:
    """Make a forecast of the hospital, and return where it is shown."""
    computed(world.hospital)
    return "/insights/forecast/?weeks=8"


def agree(world: World, *communities: Facility, **said: Any) -> None:
    """Let the manager set an agreement, since January 2025 unless said otherwise."""
    values = {
        "starts": date(2025, 1, 1),
        "rate": Decimal("600.00"),
        "counting_day": 1,
        "source": "按人头付费协议1号",
        "communities": [each.pk for each in communities],
        **said,
    }
    by = world.manager.actor
    scope.enter(by)
    capitation.agree(world.alliance.pk, by=by, now=timezone.now(), **values)
    as_system()


def report(world: World, facility: Facility, month: date, *figures: Any) -> None:
    """Report members and payments by destination for a month, None for what is left out."""
    now = timezone.now()
    file = VolumeFile.objects.create(
        owner=world.manager.user,
        facility=facility,
        name="a.csv",
        content=b"",
        digest=b"",
        state=FileState.IMPORTED,
        is_trial=False,
        sent_at=now,
        imported_at=now,
    )
    for kind, value in zip((MEMBERS, *DESTINATIONS), figures, strict=True):
        if value is not None:
            Volume.objects.create(
                facility=facility,
                kind=kind,
                month=month,
                value=Decimal(value),
                file=file,
                reported_at=now,
            )


def capitation_of(world: World) -> str:
    """Make a settlement of two communities, one of which lacks a figure, and return where it is shown."""
    agree(world, world.clinic, world.sister)
    for community in (world.clinic, world.sister):
        for month in (1, 2):
            report(
                world, community, date(2025, month, 1), 5200, "81000.50", "60000", "9000.25", "0"
            )
    report(world, world.clinic, date(2025, 3, 1), 5230, "81000.50", "60000", None, "0")
    report(world, world.sister, date(2025, 3, 1), 5230, "81000.50", "60000", "1", "0")
    return (
        f"/insights/capitation/?alliance={world.alliance.pk}&first=2025-01&last=2025-03"
        f"&of={world.clinic.pk}"
    )


def tried_by(world: World) -> str:
    """Make a run of the hospital's office as a worker leaves it, and return where it is shown."""
    department = department_of(world.hospital)
    monday_first = {"urgent": [0.2] * 5 + [0, 0], "routine": [2.5] * 5 + [0, 0]}
    simulated = Simulated(
        key=str(department.pk),
        arrivals=monday_first,
        places=[3, 3, 3, 3, 3, 0, 0],
        own=[0.4] * 5 + [0, 0],
        reserved_percent=50,
        acceptance=0.92,
        answer_days=0.8,
        no_show=0.05,
    )
    setting = Setting((simulated,), (Limit("urgent", 3.0), Limit("routine", 9.8)), days=91)
    change = Change(places={simulated.key: [5, 5, 5, 5, 5, 0, 0]})
    comparison = compare(setting, change, replications=10, seed=7)
    now = timezone.now()
    row = WhatIf.objects.create(
        facility=world.hospital,
        owner=world.office.user,
        change={"kind": "places", "pool": "slot", "number": 2, "department": simulated.key},
        inputs={
            "first": "2026-03-24",
            "last": "2026-09-21",
            "setting": kept.setting_data(setting),
            "change": kept.change_data(change),
            "replications": 10,
            "legs": {simulated.key: 320},
            "persons": {simulated.key: {"urgent": 3, "routine": 290}},
            "left_out": [],
        },
        seed=7,
        state=JobState.DONE,
        asked_at=now,
        computed_at=now,
        outcome=as_data(comparison),
    )
    return f"/insights/what-if/{row.pk}/"


def base_of(run: str) -> str:
    """Return where the referrals are listed from which the department of a run was estimated."""
    row = WhatIf.objects.get(pk=run.rstrip("/").rpartition("/")[2])
    return f"{run}{next(iter(row.inputs['legs']))}/referrals/"
