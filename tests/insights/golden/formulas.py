"""Writes every indicator as formulas of a spreadsheet, from its definition in words and from nothing of the app.

Names are columns of the sheets: l… of legs, c… of contacts, v… of what was reported, m… of members, f… of facilities.
In the row of a number stand: A indicator, B alliance or facility, C whose, D period, E first day, F last day.
"""

from collections.abc import Callable
from typing import Final

ALLIANCE, FACILITY = "alliance", "facility"
SENT, RECEIVED = "lfrom", "lto"
UP, DOWN, OWN, WISH = 'ldir;"up"', 'ldir;"down"', "lwish;0", "lwish;1"
ACCEPTED, COUNTED = "laccepted;1", "lcounted;1"
IN, OUT = 'lsetting;"inpatient"', 'lsetting;"outpatient"'
# Top and bottom of a number.
Pair = tuple[str, str]
# Scope and row -> a formula without its equals sign.
Term = Callable[[str, int], str]


def days(column: str, row: int, years: int = 0) -> str:
    """Return the condition that a moment lies in the days of a row, or in those of years before."""
    if years:
        back = -12 * years
        first, after = f"EDATE($E{row};{back})", f"EDATE($F{row}+1;{back})"
    else:
        first, after = f"$E{row}", f"($F{row}+1)"
    return f'{column};">="&{first};{column};"<"&{after}'


def legs(side: str, day: str, *conditions: str, years: int = 0) -> Term:
    """Return how many legs fulfil conditions on their day: of an alliance, or of who sends or receives."""

    def formula(scope: str, row: int) -> str:
        whose = "lalliance" if scope == ALLIANCE else side
        every = [f"{whose};$C{row}", *conditions, days(day, row, years)]
        return f"COUNTIFS({';'.join(every)})"

    return formula


def both(side: str, day: str, *conditions: str) -> Term:
    """Return the same of legs up and of legs down together."""
    return added(legs(side, day, UP, *conditions), legs(side, day, DOWN, *conditions))


def added(*terms: Term) -> Term:
    """Return a sum."""
    return lambda scope, row: "+".join(term(scope, row) for term in terms)


def contacts(*conditions: str) -> Term:
    """Return how many contacts fell due, of the legs that were received."""

    def formula(scope: str, row: int) -> str:
        whose = "calliance" if scope == ALLIANCE else "cto"
        every = [f"{whose};$C{row}", "ccounted;1", *conditions, days("cdue", row)]
        return f"COUNTIFS({';'.join(every)})"

    return formula


MEMBERS: Final = "(malliance=$C{row})*(mstarts<=$F{row})*(mends>$E{row})"
TERM: Final = 'malliance;$C{row};mstarts;"<="&$F{row};mends;">"&$E{row}'
OF_MEMBERS: Final = {
    "": "",
    "below": f"*(mtier<MAXIFS(mtier;{TERM}))",
    "above": f"*(mtier>MINIFS(mtier;{TERM}))",
    "primary": "*(mtier<=1)",
    "lead": "*(mlead=1)",
}
OF_ONE: Final = {
    "primary": "INDEX(ftier;MATCH($C{row};fcode;0))<=1",
    "lead": "COUNTIFS(mfacility;$C{row};mlead;1)>0",
}
# Whole months of the period.
MONTHS: Final = "((YEAR($F{row}+1)-YEAR($E{row}))*12+MONTH($F{row}+1)-MONTH($E{row}))"
LAST: Final = "EDATE($F{row}+1;-1)"


