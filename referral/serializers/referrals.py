"""Checks what the API takes in for referrals, and documents what it gives out."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import EmptySerializer, PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import Direction
from referral.codes import (
    CancelReason,
    DeclineReason,
    NoReturnReason,
    Outcome,
    PutOffReason,
    ReferralReason,
    Setting,
    SkipReason,
)
from referral.serializers.observations import AssessedSerializer
from referral.serializers.plans import CarriedFields, PlanOut
from referral.serializers.sending import MissingSerializer, SendSerializer
from referral.serializers.visits import NOTE, AcceptSerializer, NoteSerializer, ScheduleSerializer
from referral.states import TRANSITIONS, Status, Urgency

LONG = 4000
URGENCIES = [(urgency.name.lower(), urgency.label) for urgency in Urgency]
BOXES = ("inbox", "sent", "tracking", "overdue", "documentation", "drafts")


class UrgencyField(serializers.ChoiceField):
    """`emergency`, `urgent` or `routine`, as the number that orders them."""

    def __init__(self, **options: Any) -> None:
        """Offer the three urgencies."""
        super().__init__(choices=URGENCIES, **options)

    def to_internal_value(self, data: Any) -> int:  # type: ignore[override]
        """Return the number of the urgency."""
        return int(Urgency[super().to_internal_value(data).upper()])


class NarrativeSerializer(StrictSerializer):
    """What the slip says of the patient, in the words of the sender."""

    diagnosis_code = TextField(max_length=20, required=False, allow_blank=True)
    diagnosis = TextField(max_length=LONG, required=False, allow_blank=True)
    reason_code = serializers.ChoiceField(
        choices=ReferralReason.choices, required=False, allow_blank=True
    )
    reason = TextField(max_length=LONG, required=False, allow_blank=True)
    past_history = TextField(max_length=LONG, required=False, allow_blank=True)
    allergies = TextField(max_length=LONG, required=False, allow_blank=True)
    treatment = TextField(max_length=LONG, required=False, allow_blank=True)
    results = TextField(max_length=LONG, required=False, allow_blank=True)
    plan = TextField(max_length=LONG, required=False, allow_blank=True)
    rehabilitation = TextField(max_length=LONG, required=False, allow_blank=True)
    inpatient_no = TextField(max_length=40, required=False, allow_blank=True)
    contact_phone = TextField(max_length=30, required=False, allow_blank=True)


class SlipSerializer(NarrativeSerializer):
    """The parts of the official two-way referral slip that the sender writes (domain.md §1.1)."""

    to_facility = serializers.UUIDField(required=False, allow_null=True, source="to_facility_id")
    to_department = serializers.UUIDField(
        required=False, allow_null=True, source="to_department_id"
    )
    urgency = UrgencyField(required=False)
    setting = serializers.ChoiceField(choices=Setting.choices, required=False)
    skip_reason = serializers.ChoiceField(
        choices=SkipReason.choices,
        required=False,
        help_text="Why a step of the alliance is left out, or a facility outside the network chosen.",
    )
    skip_note = TextField(max_length=NOTE, required=False, allow_blank=True)
    outside = serializers.BooleanField(
        required=False, help_text="True: the destination may be in no alliance with the sender."
    )


class CreateSerializer(CarriedFields, SlipSerializer, SendSerializer, AssessedSerializer):
    """A new referral: a draft, or with `submit` sent at once."""

    patient = serializers.UUIDField()
    previous = serializers.UUIDField(
        required=False,
        source="previous_id",
        help_text="A leg whose patient has arrived here, to go on in its episode.",
    )
    submit = serializers.BooleanField(default=False)


class DraftSerializer(CarriedFields, SlipSerializer):
    """What changes of a draft; each part of a plan that is given replaces the whole of what was there."""


class ReturnSerializer(CarriedFields, SlipSerializer, SendSerializer):
    """The down leg, prefilled from the up leg; what is given here replaces what was prefilled."""

    submit = serializers.BooleanField(default=False)


class ApproveSerializer(NoteSerializer, SendSerializer):
    """Send what was reviewed, with an optional note."""


class WordsSerializer(StrictSerializer):
    """A move that must say something."""

    note = TextField(max_length=NOTE)


class AskInformationSerializer(WordsSerializer, MissingSerializer):
    """Ask for information."""


class DeclineSerializer(NoteSerializer, MissingSerializer):
    """Decline with a coded reason."""

    reason = serializers.ChoiceField(choices=DeclineReason.choices)


class RedirectSerializer(NoteSerializer):
    """Send on to another facility."""

    to_facility = serializers.UUIDField(source="to_facility_id")
    to_department = serializers.UUIDField(required=False, source="to_department_id")


class CompleteSerializer(NoteSerializer):
    """Complete with the outcome; above with the reason for no return, below with feedback."""

    outcome = serializers.ChoiceField(choices=Outcome.choices)
    no_return_reason = serializers.ChoiceField(choices=NoReturnReason.choices, required=False)
    results = TextField(max_length=LONG, required=False, allow_blank=True)
    feedback = TextField(
        max_length=LONG,
        required=False,
        allow_blank=True,
        help_text="What the community tells the hospital when it closes a return.",
    )


class CancelSerializer(NoteSerializer):
    """Cancel with a coded reason."""

    reason = serializers.ChoiceField(choices=CancelReason.choices)


class PutOffSerializer(NoteSerializer):
    """The patient cannot come to the visit, with a coded reason."""

    reason = serializers.ChoiceField(choices=PutOffReason.choices)


VERB_FORMS: dict[str, type[StrictSerializer]] = {
    "submit": SendSerializer,
    "request_review": EmptySerializer,
    "approve": ApproveSerializer,
    "send_back": WordsSerializer,
    "open": EmptySerializer,
    "ask_information": AskInformationSerializer,
    "answer": WordsSerializer,
    "accept": AcceptSerializer,
    "acknowledge": EmptySerializer,
    "decline": DeclineSerializer,
    "redirect": RedirectSerializer,
    "schedule": ScheduleSerializer,
    "reschedule": ScheduleSerializer,
    "put_off": PutOffSerializer,
    "arrive": EmptySerializer,
    "record_no_show": NoteSerializer,
    "complete": CompleteSerializer,
    "cancel": CancelSerializer,
    "expire": EmptySerializer,
    "void": WordsSerializer,
}


class ListQuery(PageQuery):
    """The filters of the list of referrals."""

    box = serializers.ChoiceField(choices=BOXES, required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    direction = serializers.ChoiceField(choices=Direction.choices, required=False)
    urgency = UrgencyField(required=False)
    department = serializers.UUIDField(required=False)
    patient = serializers.UUIDField(required=False)
    episode = serializers.UUIDField(required=False)
    since = serializers.DateField(required=False, help_text=_("Created on or after this day."))
    until = serializers.DateField(required=False, help_text=_("Created before this day."))
    text = TextField(max_length=100, required=False, help_text=_("Number, or part of a diagnosis."))


class MessageSerializer(StrictSerializer):
    """A line to the other clinician."""

    text = TextField(max_length=2000)


# What the API gives out, for the OpenAPI document; representations.py makes it.


class PersonOut(serializers.Serializer[Any]):
    """A patient, masked; null where the caller may not see who it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    gender = serializers.CharField()
    birth_year = serializers.IntegerField()


