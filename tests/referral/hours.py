"""Rules of time for tests: a calendar that knows the notices of 2025 and 2026, without a database."""

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from chinese_calendar import constants

from facilities.calendar import WorkingCalendar
from referral.limits import Limit, OwnLimit, Rules
from referral.stages import Clock, Stage
from referral.states import Urgency

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CALENDAR: Final = WorkingCalendar(
    dict.fromkeys(constants.holidays, False) | dict.fromkeys(constants.workdays, True)
)
RULES: Final = Rules({}, CALENDAR)
SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)


def local(text: str) -> datetime:
    """Return a local time, such as `2026-02-14 09:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def own(
    alliance_id: UUID,
    length: timedelta,
    *,
    clock: Clock = Clock.CALENDAR,
    stage: Stage = Stage.ANSWER,
    urgency: Urgency = Urgency.ROUTINE,
    direction: str = "up",
    starts: date = date(2020, 1, 1),
    ends: date | None = None,
) -> Rules:
    """Return rules in which one alliance has set one limit."""
    limit = Limit(length, clock, "this test", own=True)
    kind = (stage, int(urgency), direction)
    return Rules({kind: (OwnLimit(alliance_id, starts, ends, limit),)}, CALENDAR)