def reported(kind: str, subset: str = "", *, stock: bool = False) -> Term:
    """Return what institutions reported, empty where one of them has not for one of the months."""
    first = LAST if stock else "$E{row}"
    months = "1" if stock else MONTHS

    def formula(scope: str, row: int) -> str:
        which = f'vkind;"{kind}"'
        when = f'vmonth;">="&{first};vmonth;"<="&$F{{row}}'
        if scope == FACILITY:
            what = f"{which};{when}"
            there = f"COUNTIFS(vsubject;$C{{row}};{what})"
            found = f"SUMIFS(vvalue;vsubject;$C{{row}};{what})"
            text = f'IF({there}={months};{found};"")'
            if subset in OF_ONE:
                text = f"IF({OF_ONE[subset]};{text};0)"
            return text.format(row=row)
        here = MEMBERS + OF_MEMBERS[subset]
        there = f"SUMPRODUCT({here}*COUNTIFS(vsubject;mfacility;{which};{when}))"
        found = f"SUMPRODUCT({here}*SUMIFS(vvalue;vsubject;mfacility;{which};{when}))"
        return f'IF({there}=SUMPRODUCT({here})*{months};{found};"")'.format(row=row)

    return formula


def county(kind: str, *, stock: bool = False, years: int = 0) -> Term:
    """Return what was reported of the one county in which they all lie, empty where there are two or it has not."""
    back = f";{-12 * years})"
    first = f"EDATE({LAST if stock else '$E{row}'}{back}"
    last = f"EDATE($F{{row}}+1{back}-1"
    months = "1" if stock else MONTHS

    def formula(scope: str, row: int) -> str:
        which = f'vkind;"{kind}";vmonth;">="&{first};vmonth;"<="&{last}'
        if scope == FACILITY:
            place = "INDEX(fcounty;MATCH($C{row};fcode;0))"
            known = f"COUNTIFS(vsubject;{place};{which})={months}"
        else:
            place = f"MAXIFS(mcounty;{TERM})"
            known = (
                f"AND({place}=MINIFS(mcounty;{TERM});COUNTIFS(vsubject;{place};{which})={months})"
            )
        return f'IF({known};SUMIFS(vvalue;vsubject;{place};{which});"")'.format(row=row)

    return formula


# Within the twelve months that end with the period.
_FROM, _UNTIL = "EDATE($F{row}+1;-12)", "$F{row}"
_FIRST: Final = f"IF(sstarts>{_FROM};sstarts;{_FROM})"
_AFTER: Final = f"(IF(sends<{_UNTIL};sends;{_UNTIL})+1)"
_MONTHS_SERVED: Final = (
    f"((YEAR({_AFTER})-YEAR({_FIRST}))*12+MONTH({_AFTER})-MONTH({_FIRST})"
    f"-(DAY({_AFTER})<DAY({_FIRST})))"
)
_SERVED: Final = f"({_MONTHS_SERVED}>=6)"


def seconded() -> Term:
    """Return how many served six months at primary care of the county; without any term, the number reported."""
    number = county("seconded_physicians", stock=True)

    def formula(scope: str, row: int) -> str:
        place = "INDEX(fcounty;MATCH($C{row};fcode;0))"
        if scope == ALLIANCE:
            place = f"MAXIFS(mcounty;{TERM})"
        there = f"(scounty={place})*(sstarts<={_UNTIL})*(sends>={_FROM})"
        counts = f'(stitle<>"junior")*(sfromtier>=2)*(stotier<=1)*{_SERVED}'
        text = f"IF(SUMPRODUCT({there})>0;SUMPRODUCT({there}*{counts});"
        if scope == ALLIANCE:
            text = f'IF({place}<>MINIFS(mcounty;{TERM});"";{text}'
        closing = "))" if scope == ALLIANCE else ")"
        return text.format(row=row) + number(scope, row) + closing

    return formula


def less(whole: Term, part: Term) -> Term:
    """Return a difference, empty where one of both is."""
    return lambda scope, row: _either(whole(scope, row), part(scope, row), "-")


def plus(one: Term, other: Term) -> Term:
    """Return a sum of what was reported, empty where one of both is."""
    return lambda scope, row: _either(one(scope, row), other(scope, row), "+")