class ReferralRowOut(serializers.Serializer[Any]):
    """A referral in a list."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    episode = serializers.UUIDField()
    previous = serializers.UUIDField(allow_null=True)
    patient = PersonOut(allow_null=True)
    patient_age = serializers.IntegerField(allow_null=True)
    direction = serializers.ChoiceField(choices=[*Direction.choices, ("", "")])
    from_facility = NamedOut()
    from_department = NamedOut(allow_null=True)
    to_facility = NamedOut(allow_null=True)
    to_department = NamedOut(allow_null=True)
    from_tier = serializers.IntegerField(allow_null=True)
    to_tier = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=Status.choices)
    urgency = serializers.ChoiceField(choices=URGENCIES)
    setting = serializers.ChoiceField(choices=Setting.choices)
    diagnosis_code = serializers.CharField()
    diagnosis = serializers.CharField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    scheduled_for = serializers.DateTimeField(allow_null=True)
    arrived_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    version = serializers.IntegerField()


class ReferralOut(ReferralRowOut, PlanOut):
    """A whole referral."""

    reason_code = serializers.CharField()
    reason = serializers.CharField()
    past_history = serializers.CharField()
    allergies = serializers.CharField()
    treatment = serializers.CharField()
    results = serializers.CharField()
    plan = serializers.CharField()
    rehabilitation = serializers.CharField()
    inpatient_no = serializers.CharField()
    contact_phone = serializers.CharField()
    filed_by = serializers.CharField(allow_null=True)
    received_by = serializers.CharField(allow_null=True)
    decline_reason = serializers.CharField()
    cancel_reason = serializers.CharField()
    outcome = serializers.CharField()
    no_return_reason = serializers.CharField()
    alliance = serializers.UUIDField(allow_null=True)
    consent = serializers.UUIDField(allow_null=True)
    allowed_actions = serializers.ListField(child=serializers.CharField())
    outside_link = serializers.CharField(
        allow_null=True,
        help_text="Shown once, to the sender of a referral that leaves the network: the receiver opens it.",
    )


class ReferralPageOut(PageSerializer):
    """A page of referrals."""

    results = ReferralRowOut(many=True)


class ActionOut(serializers.Serializer[Any]):
    """A verb, and why not where it is not allowed."""

    verb = serializers.ChoiceField(choices=[*TRANSITIONS, "return", "refer_again"])
    allowed = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class ActionsOut(serializers.Serializer[Any]):
    """Every verb."""

    actions = ActionOut(many=True)


class TransitionOut(serializers.Serializer[Any]):
    """A move in the timeline."""

    version = serializers.IntegerField()
    verb = serializers.CharField()
    from_status = serializers.CharField()
    to_status = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    for_user = serializers.CharField(
        allow_null=True, help_text="The colleague for whom it was done."
    )
    facility = NamedOut(allow_null=True)
    on_behalf_of = NamedOut(allow_null=True)
    reason_code = serializers.CharField()
    note = serializers.CharField()


class TimelineOut(serializers.Serializer[Any]):
    """Every move of a referral, first to last."""

    results = TransitionOut(many=True)


class MessageOut(serializers.Serializer[Any]):
    """A message."""

    id = serializers.UUIDField()
    facility = NamedOut()
    sender = serializers.CharField(allow_null=True)
    text = serializers.CharField()
    sent_at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    read_by = serializers.CharField(allow_null=True)


class MessagePageOut(PageSerializer):
    """A page of messages."""

    results = MessageOut(many=True)


class AttachmentOut(serializers.Serializer[Any]):
    """A document."""

    id = serializers.UUIDField()
    facility = NamedOut()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    uploaded_by = serializers.CharField(allow_null=True)
    uploaded_at = serializers.DateTimeField()


class AttachmentPageOut(PageSerializer):
    """A page of documents."""

    results = AttachmentOut(many=True)


class EpisodeOut(serializers.Serializer[Any]):
    """All visible legs of a journey, where the loop stands, and what is missing to close it."""

    id = serializers.UUIDField()
    patient = PersonOut(allow_null=True)
    origin = serializers.UUIDField()
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    open_legs = serializers.IntegerField()
    loop = serializers.ChoiceField(choices=["open", "closed", "ended_without_return"])
    missing = serializers.ListField(child=serializers.CharField())
    legs = ReferralRowOut(many=True)
