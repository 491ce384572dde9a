"""Makes one object of each kind and state that the matrix names, and says how each address is asked about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import Any, Final
from uuid import UUID

import orjson
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from accounts import scope
from accounts.permissions import Role
from notifications import actions as notifying
from notifications.models import (
    ChannelKind,
    DeliveryTask,
    Notice,
    OutboxMessage,
    Side,
    Subscription,
    TaskReason,
)
from patients import actions as patients
from patients.models import Consent, ConsentPurpose, FamilyDoctorContract
from referral import actions, documents
from referral.models import Attachment, Message, Referral
from referral.states import Status
from tests.referral.files import pdf
from tests.referral.pools import make_pool
from tests.security import beside
from tests.security.advice import make_advice
from tests.security.routes import FILES, Route, api_routes
from tests.security.world import SLIP, Person, World, act

# What cleaning leaves as it is.
PDF: Final = documents.checked("a.pdf", pdf()).content
OBSERVED: Final = {"needs_higher_level_examination": {"value": True}}
JSON: Final = "application/json"
_passport = count(1)


@dataclass(frozen=True)
class Asked:
    """One request, as bytes."""

    method: str
    path: str
    body: bytes = b""
    content_type: str = JSON

    def send(self, client: Client, person: Person | None, **headers: str) -> HttpResponse:
        """Send it as a person, or as nobody."""
        signed = {**(person.headers if person else {}), **headers}
        kind = self.content_type if self.body else ""
        return client.generic(self.method, self.path, self.body, kind, headers=signed)  # type: ignore[return-value]


class Objects:
    """The objects of the matrix; those that cost little are made at once, so that no test sees them appear."""

    def __init__(self, world: World) -> None:
        self.world = world
        clinic = world.doctor("sender")
        made = {
            "draft": world.draft(),
            "review": act(clinic, actions.request_review, world.draft().pk),
            "submitted": world.submitted(through_former=True),
            "asked": world.leg(Status.INFORMATION_REQUESTED, through_former=True),
            "accepted": world.leg(Status.ACCEPTED, through_former=True),
            "scheduled": world.leg(Status.SCHEDULED, through_former=True),
            "arrived": world.leg(Status.ARRIVED, through_former=True),
            "completed": world.leg(Status.COMPLETED, through_former=True),
            "declined": world.leg(Status.DECLINED, through_former=True),
            "emergency": world.emergency(),
            "rushed": world.emergency(reason=""),
            "held": world.submitted(through_former=True),
            "assessed": self._assessed(),
            "outside": world.outside(),
            "down": world.returned()[1],
            "down-draft": world.returned(status=Status.DRAFT)[1],
            "ordered": world.submitted(through_former=True),
        }
        submitted = made["submitted"]
        assert submitted.previous is not None
        self.legs: dict[str, Referral] = {**made, "redirected": submitted.previous}
        self.line: Message = act(clinic, actions.send_message, submitted.pk, text="请尽快")
        self.advice = make_advice(world)
        document = documents.checked("心电图.pdf", PDF)
        self.attachment: Attachment = act(clinic, actions.attach, submitted.pk, document=document)
        down = made["down"].pk
        act(clinic, actions.record_follow_up, down, method="phone", findings="血压平稳")
        self.contract: FamilyDoctorContract = act(
            clinic,
            patients.sign_contract,
            submitted.patient_id,
            starts=timezone.localdate() - timedelta(days=30),
        )
        self.pool = make_pool(world.facilities["receiver"], places=20)
        act(clinic, actions.hold, made["held"].pk, pool_id=self.pool.pk)
        self.webhook: Subscription = act(
            world.who("sender", Role.INTEGRATOR).actor,
            notifying.create_subscription,
            channel=ChannelKind.WEBHOOK,
            address="https://hooks.example.org/referral",
        )
        self.order = beside.place_order(world, made["ordered"])
        self.file = beside.add_file(world, self.order, document)
        self.delegation = beside.make_delegation(world)
        self.event = beside.make_event(world)
        self.rule = beside.plan_limit(world)
        self.figures = beside.send_figures(world)
        self.export = beside.take_out(world)
        self.run = beside.try_out(self)
        self.message = self._message("receiver")
        self.notice = self._notice()
        self.task = self._task()

    def _assessed(self) -> Referral:
        """Return a submitted leg for which the sender kept observations."""
        clinic = self.world.doctor("sender")
        draft = self.world.draft()
        act(clinic, actions.assess, draft.pk, observed=OBSERVED)
        return act(clinic, actions.submit, draft.pk)

    def _message(self, relation: str) -> OutboxMessage:
        recipient = self.world.facilities[relation].pk
        found = OutboxMessage.objects.filter(recipient_id=recipient).first()
        assert found is not None
        return found

    def _notice(self) -> Notice:
        message = self.message
        return Notice.objects.create(
            outbox=message,
            recipient_id=message.recipient_id,
            topic=message.topic,
            payload=message.payload,
            subject=message.subject,
            sequence=message.sequence,
            priority=message.priority,
        )

    def _task(self) -> DeliveryTask:
        return DeliveryTask.objects.create(
            message=self.message,
            holder_id=self.world.facilities["sender"].pk,
            side=Side.ORIGIN,
            reason=TaskReason.UNDELIVERED,
        )

    @cached_property
    def consents(self) -> dict[UUID, UUID]:
        """The consent to referral of each patient of a leg, read as the sender."""
        asked = [leg.patient_id for leg in self.legs.values()]
        with scope.transaction_as(self.world.doctor("sender")):
            rows = list(Consent.objects.filter(patient__in=asked, purpose=ConsentPurpose.REFERRAL))
        return {row.patient_id: row.pk for row in rows}

    def parameters(self, name: str) -> dict[str, Any]:
        """Return the ids that addresses about the object `name` need, by parameter."""
        leg = self.legs.get(name)
        found: dict[str, Any] = {
            "code": "acceptance-rate",
            "facility_id": self.world.facilities["receiver"].pk,
            "alliance_id": self.world.alliance.pk,
            "delegation_id": self.delegation.pk,
            "event_id": self.event.pk,
            "rule_id": self.rule.pk,
            "order_id": self.order.pk,
            "file_id": self.file.pk,
            "webhook_id": self.webhook.pk,
            "message_id": self.message.pk,
            "notice_id": self.notice.pk,
            "task_id": self.task.pk,
            "import_id": self.figures.pk,
            "export_id": self.export.pk,
            "run_id": self.run.pk,
            "attachment_id": self.attachment.pk,
            "contract_id": self.contract.pk,
            "pool_id": self.pool.pk,
            "advice_id": self.advice.get(name, self.advice["asked-advice"]).pk,
        }
        if leg is not None:
            found["referral_id"] = leg.pk
            found["episode_id"] = leg.episode_id
            found["patient_id"] = leg.patient_id
            found["consent_id"] = self.consents[leg.patient_id]
        return found

    def path(self, route: Route, name: str, **other: UUID) -> str:
        """Return an address about the object `name`, with `other` ids in place of its own."""
        known = {**self.parameters(name), **other}
        return reverse(route.name, kwargs={each: known[each] for each in route.parameters})

    def body(self, address: str, method: str, name: str) -> Any:
        """Return a body that the address takes and acts on, None for none."""
        if method not in {"POST", "PUT", "PATCH"}:
            return None
        made = BODIES.get((address, method), BODIES.get((address, ""), {}))
        return made(self, name) if callable(made) else made

    def ask(self, address: str, method: str, name: str, **other: UUID) -> Asked:
        """Return the request by which a cell of the matrix is tried."""
        path = self.path(api_routes()[address], name, **other)
        if address == "import-list" and method == "POST":
            file = SimpleUploadedFile("a.csv", b"code,kind,month,value\n", "text/csv")
            content = encode_multipart(BOUNDARY, {"file": file, "kind": "volumes"})
            return Asked(method, path, content, MULTIPART_CONTENT)
        if address in FILES and method == "POST":
            file = SimpleUploadedFile("b.pdf", PDF, "application/pdf")
            return Asked(
                method, path, encode_multipart(BOUNDARY, {"file": file}), MULTIPART_CONTENT
            )
        if address == "messages-unread":
            path += f"?referrals={self.legs['submitted'].pk}"
        body = self.body(address, method, name)
        return Asked(method, path, b"" if body is None else orjson.dumps(body))


def _new_patient(objects: Objects, name: str) -> dict[str, Any]:
    return {
        "name": "李四",
        "birth_date": "1970-01-01",
        "gender": "2",
        "identifiers": [{"kind": "passport", "value": f"N{next(_passport):08}"}],
        "consent": {"given": True, "method": "paper", "given_by": "self"},
    }


def _new_referral(objects: Objects, name: str) -> dict[str, Any]:
    """Send the object's patient to a second hospital of the alliance, which none of the columns is."""
    return {
        "patient": objects.legs[name].patient_id,
        "to_facility": objects.world.destination.pk,
        **SLIP,
        "diagnosis_code": "J18.9",  # another illness than the one that is under way
        "submit": True,
    }


