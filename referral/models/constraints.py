"""Says in constraints what states imply, so that an incoherent row is impossible."""

from django.db import models
from django.db.models import Q

from referral.states import Status


def values(statuses: frozenset[Status]) -> list[str]:
    """Return the stored words of some states, in a fixed order."""
    return sorted(status.value for status in statuses)


def iff(name: str, left: Q, right: Q) -> models.CheckConstraint:
    """Return a constraint by which both sides hold together or not at all."""
    return models.CheckConstraint(name=name, condition=(left & right) | (~left & ~right))


def implies(name: str, left: Q, right: Q) -> models.CheckConstraint:
    """Return a constraint by which the right side holds wherever the left one does."""
    return models.CheckConstraint(name=name, condition=~left | right)
