"""Checks what somebody says about a person, and brings it into the form that is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from patients import identity, risks
from patients.models import (
    ConsentGivenBy,
    ConsentMethod,
    ConsentPurpose,
    ConsentRelation,
    Gender,
    IdentifierKind,
)

Number = tuple[IdentifierKind, str]
OLDEST: Final = 150


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What a facility says when it registers somebody; a resident ID fills in birth date and sex.

    `identifiers` are pairs of kind and number as typed, `region_code` a code of GB/T 2260.
    """

    name: str
    birth_date: date | None = None
    gender: str | None = None
    identifiers: tuple[Number, ...] = ()
    phone: str | None = None
    address: str | None = None
    region_code: str | None = None
    guardian_name: str | None = None
    guardian_phone: str | None = None


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """What the patient, or somebody for him, answered when asked; one answer to each purpose."""

    given: bool
    method: ConsentMethod
    given_by: ConsentGivenBy
    purposes: tuple[ConsentPurpose, ...] = (ConsentPurpose.REGISTRATION,)
    guardian_name: str | None = None
    note: str | None = None
    relation: str = ""
    witness: str | None = None
    document: UUID | None = None
    risks_version: str = ""
    told_by_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person whose particulars have been checked: numbers normal, birth date and sex known."""

    name: str
    birth_date: date
    gender: str
    numbers: tuple[Number, ...]
    phone: str | None
    address: str | None
    guardian_name: str | None
    guardian_phone: str | None

    def number(self, kind: IdentifierKind) -> str | None:
        """Return the first number of a kind."""
        return next((value for each, value in self.numbers if each == kind), None)


@dataclass(slots=True)
class Problems:
    """Collects what is wrong by field, so that one answer names everything."""

    fields: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, text: object) -> None:
        """Note a problem of a field; the text never repeats the value."""
        self.fields.setdefault(name, []).append(str(text))

    def settle(self) -> None:
        """Raise Refused `invalid` if anything was noted."""
        if self.fields:
            raise Refused("invalid", INVALID, kind=Kind.INVALID, errors=self.fields)


INVALID: Final[Promise] = _("Some fields are missing or wrong.")
_NEEDED: Final = _("This field is required.")


def numbers_of(pairs: Iterable[Number], problems: Problems) -> tuple[Number, ...]:
    """Return the document numbers in normal form, each once."""
    found: dict[Number, None] = {}
    for index, (kind, value) in enumerate(pairs):
        try:
            found[(kind, identity.normalised(kind, value))] = None
        except identity.InvalidIdentifier as error:
            problems.add(f"identifiers.{index}.value", error.text)
    return tuple(found)


def phone_of(text: str | None, problems: Problems, *, name: str) -> str | None:
    """Return a telephone number in normal form, None for none."""
    if not text:
        return None
    try:
        return identity.normalised_phone(text)
    except identity.InvalidIdentifier as error:
        problems.add(name, error.text)
        return None


def agree(
    numbers: Sequence[Number], birth_date: date | None, gender: str | None, problems: Problems
) -> tuple[date | None, str | None]:
    """Return birth date and sex, filled in from resident IDs and compared with them."""
    for kind, value in numbers:
        if kind != IdentifierKind.RESIDENT_ID:
            continue
        facts = identity.resident_facts(value)
        birth_date = birth_date or facts.birth_date
        gender = gender or facts.gender.value
        if birth_date != facts.birth_date:
            problems.add("birth_date", _("This is not the date of birth in the resident ID."))
        if gender in (Gender.MALE, Gender.FEMALE) and gender != facts.gender:
            problems.add("gender", _("This is not the sex in the resident ID."))
    return birth_date, gender


def born(birth_date: date | None, today: date, problems: Problems) -> None:
    """Note a birth date that is missing, in the future or too long ago."""
    if birth_date is None:
        problems.add("birth_date", _NEEDED)
    elif birth_date > today:
        problems.add("birth_date", _("This date lies in the future."))
    elif identity.age_on(birth_date, today) > OLDEST:
        problems.add("birth_date", _("Nobody is this old."))


def named(name: str, problems: Problems) -> str:
    """Return a name without outer blanks; one without any letter is no name."""
    plain = " ".join(name.split())
    if not any(char.isalpha() for char in plain):
        problems.add("name", _("A name has letters."))
    return plain


def checked(said: NewPatient, today: date) -> Person:
    """Return the person in the form that is stored; raises Refused `invalid` with all fields named."""
    problems = Problems()
    numbers = numbers_of(said.identifiers, problems)
    birth_date, gender = agree(numbers, said.birth_date, said.gender, problems)
    born(birth_date, today, problems)
    if gender is None:
        problems.add("gender", _NEEDED)
    person = Person(
        name=named(said.name, problems),
        birth_date=birth_date or today,
        gender=gender or Gender.UNKNOWN,
        numbers=numbers,
        phone=phone_of(said.phone, problems, name="phone"),
        address=said.address or None,
        guardian_name=said.guardian_name or None,
        guardian_phone=phone_of(said.guardian_phone, problems, name="guardian.phone"),
    )
    problems.settle()
    return person


def consent_checked(
    consent: GivenConsent,
    birth_date: date,
    today: date,
    *,
    lacks_capacity: bool = False,
    prefix: str = "",
) -> GivenConsent:
    """Return a consent that somebody entitled has given; raises Refused.

    Codes: `guardian-consent-required` for a child below 14 (PIPL article 31) and for whoever cannot
    consent himself (Civil Code articles 21 to 24), `invalid` for a guardian without a name, a word of
    mouth without a witness, a relation to oneself. `prefix` stands before the names of the fields.
    """
    child = identity.needs_guardian(birth_date, today) or lacks_capacity
    if child and consent.given_by != ConsentGivenBy.GUARDIAN:
        raise Refused(
            "guardian-consent-required",
            _("For a child below 14, or somebody who cannot consent, a guardian must."),
            kind=Kind.UNPROCESSABLE,
            errors={f"{prefix}given_by": [str(_("A guardian must consent."))]},
        )
    problems = Problems()
    if consent.given_by == ConsentGivenBy.GUARDIAN and not (consent.guardian_name or "").strip():
        problems.add(f"{prefix}guardian_name", _NEEDED)
    if consent.method == ConsentMethod.VERBAL_EMERGENCY and not (consent.witness or "").strip():
        problems.add(f"{prefix}witness", _("Say who heard it."))
    own_word = consent.given_by == ConsentGivenBy.SELF
    if own_word and consent.relation:
        problems.add(f"{prefix}relation", _("Only a guardian or family member has a relation."))
    problems.settle()
    return replace(
        consent,
        guardian_name=consent.guardian_name or None,
        note=consent.note or None,
        witness=consent.witness or None,
        relation="" if own_word else consent.relation or ConsentRelation.UNSTATED,
        risks_version=consent.risks_version or risks.current(today).version,
    )


def only(changes: Mapping[str, object], allowed: Iterable[str]) -> None:
    """Raise Refused `invalid` for a field that cannot be changed this way."""
    problems = Problems()
    for name in set(changes) - set(allowed):
        problems.add(name, _("There is no such field."))
    problems.settle()