def over(whole: Term, among: Term) -> Term:
    """Return an average, empty where there is nobody."""
    return lambda scope, row: _either(whole(scope, row), among(scope, row), "/")


def _either(one: str, other: str, sign: str) -> str:
    return f'IFERROR(VALUE({one}){sign}VALUE({other});"")'


class Kind:
    """How a value is made of top (G) and bottom (H)."""

    RATE: Final = 'IF(OR(G{row}="";H{row}="";H{row}=0);"";G{row}/H{row}*100)'
    PER_TEN_THOUSAND: Final = 'IF(OR(G{row}="";H{row}="";H{row}=0);"";G{row}/H{row}*10000)'
    RATIO: Final = 'IF(OR(G{row}="";H{row}="";H{row}=0);"";G{row}/H{row})'
    GROWTH: Final = 'IF(OR(G{row}="";H{row}="";H{row}=0);"";(G{row}-H{row})/H{row}*100)'
    COUNT: Final = "G{row}"


TAKEN: Final = (COUNTED, DOWN, ACCEPTED, OWN)
taken: Final = legs(SENT, "ldecided", *TAKEN)
arrived: Final = legs(SENT, "larrived", COUNTED, UP, OWN)
submitted: Final = both(RECEIVED, "lsubmitted", COUNTED)
visits: Final = reported("outpatient_visits")
population: Final = county("population", stock=True)
# Code -> top, bottom, and how the value is made of both.
INDICATORS: Final[dict[str, tuple[Term, Term | None, str]]] = {
    "up-rate": (arrived, reported("outpatient_visits", "below"), Kind.RATE),
    "down-rate-inpatient": (
        legs(SENT, "ldecided", *TAKEN, IN),
        reported("discharges", "above"),
        Kind.RATE,
    ),
    "down-rate-outpatient": (
        legs(SENT, "ldecided", *TAKEN, OUT),
        reported("outpatient_visits", "above"),
        Kind.RATE,
    ),
    "down-count-outpatient": (legs(SENT, "ldecided", *TAKEN, OUT), None, Kind.COUNT),
    "down-count-inpatient": (legs(SENT, "ldecided", *TAKEN, IN), None, Kind.COUNT),
    "up-count": (arrived, None, Kind.COUNT),
    "wish-up-count": (legs(SENT, "larrived", COUNTED, UP, WISH), None, Kind.COUNT),
    "wish-down-count": (legs(SENT, "ldecided", COUNTED, DOWN, ACCEPTED, WISH), None, Kind.COUNT),
    "down-share": (taken, added(arrived, taken), Kind.RATE),
    "two-way-rate": (both(SENT, "lcompleted", COUNTED), visits, Kind.RATE),
    "two-way-ratio": (taken, arrived, Kind.RATIO),
    "down-growth": (taken, legs(SENT, "ldecided", *TAKEN, years=1), Kind.GROWTH),
    "chronic-down-share": (legs(SENT, "ldecided", *TAKEN, "lchronic;1"), taken, Kind.RATE),
    "acceptance-rate": (both(RECEIVED, "lsubmitted", COUNTED, ACCEPTED), submitted, Kind.RATE),
    "decline-rate": (
        both(RECEIVED, "lsubmitted", COUNTED, 'lstatus;"declined"'),
        submitted,
        Kind.RATE,
    ),
    "late-rate": (both(RECEIVED, "lsubmitted", COUNTED, "llate;1"), submitted, Kind.RATE),
    "arrival-rate": (
        both(RECEIVED, "ldecided", COUNTED, ACCEPTED, 'larrived;">0"'),
        both(RECEIVED, "ldecided", COUNTED, ACCEPTED),
        Kind.RATE,
    ),
    "loop-rate": (
        legs(RECEIVED, "lcompleted", COUNTED, UP, "lclosed;1"),
        legs(RECEIVED, "lcompleted", COUNTED, UP),
        Kind.RATE,
    ),
    "follow-up-rate": (contacts("cintime;1"), contacts(), Kind.RATE),
    "out-of-county-rate": (
        legs(SENT, "lsubmitted", COUNTED, UP, "loutside;1"),
        legs(SENT, "lsubmitted", COUNTED, UP, 'lcounty;">0"'),
        Kind.RATE,
    ),
    "cancelled-count": (
        added(
            legs(SENT, "lsubmitted", 'lstatus;"cancelled"', UP),
            legs(SENT, "lsubmitted", 'lstatus;"cancelled"', DOWN),
        ),
        None,
        Kind.COUNT,
    ),
    "in-county-visit-rate": (
        county("resident_visits_inside"),
        plus(county("resident_visits_inside"), county("resident_visits_outside")),
        Kind.RATE,
    ),
    "primary-visit-share": (reported("outpatient_visits", "primary"), visits, Kind.RATE),
    "fund-inside-share": (
        county("fund_paid_inside"),
        less(county("fund_paid"), county("fund_paid_pharmacies")),
        Kind.RATE,
    ),
    "fund-primary-share": (county("fund_paid_primary"), county("fund_paid_inside"), Kind.RATE),
    "insured-stay-share": (county("insured_stays_inside"), county("insured_stays"), Kind.RATE),
    "insured-stay-cost": (
        county("insured_stay_cost_inside"),
        county("insured_stays_inside"),
        Kind.RATIO,
    ),
    "insured-stay-cost-growth": (
        over(county("insured_stay_cost_inside"), county("insured_stays_inside")),
        over(county("insured_stay_cost_inside", years=1), county("insured_stays_inside", years=1)),
        Kind.GROWTH,
    ),
    "tcm-visit-share": (reported("tcm_visits"), visits, Kind.RATE),
    "seconded-physicians": (
        seconded(),
        population,
        Kind.PER_TEN_THOUSAND,
    ),
    "remote-imaging": (reported("remote_imaging"), population, Kind.PER_TEN_THOUSAND),
    "villages-with-ecg": (
        county("villages_with_ecg", stock=True),
        county("villages", stock=True),
        Kind.RATE,
    ),
    "primary-income-ratio": (
        over(reported("staff_income", "primary"), reported("staff", "primary", stock=True)),
        over(reported("staff_income", "lead"), reported("staff", "lead", stock=True)),
        Kind.RATIO,
    ),
    "managed-stay-rate": (
        county("managed_stays"),
        county("managed_patients", stock=True),
        Kind.RATE,
    ),
    "premature-mortality": (county("premature_mortality", stock=True), None, Kind.COUNT),
    "capable-county-hospitals": (
        county("county_hospitals_second", stock=True),
        county("county_hospitals", stock=True),
        Kind.RATE,
    ),
    "primary-first-choice": (
        county("two_week_ill_primary_first", stock=True),
        county("two_week_ill", stock=True),
        Kind.RATE,
    ),
    "telemedicine-coverage": (
        county("counties_with_telemedicine", stock=True),
        county("counties", stock=True),
        Kind.RATE,
    ),
    "hypertension-managed": (
        county("hypertension_managed", stock=True),
        county("hypertension_patients", stock=True),
        Kind.RATE,
    ),
    "diabetes-managed": (
        county("diabetes_managed", stock=True),
        county("diabetes_patients", stock=True),
        Kind.RATE,
    ),
    "family-doctor-rate": (county("contracted_residents", stock=True), population, Kind.RATE),
    "primary-tcm-share": (
        reported("tcm_visits", "primary"),
        reported("outpatient_visits", "primary"),
        Kind.RATE,
    ),
}

