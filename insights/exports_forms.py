"""Checks what is asked for as a file, and documents the answers for OpenAPI."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageSerializer, TextField
from facilities.vocabulary import Direction
from insights.asking import DIMS
from insights.indicators import definitions
from insights.lists import EDGES, GROUPS, LATE, STAGE_WORDS, STEP_NAMES, WHOLE
from insights.models import ExportForm, ExportKind, ExportState
from insights.serializers import ScopeQuery
from insights.wanted import FORMS, OF_LIST

DOCUMENT = serializers.Serializer[Any]
# Named in settings.py for the OpenAPI document.
STEPS = [(each, each) for each in STEP_NAMES]
STAGES = [(each, each) for each in STAGE_WORDS]

# A department, or the whole facility.
DEMAND = rf"^({WHOLE}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$"

NOTHING = _("Name an indicator for its parts and rows, and for nothing else.")
ONE_LIST = _(
    "Say whose rows: an indicator, a step, a stage, two tiers, two facilities with the direction, what is stuck, the "
    "demand of a department, or a what-if with its department; one of these."
)
# What names the file: nothing, an indicator, or one of the lists.
_ALONE = [set[str]()]
_NAMED = {
    ExportKind.INDICATORS: _ALONE,
    ExportKind.BREAKDOWN: [{"indicator"}],
    ExportKind.ROWS: [set(group) for group in GROUPS],
    ExportKind.EVALUATION: _ALONE,
}
_WORDS = {
    ExportKind.INDICATORS: NOTHING,
    ExportKind.BREAKDOWN: NOTHING,
    ExportKind.ROWS: ONE_LIST,
    ExportKind.EVALUATION: NOTHING,
}


class ExportSerializer(ScopeQuery):
    """A file: which, as what, and the same question as that of the indicators."""

    kind = serializers.ChoiceField(
        ExportKind.choices,
        help_text="All `indicators`, one broken down (`breakdown`), the `rows` behind its number or behind one of "
        "the picture, or the `evaluation` of a year.",
    )
    format = serializers.ChoiceField(
        ExportForm.choices, help_text="`pdf` of an evaluation; `csv` or `xlsx` of everything else."
    )
    indicator = serializers.SlugField(
        max_length=50, required=False, help_text="Of a breakdown and of rows: the code."
    )
    by = serializers.ChoiceField(list(DIMS), required=False)
    value = TextField(max_length=36, required=False, help_text="Of rows: a value of `by`.")
    part = serializers.ChoiceField(["numerator", "denominator"], default="numerator")
    step = serializers.ChoiceField(
        STEPS, required=False, help_text="Of rows: how far up-referrals came that were submitted."
    )
    stage = serializers.ChoiceField(
        STAGES, required=False, help_text="Of rows: those in which this stage ended."
    )
    edge = serializers.ChoiceField(
        EDGES, required=False, help_text="Of rows: the tiers of sender and receiver, as `1>3`."
    )
    from_facility = serializers.UUIDField(
        required=False, help_text="Of rows, with the next two: who sent them."
    )
    to_facility = serializers.UUIDField(required=False, help_text="To whom.")
    direction = serializers.ChoiceField(Direction.choices, required=False)
    demand = serializers.RegexField(
        DEMAND,
        max_length=36,
        required=False,
        help_text="Of rows: a department of the facility, or `all`: the up-referrals that forecasts count.",
    )
    what_if = serializers.UUIDField(
        required=False,
        help_text="Of rows, with the next one: from which referrals a run was estimated.",
    )
    of_department = serializers.UUIDField(required=False, help_text="One of the run's departments.")
    stuck = serializers.ChoiceField(
        [LATE],
        required=False,
        help_text="Of rows: what waits beyond its time at this moment, whatever days are asked about.",
    )

    def validate(self, attrs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let each kind have what it needs, and only that."""
        kind, code = ExportKind(attrs["kind"]), attrs.get("indicator")
        named = {name for name in OF_LIST if attrs.get(name)}
        wrong: dict[str, Any] = {}
        if attrs["format"] not in FORMS[kind]:
            wrong["format"] = _("There is no such file of this kind.")
        if code and code not in definitions():
            wrong["indicator"] = _("There is no such indicator.")
        elif named not in _NAMED[kind]:
            wrong["indicator"] = _WORDS[kind]
        if kind == ExportKind.BREAKDOWN and not attrs.get("by"):
            wrong["by"] = _("Say by what it is broken down.")
        if wrong:
            raise serializers.ValidationError({name: [text] for name, text in wrong.items()})
        return attrs


class ExportOut(DOCUMENT):
    """A file that was asked for."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ExportKind.choices)
    format = serializers.ChoiceField(ExportForm.choices)
    question = serializers.DictField(
        child=serializers.CharField(), help_text="As it was asked, the days named."
    )
    state = serializers.ChoiceField(ExportState.choices)
    progress = serializers.IntegerField(min_value=0, max_value=100)
    code = serializers.CharField(allow_null=True, help_text="Why it could not be made.")
    name = serializers.CharField(allow_null=True)
    lines = serializers.IntegerField(help_text="Lines of data in it.")
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Kept until then.")


class ExportPageOut(PageSerializer):
    """A page of files."""

    results = ExportOut(many=True)