def _read(objects: Objects, name: str) -> dict[str, Any]:
    return {"up_to": objects.line.pk}


def _question(objects: Objects, name: str) -> dict[str, Any]:
    return {
        "patient": objects.legs[name].patient_id,
        "to_facility": objects.world.destination.pk,
        "question": "需要上转吗？",
    }


def _where_to(objects: Objects, name: str) -> dict[str, Any]:
    """Ask where the object's patient can go, or anybody."""
    leg = objects.legs.get(name)
    return {"diagnosis": "I20.0", **({"patient": leg.patient_id} if leg else {})}


def _complete(objects: Objects, name: str) -> dict[str, Any]:
    if name == "down":
        return {"outcome": "follow_up_done"}
    return {"outcome": "improved", "no_return_reason": "recovered"}


def _deputy(objects: Objects, name: str) -> dict[str, Any]:
    """Let the sender's hospital doctor act for its clinic doctor."""
    today = timezone.localdate()
    return {
        "principal": objects.world.who("sender", Role.CLINIC_DOCTOR).user.pk,
        "deputy": objects.world.who("sender", Role.HOSPITAL_DOCTOR).user.pk,
        "starts": today,
        "ends": today + timedelta(days=7),
        "reason": "外出进修",
    }


def _handed_on(objects: Objects, name: str) -> dict[str, Any]:
    """Let the sender's hospital doctor answer for the leg."""
    person = objects.world.who("sender", Role.HOSPITAL_DOCTOR)
    return {"referrals": [objects.legs[name].pk], "user": person.user.pk}


