"""Orders examinations from another facility, takes them on, reports them, withdraws them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actors import Actor
from accounts.errors import Kind, Refused, not_found
from audit import record
from facilities import hierarchy
from facilities.queries import directory
from notifications import outbox
from patients import actions as patients
from patients.models import AccessPurpose
from referral import documents, examinations, messages
from referral.actions import order_consents, sending
from referral.actions.moving import demand
from referral.models import (
    ExaminationFile,
    ExaminationOrder,
    ExaminationReport,
    OrderState,
    Referral,
)
from referral.policy import consents as policy_consents
from referral.policy import orders as policy_orders
from referral.policy import referrals as policy
from referral.queries import orders as queries
from referral.states import Urgency

# The reason of an order that nobody withdrew: the code word is kept, the reader's language shown.
CENTRE_GONE: Final = "centre-gone"


def place_order(
    patient_id: UUID,
    *,
    by: Actor,
    centre_id: UUID,
    item: str,
    question: str,
    urgency: int = Urgency.ROUTINE,
    referral_id: UUID | None = None,
    duplicate_reason: str = "",
    now: datetime | None = None,
) -> tuple[ExaminationOrder, list[queries.Earlier]]:
    """Order an examination; returns the order and the earlier ones that it repeats.

    The centre sees the patient from here to the report. An emergency may go before the patient has
    consented, and is asked for it afterwards. Raises Refused: `patient-not-found`,
    `consent-required`, `unknown-leg`, `duplicate-examination` with the `duplicates`, and as
    `policy_orders.may_choose`.
    """
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    demand(policy_orders.may_order(by))
    examination = examinations.known()[item]
    person = sending.patient_of(patient_id, at=by.place, on=today)
    demand(policy_consents.may_proceed(person, urgency))
    demand(_fit(by.place, centre_id, examination.capability, on=today))
    leg = _leg(referral_id, person.id, by=by) if referral_id else None
    found = queries.earlier(person.id, item, moment - examination.repeat)
    _demand_reason(found, duplicate_reason)
    order = ExaminationOrder(
        patient_id=person.id,
        referral=leg,
        episode_id=leg.episode_id if leg else None,
        facility_id=by.place,
        centre_id=centre_id,
        capability=examination.capability,
        item=item,
        question=question,
        urgency=urgency,
        duplicate_reason=duplicate_reason if found else "",
        ordered_by_id=by.person,
        ordered_at=moment,
    )
    _file(order, by=by, now=moment, consented=person.consent_id is not None)
    return order, found


def receive_order(order_id: UUID, *, by: Actor, now: datetime | None = None) -> ExaminationOrder:
    """Take an order on at the centre."""
    moment = now or timezone.now()
    order = _locked(order_id, by=by)
    demand(policy_orders.may_receive_order(order, by))
    order.state = OrderState.RECEIVED
    order.received_by_id, order.received_at = by.user_id, moment
    order.save(update_fields=["state", "received_by", "received_at"])
    _tell(order, "order.received", 2, by=by, now=moment)
    return order


def report_order(
    order_id: UUID,
    *,
    by: Actor,
    conclusion: str,
    recognised: bool = False,
    references: Sequence[str] = (),
    now: datetime | None = None,
) -> ExaminationReport:
    """Report on an order, or amend the report by a further edition; the centre's access ends.

    Who reports what was never marked as received has received it.
    """
    moment = now or timezone.now()
    order = _locked(order_id, by=by)
    demand(policy_orders.may_report(order, by))
    first = order.state != OrderState.REPORTED
    if first:
        if order.received_at is None:
            order.received_by_id, order.received_at = by.user_id, moment
        order.state, order.reported_at = OrderState.REPORTED, moment
        order.save(update_fields=["state", "received_by", "received_at", "reported_at"])
    version = 1 if first else queries.reports(order)[0].version + 1
    report = ExaminationReport(
        order=order,
        version=version,
        facility_id=by.place,
        conclusion=conclusion,
        references=list(references),
        recognised=recognised,
        reported_by_id=by.person,
        at=moment,
    )
    report.save(force_insert=True)
    if first:
        patients.end_access(order.id, order.centre_id, ends=moment, by=by)
    _tell(order, "order.reported" if first else "order.amended", 2 + version, by=by, now=moment)
    return report


def attach_to_order(
    order_id: UUID, *, by: Actor, document: documents.Document, now: datetime | None = None
) -> ExaminationFile:
    """Keep a checked file of the centre with an order, before the report or after; it is stored before its row.

    Raises Refused `too-many-files`, and as `report_order`. The lock of the order makes the count true.
    """
    moment = now or timezone.now()
    order = _locked(order_id, by=by)
    demand(policy_orders.may_add_file(order, by, known=queries.files(order).count()))
    file = ExaminationFile(
        order=order,
        facility_id=by.place,
        uploaded_by_id=by.user_id,
        uploaded_at=moment,
        **document.described,
    )
    documents.store(file.id, document)
    file.save(force_insert=True)
    _tell(order, "order.file_added", 1, by=by, now=moment, subject=file.id)
    return file


def cancel_order(
    order_id: UUID, *, by: Actor, reason: str, now: datetime | None = None
) -> ExaminationOrder:
    """Withdraw an order that is not reported yet; the centre's access ends."""
    moment = now or timezone.now()
    order = _locked(order_id, by=by)
    demand(policy_orders.may_cancel_order(order, by))
    return _withdraw(order, "order.cancelled", reason, by=by, now=moment)


