"""Checks observations and decisions that the API takes in for the criteria, and documents what it gives out."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.rest import PageQuery, PageSerializer, StrictSerializer, TextField
from facilities.serializers.directory import NamedOut
from facilities.vocabulary import Direction, Tier
from patients.models import Gender
from referral.codes import OverrideReason, RuleOutcome, StayReason, Visit
from referral.criteria import observations
from referral.criteria.evaluate import URGENCIES
from referral.criteria.loading import STATUSES
from referral.serializers.observations import NOTE, ObservationsField
from referral.serializers.referrals import PersonOut

HIGHEST: Final = max(Tier.values)
OLDEST: Final = 130
RULE_URGENCIES: Final = list(URGENCIES)
STATES: Final = ("proposed", "unobserved", "cannot-evaluate", "not-met", "kept")


class EvaluateSerializer(StrictSerializer):
    """Observations of a patient on a way between two tiers; nothing is kept."""

    diagnosis = TextField(max_length=20)
    from_tier = serializers.IntegerField(min_value=0, max_value=HIGHEST)
    to_tier = serializers.IntegerField(min_value=0, max_value=HIGHEST)
    visit = serializers.ChoiceField(choices=Visit.choices, required=False)
    age = serializers.IntegerField(min_value=0, max_value=OLDEST, required=False)
    gender = serializers.ChoiceField(
        choices=Gender.choices,
        required=False,
        help_text="By it alone some observations are known: nobody asks a man whether he is pregnant.",
    )
    observations = ObservationsField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse two ages that differ."""
        observed = attrs["observations"].get(observations.AGE, {}).get("value")
        if None not in (observed, attrs.get("age")) and observed != attrs["age"]:
            raise serializers.ValidationError({"age": [_("The observed age is another one.")]})
        return attrs


class CriteriaQuery(StrictSerializer):
    """The filters of the list of rules."""

    on = serializers.DateField(required=False, help_text=_("Rules in force that day; today."))
    disease = TextField(max_length=30, required=False, help_text=_("Key of a disease."))
    diagnosis = TextField(max_length=20, required=False, help_text=_("ICD-10 code."))
    from_tier = serializers.IntegerField(min_value=0, max_value=HIGHEST, required=False)
    to_tier = serializers.IntegerField(min_value=0, max_value=HIGHEST, required=False)
    direction = serializers.ChoiceField(
        choices=[Direction.UP.value, Direction.DOWN.value], required=False
    )


