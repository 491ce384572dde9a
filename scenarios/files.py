"""Reads a scenario's data file and says in one go everything that is wrong with it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from rest_framework import serializers

from accounts.permissions import Role
from accounts.rest import StrictSerializer
from facilities import catalogue
from facilities.vocabulary import (
    AllianceForm,
    CapabilityCode,
    FacilityKind,
    Grade,
    Level,
    Ownership,
    RelationKind,
    Tier,
)
from scenarios.capacity import OfferForm

FOLDER: Final = Path(__file__).parent / "data"
CLINICS: Final = "clinics"


class BadScenario(Exception):
    """A data file cannot be used; `problems` are lines of `place: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the lines and show them all."""
        super().__init__("\n".join(problems))
        self.problems = problems


def _words() -> serializers.ListField:
    return serializers.ListField(child=serializers.CharField(max_length=20))


def _text(longest: int = 120) -> serializers.CharField:
    return serializers.CharField(max_length=longest)


def _degrees(most: int) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=9, decimal_places=6, min_value=-most, max_value=most, required=False
    )


def _optional(longest: int) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False)


class _Network(StrictSerializer):
    region = serializers.RegexField(r"^[0-9]{6}([0-9]{3}){0,2}$")
    starts = serializers.DateField()


class _Kind(StrictSerializer):
    """What a facility and the group of community centres share."""

    category = serializers.RegexField(r"^[A-R][0-9]{3}$")
    level = serializers.ChoiceField(Level.choices)
    grade = serializers.ChoiceField(Grade.choices, default=Grade.UNRATED)
    tier = serializers.ChoiceField(Tier.choices)
    ownership = serializers.ChoiceField(Ownership.choices, default=Ownership.PUBLIC)
    profile = _text(2000)
    departments = _words()
    capabilities = serializers.ListField(child=serializers.ChoiceField(CapabilityCode.choices))


class _Facility(_Kind):
    code = _text(32)
    name = _text()
    short_name = _optional(60)
    kind = serializers.ChoiceField(FacilityKind.choices, default=FacilityKind.TREATING)
    phone = _optional(40)
    duty_phone = _optional(40)
    address = _optional(200)
    latitude = _degrees(90)
    longitude = _degrees(180)


class _Clinics(_Kind):
    names = _words()
    points = serializers.ListField(
        child=serializers.ListField(
            child=serializers.DecimalField(
                max_digits=9, decimal_places=6, min_value=-180, max_value=180
            ),
            min_length=2,
            max_length=2,
        )
    )
    suffix = _text(40)
    code = _text(20)
    phone = _text(20)
    reviewed = _words()
    doctors = _words()
    managers = _words()


class _Alliance(StrictSerializer):
    name = _text()
    form = serializers.ChoiceField(AllianceForm.choices)
    lead = _text(32)
    members = _words()
    allows_lateral = serializers.BooleanField(default=False)


_Relation = type(
    "_Relation",
    (StrictSerializer,),
    {"kind": serializers.ChoiceField(RelationKind.choices), "from": _text(32), "to": _text(32)},
)


class _Staff(StrictSerializer):
    username = _text(150)
    name = _text(100)
    at = _text(32)
    role = serializers.ChoiceField(Role.choices)
    department = _optional(8)
    title = _optional(40)


_SignIn = type("_SignIn", (StrictSerializer,), {"username": _text(150), "as": _text(40)})


class _Residents(StrictSerializer):
    count = serializers.IntegerField(min_value=0, max_value=10_000)
    seed = serializers.IntegerField(min_value=1, max_value=1_000_000)
    signed_percent = serializers.IntegerField(min_value=0, max_value=100)


class _File(StrictSerializer):
    name = serializers.RegexField(r"^[a-z][a-z0-9-]*$")
    title = _text()
    network = _Network()
    facilities = _Facility(many=True)
    clinics = _Clinics()
    alliances = _Alliance(many=True)
    relations = _Relation(many=True, required=False)
    staff = _Staff(many=True)
    sign_ins = _SignIn(many=True)
    more_sign_ins = serializers.ListField(child=_text(150), required=False)
    residents = _Residents()
    capacity = OfferForm(many=True, required=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one post; `at` is a facility's code."""

    username: str
    name: str
    at: str
    role: str
    department: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A facility; `details` are those of facilities.actions.create_facility."""

    code: str
    details: Mapping[str, Any]
    departments: tuple[str, ...]
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class League:
    """An alliance with the codes of its lead and members."""

    name: str
    form: str
    lead: str
    members: tuple[str, ...]
    allows_lateral: bool


@dataclass(frozen=True, slots=True)
class Residents:
    """How many people to invent, and from what."""

    count: int
    seed: int
    signed_percent: int


@dataclass(frozen=True, slots=True)
class Scenario:
    """A checked data file: every code and name in it leads to something."""

    name: str
    title: str
    region: str
    starts: date
    places: tuple[Place, ...]
    clinics: tuple[str, ...]
    leagues: tuple[League, ...]
    relations: tuple[tuple[str, str, str], ...]
    people: tuple[Person, ...]
    sign_ins: tuple[tuple[str, str], ...]
    # Users with the same password that are not printed.
    more_sign_ins: tuple[str, ...]
    residents: Residents
    offers: tuple[Mapping[str, Any], ...] = ()


def names() -> list[str]:
    """Return the scenarios that can be loaded."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def read(name: str) -> Scenario:
    """Return a scenario by its name; raises BadScenario."""
    if name not in names():
        raise BadScenario([f"There is no scenario {name!r}: say one of {', '.join(names())}."])
    return parse((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Scenario:
    """Return the scenario in a TOML text; raises BadScenario with every problem named."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario([f"not TOML: {error}"]) from error
    form = _File(data=raw)
    if not form.is_valid():
        raise BadScenario(list(_lines(form.errors)))
    scenario = _scenario(form.validated_data)
    problems = [*_loose_ends(scenario), *_unequal(form.validated_data["clinics"])]
    if problems:
        raise BadScenario(problems)
    return scenario


def _lines(errors: Any, path: str = "") -> Iterator[str]:
    """Turn nested errors into lines such as `facilities[2].tier: …`."""
    if isinstance(errors, Mapping):
        for key, value in errors.items():
            yield from _lines(value, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}")
    elif isinstance(errors, list) and any(isinstance(each, (Mapping, list)) for each in errors):
        for index, each in enumerate(errors):
            yield from _lines(each, f"{path}[{index}]")
    else:
        for each in errors:
            yield f"{path.removeprefix('.')}: {each}"


def _place(row: Mapping[str, Any], region: str) -> Place:
    apart = ("code", "departments", "capabilities")
    details = {name: value for name, value in row.items() if name not in apart}
    return Place(
        code=row["code"],
        details={**details, "region": region},
        departments=tuple(row["departments"]),
        capabilities=tuple(row["capabilities"]),
    )


def _clinic_rows(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    shared = {str(name): group[str(name)] for name in _Kind().fields}
    return [
        {
            **shared,
            "code": f"{group['code']}{number:02d}",
            "name": f"{name}{group['suffix']}",
            "short_name": name,
            "phone": f"{group['phone']}{number:02d}0",
            "latitude": latitude,
            "longitude": longitude,
            "requires_internal_review": name in group["reviewed"],
        }
        for number, (name, (latitude, longitude)) in enumerate(
            zip(group["names"], group["points"], strict=False), start=1
        )
    ]


def _clinic_people(group: Mapping[str, Any], codes: list[str]) -> Iterator[Person]:
    people = zip(codes, group["doctors"], group["managers"], strict=False)
    for number, (code, doctor, manager) in enumerate(people, start=1):
        yield Person(f"clinic{number}.doctor", doctor, code, Role.CLINIC_DOCTOR, "02", "全科医师")
        yield Person(f"clinic{number}.manager", manager, code, Role.CLINIC_MANAGER, None, "主任")


def _scenario(data: Mapping[str, Any]) -> Scenario:
    region = data["network"]["region"]
    clinics = _clinic_rows(data["clinics"])
    codes = [row["code"] for row in clinics]
    staff = [Person(**row) for row in data["staff"]]
    return Scenario(
        name=data["name"],
        title=data["title"],
        region=region,
        starts=data["network"]["starts"],
        places=tuple(_place(row, region) for row in [*data["facilities"], *clinics]),
        clinics=tuple(codes),
        leagues=tuple(_league(row, codes) for row in data["alliances"]),
        relations=tuple((row["kind"], row["from"], row["to"]) for row in data.get("relations", [])),
        people=(*staff, *_clinic_people(data["clinics"], codes)),
        sign_ins=tuple((row["username"], row["as"]) for row in data["sign_ins"]),
        more_sign_ins=tuple(data.get("more_sign_ins", [])),
        residents=Residents(**data["residents"]),
        offers=tuple(data.get("capacity", [])),
    )


def _league(row: Mapping[str, Any], clinics: list[str]) -> League:
    members: list[str] = []
    for member in row["members"]:
        members += clinics if member == CLINICS else [member]
    return League(row["name"], row["form"], row["lead"], tuple(members), row["allows_lateral"])


def _unequal(group: Mapping[str, Any]) -> Iterator[str]:
    for name in ("points", "doctors", "managers"):
        if len(group[name]) != len(group["names"]):
            yield f"clinics.{name}: {len(group['names'])} are needed, one for each of `names`"
    for name in sorted(set(group["reviewed"]) - set(group["names"])):
        yield f"clinics.reviewed: {name} is not among `names`"


def _twice(values: list[str], what: str) -> Iterator[str]:
    for value in sorted({value for value in values if values.count(value) > 1}):
        yield f"{what}: {value} occurs more than once"


def _closed(scenario: Scenario, offered: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for offer in scenario.offers:
        for code in sorted(set(offer["departments"]) - set(offered.get(offer["at"], ()))):
            yield f"capacity.departments: {offer['at']} has no {code}"


def _loose_ends(scenario: Scenario) -> Iterator[str]:
    """Name what leads nowhere: codes of facilities and departments, user names, what occurs twice."""
    offered = {place.code: place.departments for place in scenario.places}
    yield from _twice([place.code for place in scenario.places], "facilities.code")
    yield from _twice([person.username for person in scenario.people], "staff.username")
    named = [("relations", code) for _kind, *ends in scenario.relations for code in ends]
    named += [("staff.at", person.at) for person in scenario.people]
    named += [("capacity.at", offer["at"]) for offer in scenario.offers]
    for league in scenario.leagues:
        named += [("alliances", code) for code in (league.lead, *league.members)]
    yield from (f"{where}: no facility {code}" for where, code in named if code not in offered)
    known = catalogue.specialties()
    for place in scenario.places:
        for code in place.departments:
            if code not in known:
                yield f"facilities.departments: {code} is not in the national list"
    for person in scenario.people:
        if person.department and person.department not in offered.get(person.at, ()):
            yield f"staff.department: {person.at} has no {person.department} for {person.username}"
    yield from _closed(scenario, offered)
    users = {person.username for person in scenario.people}
    given = [name for name, _as in scenario.sign_ins] + list(scenario.more_sign_ins)
    yield from (f"sign_ins: no user {name}" for name in given if name not in users)
