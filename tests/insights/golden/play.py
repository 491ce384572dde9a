"""Plays the golden book: every leg, contact and report happens through the actions, at the moment the book says."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from unittest.mock import patch
from zoneinfo import ZoneInfo

import time_machine

from accounts import scope
from accounts.actors import Actor
from accounts.permissions import Role
from facilities.models import Alliance, Department, Facility, Membership
from facilities.vocabulary import AllianceForm, MembershipRole
from insights.models import FileState, Secondment, Volume, VolumeFile
from patients import actions as patients
from patients.models import Patient
from patients.particulars import NewPatient
from referral import actions, limits
from referral.models import Referral
from referral.stages import Clock, Stage
from referral.states import Urgency
from tests.facilities.factories import make_department, make_facility, make_region
from tests.factories import Person, consented, make_person
from tests.insights.golden import book

HERE: Final = ZoneInfo("Asia/Shanghai")
MINUTE: Final = timedelta(minutes=1)
# A draft has no moment in the book.
# What the person does who answers.
ANSWERS: Final = frozenset({"acknowledge", "accept", "decline"})
DRAFTED: Final = datetime(2025, 6, 1, 8)  # noqa: DTZ001 - the book tells local time
Row = dict[str, Any]
# Routine answers by calendar, so that nobody has to know the holidays to check the book: minutes by direction.
LIMITS: Final = {"up": 2880, "lateral": 2880, "down": 1440}
FORMS: Final = {"A": AllianceForm.COUNTY_COMMUNITY, "B": AllianceForm.CITY_GROUP}
NAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛"
)


@contextmanager
def when(moment: datetime) -> Iterator[datetime]:
    """Let it be a moment of the book, in China."""
    at = moment.replace(tzinfo=HERE)
    with time_machine.travel(at, tick=False):
        yield at


@dataclass
class Golden:
    """What was played: places, people and legs by the words of the book."""

    facilities: dict[str, Facility] = field(default_factory=dict)
    alliances: dict[str, Alliance] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    managers: dict[str, Person] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)
    legs: dict[int, Referral] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    desks: dict[int, Row] = field(default_factory=dict)
    departments: dict[str, Department] = field(default_factory=dict)

    def acting(self, code: str) -> Actor:
        """Return who works at a facility, and see as that person does."""
        actor = self.people[code].actor
        scope.enter(actor)
        return actor


def play() -> Golden:
    """Play the whole book."""
    made = Golden(rows={row["no"]: row for row in book.records("legs")})
    made.desks = {row["no"]: row for row in book.records("desks")}
    _found(made)
    # The clock of the database is not moved: what was readable for 90 days then would be closed today.
    with patch.object(limits, "access_after_end", lambda: timedelta(days=3650)):
        for moment, happen in _events(made):
            with when(moment):
                happen()
                scope.enter_system()
    _merge(made)
    _report(made)
    return made


def _found(made: Golden) -> None:
    scope.enter_system()
    for row in book.records("facilities"):
        county = make_region(str(row["county"]), f"{row['county']}区")
        made.facilities[row["code"]] = make_facility(
            row["name"], code=f"GOLD-{row['code']}", tier=row["tier"], region=county
        )
        role = Role.REFERRAL_OFFICE if row["code"][0] == "H" else Role.CLINIC_DOCTOR
        made.people[row["code"]] = make_person(made.facilities[row["code"]], role)
    # A second person at one of them takes turns.
    made.people["H1b"] = make_person(made.facilities["H1"], Role.REFERRAL_OFFICE)
    units = sorted({row["unit"] for row in made.desks.values() if row["unit"]})
    for number, unit in enumerate(units, start=1):
        made.departments[unit] = make_department(made.facilities["H1"], f"0{number}", unit)
    for row in book.records("members"):
        place, name = made.facilities[row["facility"]], row["alliance"]
        if row["lead"]:
            made.alliances[name] = Alliance.objects.create(
                name=f"医联体{name}",
                form=FORMS[name],
                lead=place,
                starts=row["starts"],
                allows_lateral=True,
            )
        Membership.objects.create(
            alliance=made.alliances[name],
            facility=place,
            role=MembershipRole.LEAD if row["lead"] else MembershipRole.MEMBER,
            starts=row["starts"],
            ends=None if row["ends"].year == date.max.year else row["ends"],
        )
        if row["lead"]:
            made.managers[name] = make_person(place, Role.ALLIANCE_MANAGER)
    first = min(row["submitted"] for row in made.rows.values() if row["submitted"])
    with when(first - timedelta(days=2)):
        for alliance in made.alliances.values():
            for direction, minutes in LIMITS.items():
                actions.set_limit(
                    alliance.pk, by=Actor.system(), stage=Stage.ANSWER, urgency=Urgency.ROUTINE,
                    direction=direction, minutes=minutes, clock=Clock.CALENDAR, source="医联体章程",
                )  # fmt: skip


def _events(made: Golden) -> Iterator[tuple[datetime, Callable[[], object]]]:
    """Return everything that happens, in the order of time."""
    found = [each for no in made.rows for each in _of_leg(made, no)]
    for row in book.records("contacts"):
        found.append((row["done"], 4, _contact(made, row)))
        if row["agreed"]:
            arrived = made.rows[row["leg"]]["arrived"]
            agree = _do(made, row["leg"], "to", "plan_follow_up", {"due_on": row["agreed"]})
            found.append((arrived + MINUTE, 4, agree))
    dated = [each for each in found if each[0] is not None]
    for moment, _order, happen in sorted(dated, key=lambda each: each[:2]):
        yield moment, happen


def _of_leg(made: Golden, no: int) -> Iterator[tuple[Any, int, Callable[[], object]]]:
    """Return what happens to one leg: when, in which order where it is the same moment, and what."""
    row = made.rows[no]
    yield row["submitted"] or DRAFTED, 0, _begin(made, no)
    yield row["acknowledged"], 1, _do(made, no, "to", "acknowledge")
    if row["urgency"] != Urgency.EMERGENCY:
        verb, words = ("accept", {}) if row["laccepted"] else ("decline", {"reason": "capacity"})
        yield row["decided"], 1, _do(made, no, "to", verb, words)
    yield row["arrived"], 2, _do(made, no, "to", "arrive")
    yield row["told"], 3, _do(made, no, "to", "send_message", {"text": "病情平稳"})
    # Who declines ends the leg by it.
    if row["status"] in ENDS:
        yield row["ended"], 5, ENDS[row["status"]](made, no)


def _begin(made: Golden, no: int) -> Callable[[], object]:
    def happen() -> None:
        row = made.rows[no]
        before = made.rows.get(row["previous"])
        if before is not None and before["status"] == "redirected":
            return
        by = made.acting(row["from"])
        said = {"reason_code": row["reason"], "setting": row["setting"]}
        if before is not None:
            said["plan"] = "每日监测血压, 两周后复诊"
            leg = actions.start_return(
                made.legs[row["previous"]].pk, by=by, fields=said, submit=True
            )
        else:
            leg = _filed(made, row, by, said)
        made.legs[no] = leg

    return happen


def _filed(made: Golden, row: Row, by: Actor, said: dict[str, Any]) -> Referral:
    person = _patient(made, row, by)
    unit = made.desks[row["no"]]["unit"]
    fields = {
        "to_facility_id": made.facilities[row["to"]].pk,
        "to_department_id": made.departments[unit].pk if unit else None,
        "diagnosis_code": row["diagnosis"],
        "diagnosis": "详见诊断编码",
        "reason": "需上级医院进一步诊治",
        "urgency": row["urgency"],
        **said,
    }
    return actions.create(person.pk, by=by, fields=fields, submit=row["status"] != "draft")


def _patient(made: Golden, row: Row, by: Actor) -> Patient:
    word = row["patient"]
    if word not in made.patients:
        number = len(made.patients)
        said = NewPatient(
            name=f"{NAMES[number % len(NAMES)]}{NAMES[number // len(NAMES)]}{NAMES[(number * 7) % len(NAMES)]}",
            birth_date=date(1950, 1, 1) + timedelta(days=97 * number),
            gender="1",
            region_code=str(row["county"]) if row["county"] else None,
        )
        made.patients[word] = patients.register(said, consent=consented(), by=by).patient
    return made.patients[word]


def _do(
    made: Golden, no: int, side: str, verb: str, words: dict[str, Any] | None = None
) -> Callable[[], object]:
    def happen() -> object:
        whose = made.desks[no]["answered"] if verb in ANSWERS else made.rows[no][side]
        by = made.acting(whose)
        return getattr(actions, verb)(made.legs[no].pk, by=by, **(words or {}))

    return happen


def _complete(made: Golden, no: int) -> Callable[[], object]:
    def happen() -> object:
        row = made.rows[no]
        by = made.acting(row["to"])
        if row["ldir"] == "down":
            return actions.complete(made.legs[no].pk, by=by, outcome="handed_on")
        back = [each for each in made.rows.values() if each["previous"] == no]
        sent = any(each["submitted"] < row["ended"] for each in back)
        why = "" if sent else "continued_care"
        return actions.complete(made.legs[no].pk, by=by, outcome="improved", no_return_reason=why)

    return happen


def _redirect(made: Golden, no: int) -> Callable[[], object]:
    def happen() -> None:
        [after] = [each for each in made.rows.values() if each["previous"] == no]
        by, to = made.acting(made.rows[no]["to"]), made.facilities[after["to"]].pk
        actions.redirect(made.legs[no].pk, by=by, to_facility_id=to)
        scope.enter_system()
        made.legs[after["no"]] = Referral.objects.get(previous=made.legs[no].pk)

    return happen


def _expire(made: Golden, no: int) -> Callable[[], object]:
    return lambda: actions.expire(made.legs[no].pk, by=Actor.system())


ENDS: Final[dict[str, Callable[[Golden, int], Callable[[], object]]]] = {
    "completed": _complete,
    "redirected": _redirect,
    "expired": _expire,
    "no_show": lambda made, no: _do(made, no, "to", "record_no_show"),
    "cancelled": lambda made, no: _do(made, no, "from", "cancel", {"reason": "duplicate"}),
    "entered_in_error": lambda made, no: _do(made, no, "from", "void", {"note": "误登记"}),
}


def _contact(made: Golden, row: Row) -> Callable[[], object]:
    words = {"method": "phone", "findings": "病情平稳，按计划用药，无不适"}
    return _do(made, row["leg"], "to", "record_follow_up", words)


def _merge(made: Golden) -> None:
    """Two records turn out to be of one person: the legs stay two."""
    by = made.acting("T1")
    patients.merge(made.patients["P102"].pk, made.patients["P101"].pk, by=by)
    scope.enter_system()


def _report(made: Golden) -> None:
    """Bring in what was reported, one figure of it first wrongly."""
    at = datetime.combine(date(2026, 2, 9), time(9), HERE)
    file = VolumeFile.objects.create(
        owner=made.people["H1"].user, facility=made.facilities["H1"], name="golden.csv", content=b"",
        digest=b"", state=FileState.IMPORTED, is_trial=False, sent_at=at, imported_at=at,
    )  # fmt: skip
    rows: list[Volume] = []
    for row in book.records("volumes"):
        about: Row = {"region_id": str(row["subject"])}
        if row["subject"] in made.facilities:
            about = {"facility": made.facilities[row["subject"]]}
        said = {
            "kind": row["kind"],
            "month": row["month"],
            "file": file,
            "reported_at": at,
            **about,
        }
        if not rows:
            rows.append(
                Volume(**said, value=Decimal(999_999), superseded_at=at, superseded_by=file)
            )
        rows.append(Volume(**said, value=Decimal(str(row["value"]))))
    Volume.objects.bulk_create(rows)
    for row in book.records("secondments"):
        Secondment.objects.create(
            person=row["person"],
            title=row["title"],
            from_facility=made.facilities[row["from"]],
            to_facility=made.facilities[row["to"]],
            starts=row["starts"],
            ends=row["ends"],
            file=file,
            reported_at=at,
        )