class OverridesQuery(StrictSerializer):
    """The period of the counts; the last twelve months unless given."""

    since = serializers.DateField(required=False, help_text=_("From this day on."))
    until = serializers.DateField(required=False, help_text=_("Before this day."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        since, until = attrs.get("since"), attrs.get("until")
        if since and until and since >= until:
            raise serializers.ValidationError({"until": [_("The period ends before it begins.")]})
        return attrs


class CandidatesQuery(PageQuery):
    """All patients who might go back down, or those whom the criteria propose."""

    state = serializers.ChoiceField(choices=["proposed"], required=False)


class DownReviewSerializer(StrictSerializer):
    """Observations of a patient here, or a coded reason why the patient stays."""

    observations = ObservationsField(required=False)
    reason = serializers.ChoiceField(choices=StayReason.choices, required=False)
    note = TextField(max_length=NOTE, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for exactly one of the two, and for words where the code says nothing."""
        if ("observations" in attrs) == ("reason" in attrs):
            text = [_("Give either observations or a reason.")]
            raise serializers.ValidationError({"observations": text, "reason": text})
        if "note" in attrs and "reason" not in attrs:
            raise serializers.ValidationError({"note": [_("A note belongs to a reason.")]})
        if attrs.get("reason") == StayReason.OTHER and not attrs.get("note"):
            raise serializers.ValidationError({"note": [_("This is needed.")]})
        return attrs


# What the API gives out, for the OpenAPI document; referral/representations/criteria.py makes it.


class SourceOut(serializers.Serializer[Any]):
    """The document a rule comes from."""

    document = serializers.CharField()
    title = serializers.CharField()
    section = serializers.CharField()
    edition = serializers.CharField()
    url = serializers.CharField(allow_null=True)


class ComparedOut(serializers.Serializer[Any]):
    """One comparison of a rule; `holds` is null where an observation is missing."""

    variable = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    minus = serializers.CharField(allow_null=True)
    operator = serializers.CharField()
    threshold = serializers.JSONField()
    unit = serializers.CharField(allow_null=True)
    standard = serializers.FloatField(
        allow_null=True, help_text="Of the document, where the alliance has set another."
    )
    holds = serializers.BooleanField(allow_null=True)


class OwnRuleOut(serializers.Serializer[Any]):
    """Documents that a rule was judged as an alliance has set it for itself."""

    alliance = serializers.UUIDField()
    since = serializers.DateField()
    source = serializers.CharField()  # type: ignore[assignment]


class RuleResultOut(serializers.Serializer[Any]):
    """What one rule says; `unverified` is shown as 待核对."""

    rule = serializers.CharField()
    text = serializers.CharField()
    note = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(choices=RuleOutcome.choices)
    missing = serializers.ListField(child=serializers.CharField())
    direction = serializers.ChoiceField(choices=Direction.choices)
    urgency = serializers.ChoiceField(choices=RULE_URGENCIES, allow_null=True)
    urgency_missing = serializers.ListField(child=serializers.CharField())
    capability = serializers.CharField(allow_null=True)
    follow_up_days = serializers.IntegerField(allow_null=True)
    source = SourceOut()  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=STATUSES)
    effective_from = serializers.DateField()
    compared = ComparedOut(many=True)
    own = OwnRuleOut(allow_null=True)
    own_words = serializers.CharField(help_text="Empty where the document held.")


class CriteriaAdviceOut(serializers.Serializer[Any]):
    """What the rules that are met come to together; the doctor decides."""

    met = serializers.ListField(child=serializers.CharField())
    direction = serializers.ChoiceField(choices=Direction.choices, allow_null=True)
    urgency = serializers.ChoiceField(choices=RULE_URGENCIES, allow_null=True)
    capabilities = serializers.ListField(child=serializers.CharField())
    follow_up_days = serializers.IntegerField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()


class EvaluationOut(serializers.Serializer[Any]):
    """Every rule's result, the met ones first."""

    results = RuleResultOut(many=True)
    advice = CriteriaAdviceOut()


class RuleOut(serializers.Serializer[Any]):
    """A rule in force; `condition` nests `all` and `any` of comparisons."""

    rule = serializers.CharField()
    disease = serializers.CharField()
    icd10 = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    note = serializers.CharField(allow_null=True)
    from_tiers = serializers.ListField(child=serializers.IntegerField())
    to_tiers = serializers.ListField(child=serializers.IntegerField())
    direction = serializers.ChoiceField(choices=Direction.choices)
    visit = serializers.ChoiceField(choices=Visit.choices, allow_null=True)
    condition = serializers.DictField()
    urgency = serializers.ChoiceField(choices=RULE_URGENCIES, allow_null=True)
    raised_urgency = serializers.ChoiceField(choices=RULE_URGENCIES, allow_null=True)
    raised_condition = serializers.DictField(allow_null=True)
    capability = serializers.CharField(allow_null=True)
    follow_up_days = serializers.IntegerField(allow_null=True)
    source = SourceOut()  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=STATUSES)
    effective_from = serializers.DateField()
    effective_to = serializers.DateField(allow_null=True)


class VariableOut(serializers.Serializer[Any]):
    """An observation that rules know; bounds are in the first unit."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=["number", "boolean"])
    units = serializers.ListField(child=serializers.CharField())
    minimum = serializers.FloatField(allow_null=True)
    maximum = serializers.FloatField(allow_null=True)
    gender = serializers.ChoiceField(
        choices=Gender.choices, allow_null=True, help_text="The only sex of which it can be true."
    )


class DiseaseOut(serializers.Serializer[Any]):
    """A disease with rules of its own; without codes they are about every patient."""

    key = serializers.CharField()
    name = serializers.CharField()
    icd10 = serializers.ListField(child=serializers.CharField())


class CriteriaOut(serializers.Serializer[Any]):
    """The rules in force, the observations they compare, and the diseases that have any."""

    results = RuleOut(many=True)
    variables = VariableOut(many=True)
    diseases = DiseaseOut(many=True)


class AssessmentOut(EvaluationOut):
    """What was observed for a referral, and what the rules of that day said."""

    referral = serializers.UUIDField()
    facility = serializers.UUIDField()
    assessed_by = serializers.CharField(allow_null=True)
    assessed_at = serializers.DateTimeField()
    rules_of = serializers.DateField()
    visit = serializers.ChoiceField(choices=Visit.choices, allow_null=True)
    age = serializers.IntegerField(allow_null=True)
    gender = serializers.ChoiceField(choices=Gender.choices, allow_null=True)
    observations = ObservationsField()
    override_reason = serializers.ChoiceField(choices=OverrideReason.choices, allow_null=True)
    override_note = serializers.CharField()
    overrides = serializers.ListField(child=serializers.CharField())
    overridden = serializers.ListField(child=serializers.CharField())
    settled_at = serializers.DateTimeField(allow_null=True)


class DownReviewOut(serializers.Serializer[Any]):
    """One look at whether a patient may return."""

    id = serializers.UUIDField()
    reviewed_by = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField()
    rules_of = serializers.DateField()
    outcome = serializers.ChoiceField(choices=RuleOutcome.choices, allow_null=True)
    observations = ObservationsField()
    results = RuleResultOut(many=True)
    advice = CriteriaAdviceOut()
    reason = serializers.ChoiceField(choices=StayReason.choices, allow_null=True)
    note = serializers.CharField()
    ask_again_on = serializers.DateField(allow_null=True)


class DownReviewPageOut(PageSerializer):
    """The reviews of one referral, newest first."""

    results = DownReviewOut(many=True)


class HomeOut(NamedOut):
    """The community to which a patient would return, and what it can do."""

    tier = serializers.IntegerField()
    capabilities = serializers.ListField(child=serializers.CharField())
    departments = serializers.ListField(child=serializers.CharField())


class CandidateOut(serializers.Serializer[Any]):
    """A patient who came up and is here; `bed_days` counts nights since arrival."""

    referral = serializers.UUIDField()
    number = serializers.CharField()
    patient = PersonOut(allow_null=True)
    patient_age = serializers.IntegerField(allow_null=True)
    diagnosis_code = serializers.CharField()
    diagnosis = serializers.CharField()
    arrived_at = serializers.DateTimeField()
    bed_days = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)
    home = HomeOut()
    review = DownReviewOut(allow_null=True)
    kept = DownReviewOut(allow_null=True)


class CandidatePageOut(PageSerializer):
    """A page of candidates, the longest here first."""

    results = CandidateOut(many=True)


class RuleCountOut(serializers.Serializer[Any]):
    """How often a rule was evaluated, met, and not followed; null where the number is below five."""

    rule = serializers.CharField()
    evaluated = serializers.IntegerField(allow_null=True)
    met = serializers.IntegerField(allow_null=True)
    overridden = serializers.IntegerField(allow_null=True)
    override_rate = serializers.FloatField(allow_null=True)


class ReasonCountOut(serializers.Serializer[Any]):
    """How many assessed referrals went with a reason."""

    reason = serializers.ChoiceField(choices=OverrideReason.choices)
    count = serializers.IntegerField(allow_null=True)


class OverridesOut(serializers.Serializer[Any]):
    """Overrides of the criteria in a period, over the alliances that the caller manages."""

    since = serializers.DateField()
    until = serializers.DateField()
    assessed = serializers.IntegerField(allow_null=True)
    overridden = serializers.IntegerField(allow_null=True)
    reasons = ReasonCountOut(many=True)
    results = RuleCountOut(many=True)
