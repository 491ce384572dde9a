"""Registers, corrects, unmasks and merges the records of people."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from audit import record
from facilities.models import Region
from patients import names, particulars, policy, queries, registration
from patients.actions.finding import found, locked
from patients.identity import phone_index
from patients.models import Consent, ConsentPurpose, Identifier, IdentifierKind, NameIndex, Patient
from patients.particulars import GivenConsent, NewPatient, Person, Problems
from patients.registration import Outcome, Registered

# What `update` takes; `identifiers` adds numbers, the rest replaces.
CHANGEABLE: Final = (
    "name",
    "gender",
    "birth_date",
    "phone",
    "address",
    "region_code",
    "guardian_name",
    "guardian_phone",
    "deceased",
    "lacks_capacity",
    "identifiers",
)


def _region(code: str | None) -> Region | None:
    if not code:
        return None
    row = queries.region(code)
    if row is None:
        problems = Problems()
        problems.add("region", _("There is no region with this code."))
        problems.settle()
    return row


@transaction.atomic
def register(
    said: NewPatient, *, consent: GivenConsent | None, by: Actor, now: datetime | None = None
) -> Registered:
    """Register a person at the actor's facility.

    A person whom the facility sees already is returned as `Outcome.KNOWN`, and a consent that came
    along is recorded. Otherwise a consent to registration is needed, and the answer is the same
    whether or not the person is known elsewhere (see registration.py). Raises Refused: `invalid`,
    `consent-required`, `guardian-consent-required`, `identifier-in-use`.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    policy.demand(policy.may_register(by))
    person = particulars.checked(said, today)
    region = _region(said.region_code)
    answer = (
        particulars.consent_checked(consent, person.birth_date, today, prefix="consent.")
        if consent is not None and consent.given
        else None
    )
    mine = queries.bearers(person.numbers, by)
    if mine:
        return _already_here(mine, person, answer, by=by, now=moment)
    if answer is None or ConsentPurpose.REGISTRATION not in answer.purposes:
        raise Refused(
            "consent-required",
            _("Registering a person needs the person's consent to it."),
            kind=Kind.UNPROCESSABLE,
        )
    done = registration.admit(person, answer, region=region, by=by, now=moment)
    verb = "link" if done.outcome is Outcome.LINKED else "register"
    record.change(by, patient=done.patient.pk, what=f"patient.{verb}")
    return done


def _already_here(
    mine: Sequence[Patient],
    person: Person,
    consent: GivenConsent | None,
    *,
    by: Actor,
    now: datetime,
) -> Registered:
    """Return the one of the caller's own patients who bears the number under this name."""
    wanted = (names.normalised(person.name), person.birth_date)
    same = [row for row in mine if (names.normalised(row.name or ""), row.birth_date) == wanted]
    if not same:
        raise Refused(
            "identifier-in-use",
            _("A patient of yours has this number under another name or date of birth."),
        )
    patient = same[0]
    if consent is None:
        record.read(by, patients=[patient.pk], what="patient.register")
    else:
        rows = registration.consent_rows(patient, consent, by=by, now=now)
        Consent.objects.bulk_create(rows)
        record.change(by, patient=patient.pk, what="patient.consent.record")
    return Registered(patient, Outcome.KNOWN, person)


