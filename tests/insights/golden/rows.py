"""Invents the rows of the golden book: two counties, six facilities, fourteen months; made once, read from the book."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final

NOW: Final = datetime(2026, 2, 10, 9)  # noqa: DTZ001 - the book tells local time
FIRST: Final = 2024 * 12 + 11
MONTHS: Final = [date(n // 12, n % 12 + 1, 1) for n in range(FIRST, FIRST + 14)]
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
# Code, name, tier, county.
FACILITIES: Final = [
    ("H1", "甲县人民医院", 2, 320111),
    ("T1", "甲县东镇卫生院", 1, 320111),
    ("T2", "甲县西镇卫生院", 1, 320111),
    ("H2", "市第一医院", 3, 320115),
    ("H3", "乙县人民医院", 2, 320115),
    ("T3", "乙县南镇卫生院", 1, 320115),
]
NEVER: Final = date(9999, 12, 31)
LONG_AGO: Final = date(2020, 1, 1)
# Alliance, facility, first day, day on which it is no member any more, whether it leads.
MEMBERS: Final = [
    ("A", "H1", LONG_AGO, NEVER, 1),
    ("A", "T1", LONG_AGO, NEVER, 0),
    ("A", "T2", LONG_AGO, date(2025, 7, 1), 0),
    ("A", "H2", LONG_AGO, NEVER, 0),
    ("B", "H2", LONG_AGO, NEVER, 1),
    ("B", "H3", LONG_AGO, NEVER, 0),
    ("B", "T3", LONG_AGO, NEVER, 0),
]
COLUMNS: Final = (
    *("no", "patient", "county", "previous", "from", "to", "alliance", "urgency", "setting"),
    *("reason", "diagnosis", "status", "submitted", "acknowledged", "decided", "arrived"),
    *("told", "ended"),
)
DIAGNOSES: Final = ("I10", "E11.9", "S72.0", "J44.1", "J18.9")
Leg = dict[str, object]
_numbers = count(1)


def at(text: str) -> datetime:
    """Return a moment written as 2025-06-30 23:59."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - the book tells local time


def leg(frm: str, to: str, status: str, submitted: datetime | None, **words: object) -> Leg:
    """Return a row; what is not said is empty, or the plainest."""
    no = next(_numbers)
    plain: Leg = dict.fromkeys(COLUMNS, "")
    plain |= {"no": no, "patient": f"P{no}", "county": 320115 if frm in {"H3", "T3"} else 320111}
    plain |= {"from": frm, "to": to, "alliance": "B" if frm in {"H3", "T3"} else "A"}
    plain |= {"urgency": 2, "setting": "outpatient", "reason": "needs_examination"}
    plain |= {"diagnosis": "I10", "status": status, "submitted": submitted}
    if status == "declined":
        plain["ended"] = words["decided"]
    return {key: "" if value is None else value for key, value in {**plain, **words}.items()}


def way_back(up: Leg, n: int, submitted: datetime, **words: object) -> Leg:
    """Return the way down of a leg up, which ends where the community hands the patient on."""
    decided = submitted + (5 + n * 9 % 30) * HOUR
    arrived = decided + DAY
    said = {"patient": up["patient"], "county": up["county"], "previous": up["no"]}
    said |= {"alliance": up["alliance"], "diagnosis": up["diagnosis"], "reason": "stable_continue"}
    said |= {
        "decided": decided,
        "arrived": arrived,
        "setting": "inpatient" if n % 2 else "outpatient",
    }
    ended = arrived + 12 * DAY if n % 2 else None
    status = "completed" if ended else "arrived"
    return leg(
        str(up["to"]), str(up["from"]), status, submitted, **{**said, "ended": ended, **words}
    )


def _regular() -> Iterator[Leg]:
    for n, month in enumerate(MONTHS):
        start = datetime(month.year, month.month, 3 + n % 5, 9)  # noqa: DTZ001
        decided = start + (1 + n * 11 % 60) * HOUR
        arrived = decided + DAY
        ended = arrived + (3 + n % 6) * DAY
        told = arrived + DAY if n % 6 == 5 else None
        up = leg(
            "T1", "H1", "completed", start, diagnosis=DIAGNOSES[n % 5], decided=decided,
            arrived=arrived, told=told, ended=ended,
        )  # fmt: skip
        yield up
        if n % 3 == 0:
            yield way_back(up, n, ended - DAY)
        elif n % 3 == 1:
            yield way_back(up, n, ended + (14 if n == 1 else 15 if n == 4 else 9) * DAY)
        if n % 2:
            other = start + 2 * DAY
            yield leg(
                "T3", "H3", "arrived", other, diagnosis=DIAGNOSES[n % 4], urgency=1,
                decided=other + (120 if n % 4 == 1 else 121) * MINUTE, arrived=other + DAY,
            )  # fmt: skip
        else:
            onward = start + 6 * DAY
            county = {0: 320111, 2: 320115, 4: ""}[n % 6]
            yield leg(
                "H1", "H2", "completed", onward, county=county, diagnosis="I63.9",
                setting="inpatient", decided=onward + HOUR, arrived=onward + DAY,
                ended=onward + 9 * DAY,
            )  # fmt: skip


