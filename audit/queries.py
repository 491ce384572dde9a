"""Reads of the audit trail: who looked at or changed this patient or referral."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from audit.models import Event


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