def hand_back(order_id: UUID, *, by: Actor, now: datetime) -> bool:
    """Withdraw an order that waits at a centre which could not take it any more; returns whether it does.

    What the centre has taken on is left to it, since a specimen may be under way. A person may have acted
    meanwhile, or the centre be connected again.
    """
    order = queries.lock(order_id, by)
    if order is None or order.state != OrderState.ORDERED:
        return False
    today = timezone.localdate(now)
    if _fit(order.facility_id, order.centre_id, order.capability, on=today).allowed:
        return False
    _withdraw(order, "order.handed_back", CENTRE_GONE, by=by, now=now)
    return True


def _withdraw(
    order: ExaminationOrder, topic: str, reason: str, *, by: Actor, now: datetime
) -> ExaminationOrder:
    order.state, order.cancel_reason = OrderState.CANCELLED, reason
    order.cancelled_by_id, order.cancelled_at = by.user_id, now
    order.save(update_fields=["state", "cancel_reason", "cancelled_by", "cancelled_at"])
    patients.end_access(order.id, order.centre_id, ends=now, by=by)
    _tell(order, topic, 3, by=by, now=now)
    return order


def _fit(facility_id: UUID, centre_id: UUID, capability: str, *, on: date) -> policy.Verdict:
    """Say whether a centre is connected to a facility and able on a day, as `policy_orders.may_choose`."""
    route = hierarchy.route(facility_id, centre_id, on)
    capable = directory.is_able(centre_id, capability, on)
    return policy_orders.may_choose(route, capable=capable)


def _demand_reason(found: Sequence[queries.Earlier], reason: str) -> None:
    if found and not reason:
        raise Refused(
            "duplicate-examination",
            _("The patient had this examination lately: use its result, or say why to repeat it."),
            facts={"duplicates": [asdict(each) for each in found]},
        )


def _leg(referral_id: UUID, patient_id: UUID, *, by: Actor) -> Referral:
    leg = queries.leg_of(referral_id, patient_id, by)
    if leg is None:
        text = _("Your facility has no such referral of this patient.")
        errors = {"referral": [str(text)]}
        raise Refused("unknown-leg", text, kind=Kind.UNPROCESSABLE, errors=errors)
    return leg


def _file(order: ExaminationOrder, *, by: Actor, now: datetime, consented: bool) -> None:
    """Insert an order, let the centre see the patient for it, and tell the centre.

    Only an emergency comes so far without consent, which is called for afterwards.
    """
    order.save(force_insert=True)
    patients.grant_access(
        order.patient_id,
        order.centre_id,
        purpose=AccessPurpose.EXAMINATION,
        reference=order.id,
        starts=now,
        by=by,
    )
    _tell(order, "order.placed", 1, by=by, now=now)
    if not consented:
        order_consents.ask_afterwards(order, now=now)


def _locked(order_id: UUID, *, by: Actor) -> ExaminationOrder:
    order = queries.lock(order_id, by)
    if order is None:
        # Whoever only reads it, as the receiver of the leg, has nothing to lock in it.
        demand(policy_orders.NOT_END if queries.find(order_id, by) else policy.YES)
        raise not_found()
    return order


def _tell(
    order: ExaminationOrder,
    topic: str,
    sequence: int,
    *,
    by: Actor,
    now: datetime,
    subject: UUID | None = None,
) -> None:
    """Tell the other end."""
    ends = [order.facility_id, order.centre_id]
    outbox.post(
        topic,
        messages.order_payload(order, now),
        [end for end in ends if end != by.facility_id],
        priority=order.urgency,
        subject=subject or order.pk,
        sequence=sequence,
        origin=by.facility_id,
    )
    record.change(by, patient=order.patient_id, referral=order.referral_id, what=topic)