def _special() -> Iterator[Leg]:
    """What only happens now and then, and what happens at the edges of months."""
    yield leg("T1", "H1", "declined", at("2025-01-10 10:00"), decided=at("2025-01-10 15:00"))
    yield leg("T3", "H3", "declined", at("2025-06-12 10:00"), decided=at("2025-06-16 15:00"))
    sent_on = leg("T1", "H1", "redirected", at("2025-01-14 08:00"), ended=at("2025-01-14 11:00"))
    yield sent_on
    yield leg(
        "T1", "H2", "arrived", at("2025-01-14 11:00"), previous=sent_on["no"],
        patient=sent_on["patient"], decided=at("2025-01-15 09:00"), arrived=at("2025-01-31 23:59"),
    )  # fmt: skip
    yield leg(
        "T1", "H1", "no_show", at("2025-01-20 08:00"), decided=at("2025-01-20 12:00"),
        ended=at("2025-01-29 08:00"),
    )  # fmt: skip
    yield leg("T1", "H1", "cancelled", at("2025-01-21 08:00"), ended=at("2025-01-21 18:00"))
    yield leg("T3", "H3", "cancelled", at("2025-12-31 23:59"), ended=at("2026-01-02 18:00"))
    yield leg("T3", "H3", "expired", at("2025-06-20 08:00"), ended=at("2025-06-28 08:00"))
    yield leg(
        "T1", "H1", "completed", at("2025-01-25 03:10"), urgency=0, diagnosis="I21.9", reason="critical",
        acknowledged=at("2025-01-25 03:25"), decided=at("2025-01-25 03:10"), arrived=at("2025-01-25 04:00"),
        ended=at("2025-02-04 10:00"), told=at("2025-01-26 10:00"),
    )  # fmt: skip
    yield leg(
        "T1", "H1", "arrived", at("2025-06-05 22:00"), urgency=0, diagnosis="I21.9", reason="critical",
        acknowledged=at("2025-06-05 22:16"), decided=at("2025-06-05 22:00"), arrived=at("2025-06-05 23:00"),
    )  # fmt: skip
    yield leg(
        "T3", "H3", "arrived", at("2025-12-05 22:00"), urgency=0, diagnosis="I63.9", reason="critical",
        decided=at("2025-12-05 22:00"), arrived=at("2025-12-05 22:10"),
    )  # fmt: skip
    wished = leg(
        "T1", "H1", "completed", at("2025-06-09 09:00"), reason="patient_wish", decided=at("2025-06-09 11:00"),
        arrived=at("2025-06-10 09:00"), ended=at("2025-06-12 09:00"),
    )  # fmt: skip
    yield wished
    yield way_back(wished, 1, at("2025-06-11 09:00"), reason="patient_wish")
    yield leg(
        "T1", "T2", "arrived", at("2025-03-11 09:00"), decided=at("2025-03-11 12:00"),
        arrived=at("2025-03-12 09:00"), reason="out_of_scope",
    )  # fmt: skip
    yield leg(
        "T1", "H1", "completed", at("2025-06-01 00:00"), decided=at("2025-06-01 00:01"),
        arrived=at("2025-06-30 23:59"), ended=at("2025-07-05 09:00"), patient="P101",
    )  # fmt: skip
    yield leg(
        "T3", "H3", "arrived", at("2025-05-31 23:59"), decided=at("2025-06-01 00:00"), arrived=at("2025-07-01 00:00"),
    )  # fmt: skip
    edge = leg(
        "T3", "H3", "completed", at("2025-12-20 09:00"), decided=at("2025-12-21 09:00"),
        arrived=at("2025-12-22 09:00"), ended=at("2025-12-31 23:59"),
    )  # fmt: skip
    yield edge
    yield way_back(
        edge,
        3,
        at("2025-12-31 23:58"),
        decided=at("2026-01-01 00:00"),
        arrived=at("2026-01-01 00:01"),
    )
    yield leg(
        "T1", "H1", "completed", at("2025-09-02 09:00"), patient="P101", decided=at("2025-09-02 15:00"),
        arrived=at("2025-09-03 09:00"), ended=at("2025-09-09 09:00"),
    )  # fmt: skip
    yield leg(
        "T1", "H1", "arrived", at("2025-12-02 09:00"), patient="P102", decided=at("2025-12-04 09:00"),
        arrived=at("2025-12-05 09:00"),
    )  # fmt: skip
    yield leg(
        "T2", "H1", "arrived", at("2025-06-30 23:58"), decided=at("2025-07-01 08:00"), arrived=at("2025-07-02 08:00"),
    )  # fmt: skip
    yield leg("T1", "H1", "entered_in_error", at("2025-06-18 09:00"), ended=at("2025-06-18 09:01"))
    yield leg("T1", "H1", "draft", None)
    yield leg("T1", "H1", "submitted", at("2026-02-09 10:00"))
    yield leg("T3", "H3", "submitted", at("2026-01-30 10:00"), urgency=1)


