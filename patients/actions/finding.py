"""Finds the patient that an action is about, or refuses as if there were none."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from patients import queries
from patients.models import Patient


def found(patient_id: UUID, by: Actor) -> Patient:
    """Return the living record of a visible patient; raises Refused `not-found`."""
    patient = queries.find(patient_id, by)
    if patient is None:
        raise not_found()
    return patient


def locked(patient_id: UUID, *, by: Actor, version: int | None = None) -> Patient:
    """Return it locked, at the version expected; raises Refused `not-found` or `stale-version`."""
    patient = queries.lock(patient_id, by)
    if patient is None:
        raise not_found()
    if version is not None and version != patient.version:
        raise Refused("stale-version", _("The record has changed."), kind=Kind.STALE)
    return patient
