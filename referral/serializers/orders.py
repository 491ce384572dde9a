"""Shapes of orders of examinations and their reports: what the REST door takes and gives."""

from typing import Any, Final

from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import CapabilityCode
from referral import examinations
from referral.models import OrderState
from referral.serializers.referrals import (
    LONG,
    URGENCIES,
    AttachmentOut,
    PersonOut,
    UrgencyField,
)

ITEMS: Final = [(item.code, item.en) for item in examinations.known().values()]
REFERENCE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class OrderQuery(PageQuery):
    """Which orders."""

    box = serializers.ChoiceField(choices=("placed", "to_do"), required=False)
    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    patient = serializers.UUIDField(required=False)
    referral = serializers.UUIDField(
        required=False, help_text="Those of the journey that this leg belongs to."
    )


class OrderSerializer(StrictSerializer):
    """An examination to be carried out by another facility."""

    patient = serializers.UUIDField(source="patient_id")
    centre = serializers.UUIDField(source="centre_id")
    examination = serializers.ChoiceField(choices=ITEMS, source="item")
    question = TextField(max_length=LONG)
    urgency = UrgencyField(required=False)
    referral = serializers.UUIDField(
        required=False,
        source="referral_id",
        help_text="A leg of this patient, which then carries it.",
    )
    duplicate_reason = TextField(
        max_length=500, required=False, help_text="Needed where an earlier one is still recent."
    )


class ReportSerializer(StrictSerializer):
    """A report, or an amendment of one."""

    conclusion = TextField(max_length=LONG)
    recognised = serializers.BooleanField(
        default=False, help_text="The result counts for mutual recognition."
    )
    references = serializers.ListField(
        child=serializers.RegexField(REFERENCE, max_length=64),
        required=False,
        max_length=20,
        help_text="Study or specimen numbers in the centre's systems.",
    )


class CancelOrderSerializer(StrictSerializer):
    """Why an order is withdrawn."""

    reason = TextField(max_length=200)


class ExaminationOut(serializers.Serializer[Any]):
    """What is examined."""

    code = serializers.ChoiceField(choices=ITEMS)
    name = serializers.CharField()
    capability = serializers.ChoiceField(choices=CapabilityCode.choices)


class DuplicateOut(serializers.Serializer[Any]):
    """An earlier examination of the same kind."""

    facility = serializers.CharField()
    on = serializers.DateField()
    state = serializers.ChoiceField(choices=OrderState.choices)
    recognised = serializers.BooleanField()


class ReportOut(serializers.Serializer[Any]):
    """One edition of a report."""

    version = serializers.IntegerField()
    conclusion = serializers.CharField()
    references = serializers.ListField(child=serializers.CharField())
    recognised = serializers.BooleanField()
    reported_by = serializers.CharField()
    at = serializers.DateTimeField()


class OrderRowOut(serializers.Serializer[Any]):
    """An order in a list."""

    id = serializers.UUIDField()
    patient = PersonOut(allow_null=True)
    examination = ExaminationOut()
    facility = NamedOut()
    centre = NamedOut()
    urgency = serializers.ChoiceField(choices=URGENCIES)
    state = serializers.ChoiceField(choices=OrderState.choices)
    referral = serializers.UUIDField(allow_null=True)
    ordered_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField(allow_null=True)
    reported_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)


class OrderPageOut(PageSerializer):
    """A page of orders."""

    results = OrderRowOut(many=True)


class AwaitedOrderOut(serializers.Serializer[Any]):
    """An emergency order whose consent must still be recorded, with `POST patients/{id}/consents/`."""

    order = OrderRowOut()
    due_at = serializers.DateTimeField()
    overdue = serializers.BooleanField()


class AwaitedOrderPageOut(PageSerializer):
    """A page of them, the longest waiting first."""

    results = AwaitedOrderOut(many=True)


class OrderOut(OrderRowOut):
    """A whole order; `duplicates` are told when it is placed."""

    question = serializers.CharField()
    duplicate_reason = serializers.CharField()
    ordered_by = serializers.CharField()
    received_by = serializers.CharField(allow_null=True)
    cancel_reason = serializers.CharField()
    duplicates = DuplicateOut(many=True)
    reports = ReportOut(many=True)
    files = AttachmentOut(many=True, help_text="Empty for who no longer sees the patient.")
