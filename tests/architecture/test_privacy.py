"""Every field that can hold free text has a privacy class; what is about a patient is encrypted or guarded."""

from collections.abc import Iterator
from enum import StrEnum, auto

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import CharField, Field, JSONField, Model, TextField

from accounts.encryption import EncryptedTextField
from tests.architecture.floors import floor_of


class Privacy(StrEnum):
    """Who may read a plain field."""

    TECHNICAL = auto()  # codes, digests, states: says nothing about a person by itself
    INSTITUTION = auto()  # the public directory
    STAFF = auto()  # people at work
    CLINICAL = auto()  # about a patient: row security must stand before it


T, D, S, C = Privacy.TECHNICAL, Privacy.INSTITUTION, Privacy.STAFF, Privacy.CLINICAL
PLAIN: dict[str, dict[Privacy, str]] = {
    "accounts.User": {S: "username full_name email", T: "password"},
    "accounts.AccessToken": {T: "prefix label"},
    "accounts.IdempotencyKey": {T: "key headers"},
    "accounts.Identity": {T: "issuer", S: "subject"},
    "accounts.PastPassword": {T: "encoded"},
    "accounts.Session": {T: "session_key session_data", S: "device"},
    # Ids only, which say nothing without the tables they point into.
    "audit.Event": {T: "actor_role what detail patient_ids referral_ids"},
    "audit.ChainCut": {T: "kind result actor_role what detail patient_ids referral_ids"},
    "notifications.Subscription": {T: "topics"},
    "notifications.OutboxMessage": {T: "topic payload"},
    "notifications.Attempt": {T: "code"},
    "notifications.Notice": {T: "topic payload"},
    "facilities.Region": {D: "code name revision"},
    "facilities.Facility": {
        D: "code uscc name short_name pinyin initials terms category campus_name phone duty_phone address profile"
    },
    "facilities.Alliance": {D: "name specialty"},
    "facilities.Department": {D: "code name pinyin initials phone accepts"},
    # Values of fields that stand in this table under their own names.
    "facilities.DirectoryChange": {D: "label values"},
    # The name of a file and numbers; its content goes with its time.
    "facilities.Trial": {T: "kind name counts"},
    # The words of a question and ids; its content is encrypted.
    "insights.Export": {T: "question language code name patients referrals"},
    "insights.VolumeFile": {T: "name outcome"},
    "insights.Volume": {T: "kind"},
    # Sums by week, and codes with the words of refusals.
    "insights.DepartmentForecast": {T: "outcome"},
    "insights.WhatIf": {T: "outcome change inputs"},
    "insights.CapitationAgreement": {D: "source"},
    # What an alliance says of its own rules; the form asks to name no patients.
    "insights.Statement": {T: "code", D: "evidence"},
    # The number of a physician in the staff list of the sending institution.
    "insights.Secondment": {S: "person"},
    "facilities.StaffPost": {S: "title"},
    "facilities.Delegation": {S: "reason"},
    "facilities.PublicHealthEvent": {D: "name prefixes area source"},
    "facilities.Holiday": {D: "source"},
    "patients.Consent": {T: "risks_version"},
    "patients.NameIndex": {C: "tokens"},
    "referral.Referral": {
        T: "number",
        C: "diagnosis_code diagnosis reason past_history allergies treatment results plan rehabilitation"
        " inpatient_no contact_phone",
    },
    "referral.ExaminationOrder": {T: "item", C: "question duplicate_reason cancel_reason"},
    "referral.ExaminationReport": {C: "conclusion references"},
    "referral.ExaminationFile": {T: "media_type", C: "name"},
    "referral.Transition": {T: "verb reason_code", C: "note"},
    "referral.FollowUp": {C: "findings purpose observations symptoms", T: "met_signs"},
    "referral.Medicine": {C: "name strength dose route frequency exception_reason note"},
    "referral.NextVisit": {C: "purpose"},
    "referral.WarningSign": {C: "text"},
    "referral.LongPrescription": {C: "assessment"},
    "referral.ReturnFeedback": {C: "text"},
    "referral.PatientFeedback": {C: "text"},
    # Codes of rules; what was observed, and the words around it, are about the patient.
    "referral.Assessment": {
        T: "met not_met overridden overrides",
        C: "observations results override_note",
    },
    "referral.DownReview": {T: "met not_met overridden", C: "observations results note"},
    "referral.Message": {C: "text"},
    "referral.DepartmentNeed": {D: "specialty note"},
    "referral.Documentation": {T: "items"},
    "referral.Duplicate": {C: "reason"},
    "referral.InformationGap": {T: "items"},
    "referral.ServiceLimit": {D: "source"},
    "referral.MessageText": {T: "code", D: "zh en"},
    "referral.CriterionSetting": {T: "rule thresholds", D: "reason source"},
    "referral.AdviceRequest": {C: "diagnosis question answer note"},
    "referral.Attachment": {T: "media_type", C: "name"},
    "referral.Link": {T: "purpose"},
    "referral.RouteChoice": {C: "note"},
    # Codes and days of single legs: guarded as the legs are. Counters hold sums.
    "insights.LegFact": {T: "from_region to_region", C: "disease"},
    "insights.Rollup": {T: "key value"},
}


def _models() -> Iterator[type[Model]]:
    for model in apps.get_models():
        if model._meta.app_label in floor_of() and not model._meta.proxy:
            yield model


def _free(field: "Field[object, object]") -> bool:
    """Whether a field can hold words that nobody foresaw."""
    return isinstance(field, CharField | TextField | JSONField | ArrayField) and not field.choices


def test_every_plain_text_field_has_a_class() -> None:
    for model in _models():
        listed = {
            name for names in PLAIN.get(model._meta.label, {}).values() for name in names.split()
        }
        free = {field.name for field in model._meta.concrete_fields if _free(field)}
        assert free == listed, (
            f"{model._meta.label}: encrypt the field, or give it its class in PLAIN"
        )


def test_what_names_a_patient_is_encrypted() -> None:
    names = {
        "name",
        "phone",
        "address",
        "health_record_no",
        "guardian_name",
        "guardian_phone",
        "value",
    }
    fields = [
        (model, field)
        for model in _models()
        if model._meta.app_label == "patients"
        for field in model._meta.concrete_fields
        if field.name in names
    ]
    assert {field.name for _model, field in fields} == names
    assert all(isinstance(field, EncryptedTextField) for _model, field in fields)


@pytest.mark.django_db
def test_row_security_stands_before_everything_about_a_patient() -> None:
    """For the owner too (FORCE): a forgotten filter shows nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        guarded = {str(name) for (name,) in cursor.fetchall()}
    open_tables = []
    for model in _models():
        about_a_patient = Privacy.CLINICAL in PLAIN.get(model._meta.label, {}) or any(
            isinstance(field, EncryptedTextField) and model._meta.app_label == "patients"
            for field in model._meta.concrete_fields
        )
        if about_a_patient and model._meta.db_table not in guarded:
            open_tables.append(model._meta.db_table)
    assert not open_tables
