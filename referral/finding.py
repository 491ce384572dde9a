"""Finds what somebody typed into the search: a referral by its number, or patients by what is known of them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.actors import Actor
from accounts.permissions import Permission
from patients import queries as patient_queries
from patients.models import Patient
from referral import pages
from referral.models import Referral
from referral.queries import referrals as queries
from referral.states import ENDED

# What is typed from a paper: the day, eight signs, with or without the dash (actions/sending.py, new_number).
NUMBER: Final = re.compile(r"(ZZ\d{8})-?([2-9A-HJ-NP-Z]{8})")
LONGEST: Final = 64
# More of them are no answer: whoever sees so many types more of the name.
MOST_PATIENTS: Final = 20
MOST_LEGS: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A patient with what is under way about them; where nothing is, with the newest leg that has ended."""

    person: str
    lines: list[pages.Line]
    ended: bool


def by_number(text: str, by: Actor) -> Referral | None:
    """Return the visible referral that bears this number, however it was typed; else None."""
    squeezed = re.sub(r"[\s–—]", "", unicodedata.normalize("NFKC", text)).upper()
    found = NUMBER.fullmatch(squeezed)
    if found is None:
        return None
    return queries.visible_to(by).filter(number="-".join(found.groups())).first()


def patients(text: str, by: Actor) -> list[Patient]:
    """Return the patients whom the actor may see that are known by this, newest first, one more than are shown.

    A text with digits is a whole number of a document, of a health record, or of a telephone; any other one is
    the beginning of a name in characters, pinyin or initials. At most two statements.
    """
    if not by.can(Permission.PATIENT_VIEW):
        return []
    if not any(char.isdigit() for char in text):
        return _taken(by, name=text)
    return _taken(by, identifier=text) or _taken(by, phone=text)


def _taken(by: Actor, **known: str) -> list[Patient]:
    grants = patient_queries.search(by, **known).order_by(*patient_queries.NEWEST_PATIENT_FIRST)
    return [grant.patient for grant in grants[: MOST_PATIENTS + 1]]


def legs(rows: Sequence[Patient], by: Actor) -> list[Referral]:
    """Return the visible legs of these patients, newest first, also those under a record that was merged."""
    if not rows:
        return []
    of = patient_queries.records_of([row.pk for row in rows])
    seen = queries.for_list(queries.visible_to(by)).filter(patient__in=list(of))
    found = list(seen.order_by(*queries.NEWEST_FIRST)[:MOST_LEGS])
    for leg in found:
        leg.patient_id = of[leg.patient_id]
    queries.hang_places(found)
    return found


def told(rows: Sequence[Patient], legs_found: Sequence[Referral], at: datetime) -> list[Found]:
    """Return the patients as the page shows them, masked."""
    patients_by_id: dict[UUID, Patient] = {row.pk: row for row in rows}
    found = []
    for row in rows:
        own = [leg for leg in legs_found if leg.patient_id == row.pk]
        alive = [leg for leg in own if leg.status not in ENDED]
        shown = [pages.line(leg, patients_by_id, at) for leg in alive or own[:1]]
        found.append(Found(pages.person(row), shown, ended=bool(own) and not alive))
    return found
