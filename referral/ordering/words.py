"""Gives an order of an examination its words, icons and colours; pages show no raw code."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from facilities.models import Facility
from patients.models import Patient
from referral import examinations, pages, wording
from referral.models import ExaminationOrder, OrderState
from referral.states import Urgency

STATES: Final[dict[str, wording.Mark]] = {
    OrderState.ORDERED: wording.Mark(OrderState.ORDERED.label, "send", "blue"),
    OrderState.RECEIVED: wording.Mark(OrderState.RECEIVED.label, "check", "teal"),
    OrderState.REPORTED: wording.Mark(OrderState.REPORTED.label, "flag", "green"),
    OrderState.CANCELLED: wording.Mark(OrderState.CANCELLED.label, "ban", "grey"),
}


def centre(place: Facility, idle: Any) -> str:
    """Return what a form calls a place that carries out orders: with its first idle session, if it offers any."""
    if idle is None:
        return place.name
    begins = timezone.localtime(idle.starts_at)
    said = _("%(place)s: idle equipment offered on %(when)s, %(free)s places")
    return said % {"place": place.name, "when": f"{begins:%m-%d %H:%M}", "free": idle.free}


def line(order: ExaminationOrder, patients: Mapping[UUID, Patient]) -> dict[str, Any]:
    """Return an order as a list shows it."""
    item = examinations.known().get(order.item)
    return {
        "order": order,
        "person": pages.person(patients.get(order.patient_id)),
        "examination": item.name if item else order.item,
        "state": STATES[order.state],
        "urgency": wording.urgency(order.urgency),
        "hurried": order.urgency < Urgency.ROUTINE,
    }
