"""Makes plain dictionaries of orders of examinations and their reports; patients are masked or absent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from facilities.representations.directory import named
from patients.models import Patient
from patients.representations import summary
from referral import examinations
from referral.models import ExaminationFile, ExaminationOrder, ExaminationReport
from referral.queries.orders import Earlier
from referral.representations.referrals import attachment
from referral.states import Urgency


def row(order: ExaminationOrder, patients: Mapping[UUID, Patient]) -> dict[str, Any]:
    """Return an order as a list shows it, with the patient where the reader still sees one."""
    patient = patients.get(order.patient_id)
    item = examinations.known().get(order.item)
    return {
        "id": order.pk,
        "patient": summary(patient) if patient else None,
        "examination": {
            "code": order.item,
            "name": item.name if item else order.item,
            "capability": order.capability,
        },
        "facility": named(order.facility),
        "centre": named(order.centre),
        "urgency": Urgency(order.urgency).name.lower(),
        "state": order.state,
        "referral": order.referral_id,
        "ordered_at": order.ordered_at,
        "received_at": order.received_at,
        "reported_at": order.reported_at,
        "cancelled_at": order.cancelled_at,
    }


def awaited(
    order: ExaminationOrder, patients: Mapping[UUID, Patient], at: datetime
) -> dict[str, Any]:
    """Return an order with by when its consent must be recorded (order_consents.awaited_by)."""
    due: datetime = order.consent_awaited.due_at
    return {"order": row(order, patients), "due_at": due, "overdue": due < at}


def whole(
    order: ExaminationOrder,
    patients: Mapping[UUID, Patient],
    reports: Iterable[ExaminationReport],
    files: Iterable[ExaminationFile],
    earlier: Sequence[Earlier] = (),
) -> dict[str, Any]:
    """Return an order with its reports and, just after it was placed, the earlier ones that it repeats.

    Files bear the name of the patient, also in their own, so that they show with the patient alone.
    """
    shown = files if order.patient_id in patients else ()
    return {
        **row(order, patients),
        "question": order.question,
        "duplicate_reason": order.duplicate_reason,
        "ordered_by": order.ordered_by.full_name,
        "received_by": order.received_by.full_name if order.received_by else None,
        "cancel_reason": _why(order),
        "duplicates": [asdict(each) for each in earlier],
        "reports": [_report(report) for report in reports],
        "files": [attachment(file) for file in shown],
    }


def _why(order: ExaminationOrder) -> str:
    if order.cancelled_at is not None and order.cancelled_by_id is None:
        return str(_("The centre no longer takes this order: place it with another one."))
    return order.cancel_reason


def _report(report: ExaminationReport) -> dict[str, Any]:
    return {
        "version": report.version,
        "conclusion": report.conclusion,
        "references": report.references,
        "recognised": report.recognised,
        "reported_by": report.reported_by.full_name,
        "at": report.at,
    }