def _blood_test(objects: Objects, name: str) -> dict[str, Any]:
    return {
        "patient": objects.legs[name].patient_id,
        "centre": objects.world.facilities["third"].pk,
        "examination": "biochemistry",
        "question": "肾功能?",
    }


def _tomorrow(objects: Objects, name: str) -> dict[str, Any]:
    return {"scheduled_for": timezone.now() + timedelta(days=1)}


def _seat(objects: Objects, name: str) -> dict[str, Any]:
    return {"pool": objects.pool.pk}


def _plan(objects: Objects, name: str) -> dict[str, Any]:
    morning = {"weekday": 1, "session": "morning", "begins": "08:00", "ends": "11:30", "places": 9}
    return {
        "department": objects.pool.department_id,
        "doctor_grade": "chief",
        "start": timezone.localdate(),
        "weeks": 2,
        "sessions": [morning],
    }


def _elsewhere(objects: Objects, name: str) -> dict[str, Any]:
    return {"to_facility": objects.world.destination.pk}


WORDS: Final = {"note": "请补充"}
CONSENT: Final = {"given": True, "method": "paper", "given_by": "self"}
BODIES: Final[dict[tuple[str, str], dict[str, Any] | Callable[[Objects, str], dict[str, Any]]]] = {
    ("patient-list", "POST"): _new_patient,
    ("export-list", "POST"): {"kind": "indicators", "format": "csv"},
    ("patient-search", "POST"): {"name": "张三"},
    ("patient-detail", "PATCH"): {"address": "上海市浦东新区世纪大道1号"},
    ("patient-reveal", "POST"): {"reason": "treatment"},
    ("patient-consents", "POST"): {**CONSENT, "purpose": "data_sharing"},
    ("patient-contracts", "POST"): {"starts": "2026-01-01"},
    ("order-list", "POST"): _blood_test,
    ("order-report", "POST"): {"conclusion": "未见异常", "recognised": True},
    ("order-cancel", "POST"): {"reason": "患者已外院检查"},
    ("assignment-list", "POST"): _handed_on,
    ("delegation-list", "POST"): _deputy,
    ("event-list", "POST"): beside.epidemic,
    ("facility-slots", "POST"): _plan,
    ("facility-slot", "PATCH"): {"places": 30},
    ("referral-hold", "POST"): _seat,
    ("referral-list", "POST"): _new_referral,
    ("referral-detail", "PATCH"): {"allergies": "青霉素"},
    ("facility-needs", "POST"): {"needs": [{"item": "ecg", "level": "soft"}]},
    ("completeness-check", "POST"): SLIP,
    ("referral-consents", "POST"): CONSENT,
    ("referral-documentation", "POST"): {"reason": "突发胸痛两小时"},
    ("destination-list", "POST"): _where_to,
    ("referral-messages", "POST"): {"text": "收到"},
    ("referral-messages-read", "POST"): _read,
    ("advice-list", "POST"): _question,
    ("advice-answer", "POST"): {"answer": "可在当地治疗"},
    ("referral-follow-ups", "POST"): {"method": "home", "findings": "血压平稳"},
    ("referral-send-back", "POST"): WORDS,
    ("referral-answer", "POST"): WORDS,
    ("referral-ask-information", "POST"): WORDS,
    ("referral-void", "POST"): WORDS,
    ("referral-cancel", "POST"): {"reason": "duplicate"},
    ("referral-decline", "POST"): {"reason": "capacity"},
    ("referral-schedule", "POST"): _tomorrow,
    ("referral-reschedule", "POST"): _tomorrow,
    ("referral-put-off", "POST"): {"reason": "other_time"},
    ("referral-redirect", "POST"): _elsewhere,
    ("referral-complete", "POST"): _complete,
    ("alliance-limits", "POST"): {
        "stage": "answer",
        "urgency": "routine",
        "direction": "up",
        "minutes": 240,
        "clock": "calendar",
        "source": "2026年第3号通知",
    },
    ("alliance-automatic-steps", "POST"): {"stage": "answer", "action": "expire"},
    ("criteria-evaluate", "POST"): {
        "diagnosis": "I10",
        "from_tier": 1,
        "to_tier": 2,
        "observations": {"sbp": {"value": 180, "unit": "mmHg"}},
    },
    ("referral-assessment", "PUT"): {"observations": OBSERVED},
    ("referral-down-candidate", "POST"): {"reason": "awaiting_result"},
    ("capitation-agreements", "POST"): beside.agreed,
    ("what-if-list", "POST"): beside.tried,
    ("webhook-list", "POST"): {"url": "https://hooks.example.org/second"},
    ("webhook-detail", "PATCH"): {"topics": ["referral.*"]},
    ("webhook-redeliver", "POST"): {"since": "2026-01-01T00:00:00+08:00"},
}
