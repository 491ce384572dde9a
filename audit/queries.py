"""Reads of the audit trail: who looked at or changed this patient or referral."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from audit.models import ChainHead, Event, Kind, Result, Verification
from audit.refusals import NAMELESS

# Newest first, as the chain is numbered.
ORDER: Final = ("-seq", "-id")
# A clock that was put back by less than this hides nothing.
MARGIN: Final = timedelta(days=1)
# The number of rows after which a subquery ends: none has so many, but with an end it is asked by itself. Otherwise
# PostgreSQL walks a chain from its newest event until it has met fifty of a person who may have none.
APART: Final = 10**9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for; empty means any. `patients` are the ids of one person, merged records included."""

    chain: UUID
    actors: tuple[UUID, ...] = ()
    patients: tuple[UUID, ...] = ()
    referrals: tuple[UUID, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    acts: tuple[str, ...] = ()
    kind: Kind | None = None
    result: Result | None = None


def search(wanted: Wanted) -> QuerySet[Event]:
    """Return the events of one chain that are asked for; page them by ORDER."""
    rows = _between(Event.objects.filter(chain=wanted.chain), wanted)
    named = (
        ("actor_id__in", wanted.actors),
        ("patient_ids__overlap", wanted.patients),
        ("referral_ids__overlap", wanted.referrals),
    )
    for lookup, ids in named:
        if ids:
            apart = Event.objects.filter(**{lookup: list(ids)}).values("pk")[:APART]
            rows = rows.filter(pk__in=apart)
    if wanted.acts:
        begins = Q()
        for each in wanted.acts:
            begins |= Q(what__startswith=each)
        rows = rows.filter(begins)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    return rows.filter(result=wanted.result) if wanted.result else rows


def _between(rows: QuerySet[Event], wanted: Wanted) -> QuerySet[Event]:
    """Narrow a chain to a period, by its numbers and exactly by its times; one statement for both ends."""
    if wanted.since is None and wanted.until is None:
        return rows
    margins = (
        wanted.since - MARGIN if wanted.since else None,
        wanted.until + MARGIN if wanted.until else None,
    )
    with connection.cursor() as cursor:
        statement = "SELECT audit_seq_at(%s, %s), audit_seq_at(%s, %s)"
        cursor.execute(statement, [wanted.chain, margins[0], wanted.chain, margins[1]])
        first, last = cursor.fetchone()
    if wanted.since:
        rows = rows.filter(seq__gte=first, at__gte=wanted.since)
    return rows.filter(seq__lt=last, at__lt=wanted.until) if wanted.until else rows


def names(
    chain: UUID, *, patients: tuple[UUID, ...] = (), referrals: tuple[UUID, ...] = ()
) -> bool:
    """Say whether any event of a chain names one of these patients, or referrals, but as asked for in vain."""
    found = search(Wanted(chain, patients=patients, referrals=referrals))
    return found.exclude(what__in=NAMELESS).exists()


def verification(chain: UUID) -> Verification | None:
    """How a chain was found when it was last re-computed, or None."""
    return Verification.objects.filter(chain=chain).first()


def length(chain: UUID) -> int:
    """How many events a chain has, as its head knows."""
    return ChainHead.objects.filter(chain=chain).values_list("seq", flat=True).first() or 0


def about_patient(patient_id: UUID) -> QuerySet[Event]:
    """Every event that names this patient, newest first (by the GIN index)."""
    return Event.objects.filter(patient_ids__contains=[patient_id]).order_by("-at", "-id")


def about_referral(referral_id: UUID) -> QuerySet[Event]:
    """Every event that names this referral, newest first (by the GIN index)."""
    return Event.objects.filter(referral_ids__contains=[referral_id]).order_by("-at", "-id")


def by_person(actor_id: UUID) -> QuerySet[Event]:
    """Everything one person did, newest first."""
    return Event.objects.filter(actor_id=actor_id).order_by("-at", "-id")


def of_facility(facility_id: UUID) -> QuerySet[Event]:
    """The chain of one facility, newest first."""
    return Event.objects.filter(chain=facility_id).order_by("-seq")