def legs() -> list[Leg]:
    """Return all rows, in the order of their numbers."""
    return [*_regular(), *_special()]


def contacts(all_legs: list[Leg]) -> list[tuple[object, date | None, datetime | None]]:
    """Return what was agreed after each way down: the leg, the day where it is not a week on, when it was done."""
    found: list[tuple[object, date | None, datetime | None]] = []
    for each in all_legs:
        arrived = each["arrived"]
        down = str(each["from"])[0] == "H" and str(each["to"])[0] == "T"
        if not down or not isinstance(arrived, datetime):
            continue
        n = len(found) % 4
        found.append(
            (each["no"], None, arrived + {0: 6 * DAY, 1: 7 * DAY, 2: 8 * DAY}[n] if n < 3 else None)
        )
        if n == 1:
            found.append((each["no"], arrived.date() + 10 * DAY, arrived + 9 * DAY))
    return found


# Kind, what it is in the first month, by how much it grows; of facilities by what share of the first.
OF_FACILITIES: Final = [
    ("outpatient_visits", 3000, 37),
    ("discharges", 200, 3),
    ("tcm_visits", 400, 7),
    ("remote_imaging", 60, 2),
    ("staff_income", 240_000, 1_111),
    ("staff", 40, 1),
]
SHARES: Final = {"H1": 10, "T1": 2, "T2": 1, "H2": 30, "H3": 9, "T3": 3}
OF_REGIONS: Final = [
    ("resident_visits_inside", 90_000, 310),
    ("resident_visits_outside", 9_000, 41),
    ("insured_stays_inside", 2_000, 13),
    ("insured_stays", 2_500, 9),
    ("insured_stay_cost_inside", 11_000_000, 91_234),
    ("fund_paid", 20_000_000, 12_345),
    ("fund_paid_pharmacies", 2_000_000, 4_321),
    ("fund_paid_inside", 14_000_000, 54_321),
    ("fund_paid_primary", 3_000_000, 23_456),
    ("population", 412_345, 17),
    ("villages", 212, 0),
    ("villages_with_ecg", 150, 3),
    ("managed_patients", 30_000, 100),
    ("managed_stays", 900, 5),
    ("county_hospitals", 4, 0),
    ("county_hospitals_second", 3, 0),
    ("two_week_ill", 500, 0),
    ("two_week_ill_primary_first", 340, 2),
    ("counties", 1, 0),
    ("counties_with_telemedicine", 1, 0),
    ("hypertension_patients", 41_000, 50),
    ("hypertension_managed", 16_000, 70),
    ("diabetes_patients", 15_000, 20),
    ("diabetes_managed", 6_100, 10),
    ("contracted_residents", 120_000, 300),
    ("seconded_physicians", 21, 1),
]


def volumes() -> Iterator[tuple[object, str, date, float]]:
    """Return what was reported: the subject, the kind, the month, the value; two institutions leave a gap each."""
    for n, month in enumerate(MONTHS):
        for code, share in SHARES.items():
            for kind, first, more in OF_FACILITIES:
                if (code, n, kind) in {("H3", 3, "outpatient_visits"), ("H1", 12, "staff")}:
                    continue
                yield code, kind, month, share * (first + n * more) + n
        for place, county in enumerate((320111, 320115), start=1):
            for kind, first, more in OF_REGIONS:
                if (county, kind, n) != (320111, "fund_paid_primary", 5):
                    yield county, kind, month, first + place * more * n
            yield county, "premature_mortality", month, round(15.5 + place - n / 8, 2)


# Sender, receiver, number of the person there, title, first and last day: six months, a day less, juniors, a clinic
# that sends, a hospital that receives, a term that lies in two years. Of the first county nothing before September.
SECONDMENTS: Final = [
    ("H2", "T3", "D1", "chief", date(2025, 1, 1), date(2025, 6, 30)),
    ("H2", "T3", "D2", "intermediate", date(2025, 1, 1), date(2025, 6, 29)),
    ("H2", "T3", "D3", "junior", date(2025, 1, 1), date(2025, 12, 31)),
    ("H3", "T3", "D1", "associate_chief", date(2025, 3, 15), date(2025, 12, 31)),
    ("H2", "H3", "D4", "chief", date(2025, 1, 1), date(2025, 12, 31)),
    ("T3", "T1", "D5", "intermediate", date(2025, 9, 1), date(2026, 8, 31)),
    ("H1", "T1", "D6", "intermediate", date(2025, 8, 1), date(2026, 3, 31)),
]
