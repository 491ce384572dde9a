"""Checks what the API takes in for time limits, and documents what it says of clocks."""

from typing import Any

from rest_framework import serializers

from accounts.rest import StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import Direction
from referral.models.clocks import LONGEST_MINUTES
from referral.serializers.referrals import URGENCIES, UrgencyField
from referral.stages import LIMITED, Action, Clock, Stage

SOURCE = 200
STEPS = 4
STAGES = [(stage.value, stage.label) for stage in Stage if stage in LIMITED]
AUTOMATIC = [(stage.value, stage.label) for stage in (Stage.ANSWER, Stage.INFORMATION)]
ACTIONS = [*Action.choices, ("off", "off")]


class LimitSerializer(StrictSerializer):
    """A new limit of an alliance; with `preview` nothing is written and only the effect is told."""

    stage = serializers.ChoiceField(choices=STAGES)
    urgency = UrgencyField()
    direction = serializers.ChoiceField(choices=Direction.choices)
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES)
    clock = serializers.ChoiceField(choices=Clock.choices)
    source = TextField(  # type: ignore[assignment]
        max_length=SOURCE, help_text="The document or decision that says so."
    )
    starts = serializers.DateField(
        required=False, help_text="By default today; at most a year ahead."
    )
    preview = serializers.BooleanField(required=False, default=False)


class AutomaticStepSerializer(StrictSerializer):
    """What the system is to do by itself; `off` ends it."""

    stage = serializers.ChoiceField(choices=AUTOMATIC)
    action = serializers.ChoiceField(choices=ACTIONS)
    after_steps = serializers.IntegerField(
        min_value=1, max_value=STEPS, required=False, default=STEPS
    )
    fallback = serializers.UUIDField(required=False, allow_null=True, source="fallback_id")
    starts = serializers.DateField(
        required=False, help_text="By default today; at most a year ahead."
    )


class KindOut(serializers.Serializer[Any]):
    """Documents which legs a limit is for."""

    stage = serializers.ChoiceField(choices=STAGES)
    urgency = serializers.ChoiceField(choices=URGENCIES)
    direction = serializers.ChoiceField(choices=Direction.choices)
    minutes = serializers.IntegerField()
    clock = serializers.ChoiceField(choices=Clock.choices)


class LimitInForceOut(KindOut):
    """Documents a limit as it holds today; `own` where the alliance has set it."""

    source = serializers.CharField()  # type: ignore[assignment]
    own = serializers.BooleanField()


class LimitOut(KindOut):
    """Documents a row of an alliance's own."""

    id = serializers.UUIDField()
    source = serializers.CharField()  # type: ignore[assignment]
    starts = serializers.DateField()
    ends = serializers.DateField(
        allow_null=True,
        help_text="First day after; the day of `starts` itself where it was withdrawn.",
    )
    set_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class LimitsOut(serializers.Serializer[Any]):
    """Documents the limits of an alliance: those in force today, and every row it has set."""

    in_force = LimitInForceOut(many=True)
    own = LimitOut(many=True)


class EffectOut(serializers.Serializer[Any]):
    """Documents what a limit does to the open legs of its kind, counted."""

    waiting = serializers.IntegerField(help_text="Open legs that stand in this stage.")
    overdue_now = serializers.IntegerField()
    overdue_then = serializers.IntegerField(
        help_text="With the new limit for the legs submitted from its first day on."
    )
    overdue_if_all = serializers.IntegerField(
        help_text="If the new limit held for every open leg: can the receivers keep it?"
    )


class LimitSetOut(serializers.Serializer[Any]):
    """Documents a limit that was set, or with `preview` only looked at, and its effect."""

    limit = LimitOut(allow_null=True)
    effect = EffectOut()


class AutomaticStepOut(serializers.Serializer[Any]):
    """Documents what the system does by itself."""

    id = serializers.UUIDField()
    stage = serializers.ChoiceField(choices=AUTOMATIC)
    action = serializers.ChoiceField(choices=Action.choices)
    after_steps = serializers.IntegerField()
    fallback = NamedOut(allow_null=True)
    starts = serializers.DateField()
    ends = serializers.DateField(
        allow_null=True,
        help_text="First day after; the day of `starts` itself where it was withdrawn.",
    )
    set_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


class AutomaticStepsOut(serializers.Serializer[Any]):
    """Documents every automatic step that an alliance has switched on, the newest first."""

    results = AutomaticStepOut(many=True)


class OwnerOut(NamedOut):
    """Documents who owes the next step, and whom to ring."""

    phone = serializers.CharField()
    duty_phone = serializers.CharField(help_text="Day and night.")


class PauseOut(serializers.Serializer[Any]):
    """Documents a question; `until` is null while it waits."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class CallOut(serializers.Serializer[Any]):
    """Documents a call of the ladder that was made."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    due_at = serializers.DateTimeField()
    step = serializers.IntegerField()
    window = serializers.IntegerField(help_text="Repetition of the last step, 0 for none.")
    audience = serializers.CharField()
    sent_at = serializers.DateTimeField()


class NextCallOut(serializers.Serializer[Any]):
    """Documents the call that comes next."""

    step = serializers.IntegerField()
    window = serializers.IntegerField()
    audience = serializers.CharField(
        help_text="Called by messages. The system rings nobody: a person rings `owner.duty_phone`."
    )
    at = serializers.DateTimeField()


class AutomaticOut(serializers.Serializer[Any]):
    """Documents what the system will do by itself."""

    action = serializers.ChoiceField(choices=Action.choices)
    after_steps = serializers.IntegerField()


class BesideOut(serializers.Serializer[Any]):
    """Documents what is due beside the running stage: a planned contact, what an emergency went without."""

    stage = serializers.ChoiceField(choices=Stage.choices)
    since = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    overdue = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]
    owner = OwnerOut(allow_null=True)
    next_call = NextCallOut(allow_null=True, help_text="Null once nobody is called any more.")


class ClockOut(serializers.Serializer[Any]):
    """Documents where a leg stands on its clock; everything but the lists is null where nothing is due."""

    stage = serializers.ChoiceField(choices=Stage.choices, allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    overdue = serializers.BooleanField()
    minutes = serializers.IntegerField(allow_null=True)
    clock = serializers.ChoiceField(choices=Clock.choices, allow_null=True)
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    own_limit = serializers.BooleanField()
    owner = OwnerOut(allow_null=True)
    paused = serializers.BooleanField()
    pauses = PauseOut(many=True)
    calls = CallOut(many=True)
    next_call = NextCallOut(allow_null=True)
    beside = BesideOut(many=True)
    automatic = AutomaticOut(allow_null=True)
