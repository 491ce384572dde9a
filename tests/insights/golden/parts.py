"""Writes the parts of numbers and the numbers of regions: the formulas of the wholes with one more condition.

In the row of a part stand, beside what stands in that of a whole: J by what it is broken down, K which part.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from tests.insights.golden import formulas, rows

COUNTY, CITY = "county", "city"
HEADS: Final = (
    *("indicator", "scope", "whose", "period", "first", "last", "top", "bottom", "value"),
    *("by", "part"),
)
PERIODS: Final = [
    ("2025-06", date(2025, 6, 1), date(2025, 6, 30)),
    ("2025", date(2025, 1, 1), date(2025, 12, 31)),
]
# What is counted of legs and contacts alone: reported figures are of institutions and regions.
CODES: Final = [
    code
    for code, (top, bottom, _value) in formulas.INDICATORS.items()
    if "COUNTIFS(" in top(formulas.FACILITY, 1) + (bottom(formulas.FACILITY, 1) if bottom else "")
    and "vkind" not in top(formulas.FACILITY, 1)
    and (bottom is None or "vkind" not in bottom(formulas.FACILITY, 1))
]
# Whose, by what, and which parts; without any it is the whole of a region.
ASKED: Final[list[tuple[str, object, str, tuple[object, ...]]]] = [
    ("alliance", "A", "sender", ("T1", "T2", "H1", "H2")),
    ("alliance", "A", "receiver", ("T1", "T2", "H1", "H2")),
    ("alliance", "A", "disease", ("I10", "E11", "S72", "J44", "J18", "I21", "I63")),
    ("alliance", "A", "urgency", (0, 1, 2)),
    ("alliance", "A", "edge", ("1>1", "1>2", "1>3", "2>1", "2>3")),
    ("alliance", "A", "department", ("甲内科", "甲外科")),
    ("alliance", "A", "doctor", ("H1", "H1b", "H2", "T1", "T2")),
    (COUNTY, 320111, "", ("",)),
    (COUNTY, 320115, "", ("",)),
    (COUNTY, 320115, "alliance", ("A", "B")),
    (CITY, 320100, "", ("",)),
    (CITY, 320100, "region", (320111, 320115)),
]
_OF_DESK: Final = "INDEX({0};MATCH([.A{{row}}];dno;0))"
_PLACE: Final = "INDEX(fcounty;MATCH([.{0}{{row}}];fcode;0))"
OF_LEGS: Final = {
    "ldisease": "LEFT([.K{row}];3)",
    "ledge": '[.S{row}]&">"&[.T{row}]',
    "lfromcounty": _PLACE.format("E"),
    "ltocounty": _PLACE.format("F"),
    "lfromcity": f"INT({_PLACE.format('E')}/100)*100",
    "ltocity": f"INT({_PLACE.format('F')}/100)*100",
    "ldepartment": _OF_DESK.format("dunit"),
    # Who answered, or acknowledged an emergency; until then nobody is named.
    "ldoctor": f'IF(OR([.N{{row}}]<>"";AND([.O{{row}}]<>"";[.H{{row}}]>0));{_OF_DESK.format("danswered")};"")',
}
OF_CONTACTS: Final = {
    f"c{name}": f"INDEX(l{name};MATCH([.A{{row}}];lno;0))"
    for name in (
        *("from", "disease", "urgency", "edge", "fromcounty", "tocounty", "fromcity", "tocity"),
        *("department", "doctor"),
    )
}
_SIDE: Final = {"sender": "from", "receiver": "to"}
_COUNTED: Final = re.compile(r"COUNTIFS\(([lc])")


def desks(legs: list[rows.Leg]) -> Iterator[tuple[object, ...]]:
    """Return for each leg the department that receives it, and who answers it there; two people take turns at one."""
    for each in legs:
        no, to = int(str(each["no"])), str(each["to"])
        is_ours = (each["from"], to) == ("T1", "H1")
        department = ("甲内科" if no % 3 else "甲外科") if is_ours and each["submitted"] else ""
        yield no, department, "H1b" if to == "H1" and no % 4 == 1 else to


def lines() -> Iterator[tuple[tuple[object, ...], str, str, str]]:
    """Return what is typed of each row of the sheet, and its formulas: top, bottom, value."""
    row = 1
    for code in CODES:
        top, bottom, value = formulas.INDICATORS[code]
        for scope, whose, by, parts in ASKED:
            for part in parts:
                for name, first, last in PERIODS:
                    row += 1
                    yield (
                        (code, scope, whose, name, first, last, by, part),
                        _formula(top, scope, by, row),
                        _formula(bottom, scope, by, row) if bottom else "",
                        value.format(row=row),
                    )


def _formula(term: formulas.Term, scope: str, by: str, row: int) -> str:
    text = term(formulas.ALLIANCE if scope == "alliance" else formulas.FACILITY, row)
    side = "from" if "lfrom;" in text else "to"
    if scope != "alliance":
        text = re.sub(r"COUNTIFS\(([lc])(from|to);", rf"COUNTIFS(\1\2{scope};", text)
    if not by:
        return text
    column = {**_SIDE, "region": f"{side}county"}.get(by, by)
    return _COUNTED.sub(rf"COUNTIFS(\g<1>{column};$K{row};\1", text)