# What is worked out for each leg, by the name of its column; {row} is the row.
OF_LEGS: Final = {
    "lfromtier": "INDEX(ftier;MATCH([.E{row}];fcode;0))",
    "ltotier": "INDEX(ftier;MATCH([.F{row}];fcode;0))",
    "ldir": 'IF([.T{row}]>[.S{row}];"up";IF([.T{row}]<[.S{row}];"down";"lateral"))',
    # Cancelled, in error or never sent: counted nowhere but where it is said.
    "lcounted": 'IF(OR([.M{row}]="";[.L{row}]="cancelled";[.L{row}]="entered_in_error");0;1)',
    "lwish": 'IF([.J{row}]="patient_wish";1;0)',
    "laccepted": 'IF(AND([.O{row}]<>"";[.L{row}]<>"declined");1;0)',
    "lcompleted": 'IF([.L{row}]="completed";[.R{row}];"")',
    # Minutes within which an answer is due; an emergency is to be acknowledged.
    "llimit": 'IF([.H{row}]=0;15;IF([.H{row}]=1;120;IF([.U{row}]="down";1440;2880)))',
    "lanswered": 'IF([.H{row}]=0;IF([.N{row}]<>"";[.N{row}];IF([.P{row}]<>"";[.P{row}];'
    'IF([.R{row}]<>"";[.R{row}];asof)));'
    'IF([.O{row}]<>"";[.O{row}];IF([.R{row}]<>"";[.R{row}];asof)))',
    "llate": 'IF([.M{row}]="";0;IF(ROUND(([.AA{row}]-[.M{row}])*1440;3)>[.Z{row}];1;0))',
    # The first way back that was sent, 0 where there is none.
    "lback": 'MINIFS(lsubmitted;lprevious;[.A{row}];ldir;"down";lcounted;1)',
    "lclosed": 'IF(AND([.L{row}]="completed";OR(AND([.AC{row}]>0;ROUND(([.AC{row}]-[.R{row}])*1440;3)<=20160);'
    'AND([.Q{row}]<>"";ROUND((N([.Q{row}])-N([.R{row}]))*1440;3)<=20160)));1;0)',
    "loutside": 'IF([.C{row}]="";0;IF([.C{row}]=INDEX(fcounty;MATCH([.F{row}];fcode;0));0;1))',
    "lchronic": 'IF(OR(LEFT([.K{row}];3)="J44";AND(LEFT([.K{row}];3)>="I10";LEFT([.K{row}];3)<="I15";'
    'LEFT([.K{row}];3)<>"I14");AND(LEFT([.K{row}];3)>="E10";LEFT([.K{row}];3)<="E14");'
    'AND(LEFT([.K{row}];3)>="I20";LEFT([.K{row}];3)<="I25");'
    'AND(LEFT([.K{row}];3)>="I60";LEFT([.K{row}];3)<="I69"));1;0)',
}
# The same for each contact: whose leg it is of, the day it was due, and whether it was done by then.
OF_CONTACTS: Final = {
    "cdue": 'IF([.B{row}]<>"";[.B{row}];INT(INDEX(larrived;MATCH([.A{row}];lno;0)))+7)',
    "cto": "INDEX(lto;MATCH([.A{row}];lno;0))",
    "calliance": "INDEX(lalliance;MATCH([.A{row}];lno;0))",
    "ccounted": "IF([.D{row}]<=asof;INDEX(lcounted;MATCH([.A{row}];lno;0));0)",
    "cintime": 'IF([.C{row}]="";0;IF(INT([.C{row}])<=[.D{row}];1;0))',
}
OF_SECONDMENTS: Final = {
    "sfromtier": "INDEX(ftier;MATCH([.A{row}];fcode;0))",
    "stotier": "INDEX(ftier;MATCH([.B{row}];fcode;0))",
    "scounty": "INDEX(fcounty;MATCH([.B{row}];fcode;0))",
}
OF_MEMBERSHIPS: Final = {
    "mtier": "INDEX(ftier;MATCH([.B{row}];fcode;0))",
    "mcounty": "INDEX(fcounty;MATCH([.B{row}];fcode;0))",
}