@transaction.atomic
def update(
    patient_id: UUID,
    changes: Mapping[str, Any],
    *,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Patient:
    """Change particulars of a visible patient; keys are those of CHANGEABLE.

    `identifiers` are pairs of kind and number, which are added; None clears a value that may be empty.
    Raises Refused: `not-found`, `stale-version`, `invalid`.
    """
    moment = now or timezone.now()
    policy.demand(policy.may_update(by))
    particulars.only(changes, CHANGEABLE)
    patient = locked(patient_id, by=by, version=version)
    problems = Problems()
    numbers = particulars.numbers_of(changes.get("identifiers", ()), problems)
    values = _replaced(changes, problems)
    _consistent(patient, values, numbers, timezone.localdate(moment), problems)
    problems.settle()
    for name, value in values.items():
        setattr(patient, name, value)
    patient.version += 1
    patient.updated_at = moment
    patient.save(update_fields=[*values, "version", "updated_at"])
    if "name" in values:
        index = registration.index_name(patient, values["name"])
        NameIndex.objects.filter(patient=patient).update(tokens=index.tokens)
    rows = registration.identifier_rows(patient, numbers, now=moment)
    Identifier.objects.bulk_create(rows, ignore_conflicts=True)
    record.change(by, patient=patient.pk, what="patient.update", fields=sorted(changes))
    return patient


def _replaced(changes: Mapping[str, Any], problems: Problems) -> dict[str, Any]:
    """Return the columns to write for the changes that replace a value."""
    values = {
        name: changes[name] or None for name in ("address", "guardian_name") if name in changes
    }
    plain = ("gender", "birth_date", "deceased", "lacks_capacity")
    values.update({name: changes[name] for name in plain if name in changes})
    if "name" in changes:
        values["name"] = particulars.named(changes["name"], problems)
    if "phone" in changes:
        phone = particulars.phone_of(changes["phone"], problems, name="phone")
        values["phone"] = phone
        values["phone_index"] = phone_index(phone) if phone else None
    if "guardian_phone" in changes:
        text = changes["guardian_phone"]
        values["guardian_phone"] = particulars.phone_of(text, problems, name="guardian.phone")
    if "region_code" in changes:
        values["region"] = _region(changes["region_code"])
    return values


def _consistent(
    patient: Patient,
    values: dict[str, Any],
    numbers: tuple[tuple[IdentifierKind, str], ...],
    today: date,
    problems: Problems,
) -> None:
    """Check birth date and sex against the resident IDs, old and new, when either changes."""
    if not numbers and not {"birth_date", "gender"} & set(values):
        return
    borne = [
        (IdentifierKind(row.kind), row.value or "")
        for row in queries.identifiers_of([patient])[patient.pk]
    ]
    birth_date = values.get("birth_date", patient.birth_date)
    gender = values.get("gender", patient.gender)
    particulars.born(birth_date, today, problems)
    particulars.agree([*borne, *numbers], birth_date, gender, problems)
    record_no = next(
        (value for kind, value in numbers if kind == IdentifierKind.HEALTH_RECORD), None
    )
    if record_no is not None:
        values["health_record_no"] = record_no


@transaction.atomic
def reveal(patient_id: UUID, *, reason: str, by: Actor) -> tuple[Patient, list[Identifier]]:
    """Return a patient and document numbers to be shown in full; the coded reason goes into the audit.

    `reason` is a word of RevealReason. Raises Refused: `no-right-to-patients`, `not-found`.
    """
    policy.demand(policy.may_reveal(by))
    patient = found(patient_id, by)
    numbers = queries.identifiers_of([patient])[patient.pk]
    record.read(by, patients=[patient.pk], what=f"patient.reveal.{reason}")
    return patient, numbers


@transaction.atomic
def merge(source_id: UUID, target_id: UUID, *, by: Actor, now: datetime | None = None) -> Patient:
    """Put the target record in the place of the source record of the same person.

    Nothing that names the source is repointed: readers go through `queries.find`. The target
    takes over access grants, document numbers and search words, so that whoever could see or find the
    source sees and finds the target. Raises Refused: `not-found`, `same-record`, `merged-already`.
    """
    moment = now or timezone.now()
    both = queries.pair(source_id, target_id, by)
    source, target = both.get(source_id), both.get(target_id)
    if source is None or target is None:
        raise not_found()
    policy.demand(policy.may_merge(source, target, by))
    numbers = [
        (IdentifierKind(row.kind), row.value or "")
        for row in queries.identifiers_of([source])[source.pk]
    ]
    rows = registration.identifier_rows(target, tuple(numbers), now=moment)
    Identifier.objects.bulk_create(rows, ignore_conflicts=True)
    tokens = {*names.search_tokens(source.name or ""), *names.search_tokens(target.name or "")}
    NameIndex.objects.filter(patient=target).update(tokens=sorted(tokens))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT patients_merge(%s, %s, %s)", [source.pk, target.pk, moment])
    except IntegrityError as error:
        # Another merge of one of the two came first; the database keeps merges flat.
        verdict = policy.MERGED_ALREADY
        raise Refused(verdict.code, verdict.reason, kind=verdict.kind) from error
    record.change(by, patient=source.pk, what="patient.merge", after="merged")
    record.change(by, patient=target.pk, what="patient.merge", after="living")
    return target
