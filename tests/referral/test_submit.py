"""Submit: a draft leaves for its destination, complete, agreed to and inside an alliance."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import scope
from facilities.models import Accreditation, Membership
from notifications.models import OutboxMessage, Priority
from patients import actions as patients
from patients.models import Consent
from referral.models import Referral, Transition
from referral.states import Status, Urgency
from tests.facilities.factories import make_alliance, make_department, make_facility
from tests.factories import World, as_system, reload
from tests.referral.expect import (
    do,
    grant_of,
    heard,
    hidden_from,
    history,
    moved,
    refused,
    sees_patient,
    well_mannered,
)


def test_a_draft_becomes_submitted(world: World) -> None:
    before = timezone.now()
    after = moved(world.doctor, "submit", world.draft(), told=[world.hospital])
    assert after.submitted_at is not None
    assert before <= after.submitted_at <= timezone.now()
    assert after.decided_at is None
    assert after.ended_at is None
    assert history(after) == ["create", "submit"]
    assert after.episode.open_legs == 1


def test_submission_fixes_what_is_true_today(world: World) -> None:
    after = moved(world.doctor, "submit", world.draft(), told=[world.hospital])
    assert (after.direction, after.from_tier, after.to_tier) == ("up", 1, 3)
    assert after.alliance_id == world.alliance.pk
    assert after.patient_age is not None
    assert after.patient_age >= 60
    as_system()
    assert after.consent_id == Consent.objects.get(patient=world.patient, purpose="referral").pk


def test_a_later_change_of_tiers_changes_no_old_referral(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    today = timezone.localdate()
    Accreditation.objects.create(
        facility=world.clinic, level=3, grade=1, tier=3, starts=today - timedelta(days=1)
    )
    assert (reload(sent).direction, reload(sent).from_tier) == ("up", 1)
    refused(world.doctor, "submit", world.draft(), 422, "lateral-not-allowed")


def test_the_receiver_sees_referral_and_patient_from_now_on(world: World) -> None:
    draft = world.draft()
    hidden_from(world.office, "open", draft)
    do(world.doctor, "submit", draft)
    assert sees_patient(world.office, draft)
    grant = grant_of(draft, world.hospital)
    assert grant is not None
    assert (grant.purpose, grant.ends) == ("referral", None)
    assert grant.granted_by_id == world.clinic.pk


def test_a_colleague_of_the_sender_submits_too(world: World) -> None:
    moved(world.colleague, "submit", world.draft(), told=[world.hospital])


def test_who_may_not_submit(world: World) -> None:
    draft = world.draft()
    refused(world.chief, "submit", draft, 403, "role-lacks-right")
    hidden_from(world.office, "submit", draft)
    hidden_from(world.stranger, "submit", draft)
    hidden_from(world.manager, "submit", draft)
    refused(world.auditor, "submit", draft, 403, "no-permission")
    refused(world.anonymous, "submit", draft, 401, "not-authenticated")
    sent = world.at(Status.SUBMITTED)
    refused(world.office, "submit", sent, 403, "not-sender")
    refused(world.manager, "submit", sent, 403, "not-sender")


@pytest.mark.parametrize("status", [Status.INTERNAL_REVIEW, Status.SUBMITTED, Status.CANCELLED])
def test_only_a_draft_is_submitted(world: World, status: Status) -> None:
    refused(world.doctor, "submit", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "submit", world.draft())


def test_a_body_is_not_expected(world: World) -> None:
    answer = refused(
        world.doctor, "submit", world.draft(), 400, "invalid", {"status": "accepted", "version": 9}
    )
    assert set(answer.body["errors"]) == {"status", "version"}


def test_what_is_missing_is_named(world: World) -> None:
    draft = world.draft(diagnosis="", reason_code="", reason="")
    answer = refused(world.doctor, "submit", draft, 422, "incomplete")
    assert set(answer.body["errors"]) == {"diagnosis", "reason_code", "reason"}


def test_without_a_destination(world: World) -> None:
    draft = world.draft(to_facility_id=None, reason="")
    answer = refused(world.doctor, "submit", draft, 422, "incomplete")
    assert set(answer.body["errors"]) == {"to_facility", "reason"}, "all of it at once"
    hurried = world.draft(to_facility_id=None, reason="", urgency=Urgency.EMERGENCY)
    answer = refused(world.doctor, "submit", hurried, 422, "incomplete")
    assert set(answer.body["errors"]) == {"to_facility"}, "an emergency goes somewhere too"


def test_a_third_party_centre_does_not_treat(world: World) -> None:
    draft = world.draft(to_facility_id=world.centre.pk)
    refused(world.doctor, "submit", draft, 422, "not-a-treating-destination")


def test_a_closed_destination(world: World) -> None:
    draft = world.draft()
    world.hospital.is_active = False
    world.hospital.save(update_fields=["is_active"])
    refused(world.doctor, "submit", draft, 422, "destination-closed")


def test_no_common_alliance(world: World) -> None:
    draft = world.draft(to_facility_id=world.outside.pk)
    refused(world.doctor, "submit", draft, 422, "no-common-alliance")


def test_an_alliance_that_has_ended_is_no_alliance(world: World) -> None:
    draft = world.draft()
    Membership.objects.filter(facility=world.hospital).update(ends=timezone.localdate())
    refused(world.doctor, "submit", draft, 422, "no-common-alliance")


def test_lateral_only_where_the_alliance_allows_it(world: World) -> None:
    draft = world.draft(to_facility_id=world.sister.pk)
    refused(world.doctor, "submit", draft, 422, "lateral-not-allowed")
    world.alliance.allows_lateral = True
    world.alliance.save(update_fields=["allows_lateral"])
    after = moved(world.doctor, "submit", draft, told=[world.sister])
    assert after.direction == "lateral"


def test_a_department_that_was_closed_meanwhile(world: World) -> None:
    ward = make_department(world.hospital)
    draft = world.draft(to_department_id=ward.pk)
    ward.is_active = False
    ward.save(update_fields=["is_active"])
    refused(world.doctor, "submit", draft, 422, "unknown-department")
    ward.is_active = True
    ward.save(update_fields=["is_active"])
    moved(world.doctor, "submit", draft, told=[world.hospital])


def test_consent_refused(world: World) -> None:
    draft = world.draft()
    world.refuse_referral(world.patient)
    refused(world.doctor, "submit", draft, 422, "consent-refused")


def test_consent_never_asked_for(world: World) -> None:
    as_system()
    draft = world.draft()
    Consent.objects.filter(patient=world.patient, purpose="referral").update(
        withdrawn_at=timezone.now()
    )
    refused(world.doctor, "submit", draft, 422, "consent-required")


def test_consent_withdrawn(world: World) -> None:
    draft = world.draft()
    consent = Consent.objects.get(patient=world.patient, purpose="referral")
    scope.enter(world.doctor.actor)
    patients.withdraw_consent(world.patient.pk, consent.pk, by=world.doctor.actor)
    refused(world.doctor, "submit", draft, 422, "consent-required")


def test_the_sender_no_longer_sees_the_patient(world: World) -> None:
    draft = world.draft()
    past = timezone.now() - timedelta(hours=1)
    draft.patient.grants.update(starts=past, ends=past)
    refused(world.doctor, "submit", draft, 422, "patient-not-found")


def test_an_emergency_counts_as_accepted(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY)
    answer = do(world.doctor, "submit", draft)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    after = reload(draft)
    assert after.version == 3
    assert after.decided_at == after.submitted_at
    assert after.acknowledged_at is None
    assert after.received_by_id is None
    assert history(after) == ["create", "submit", "accept"]
    acceptance = Transition.objects.get(referral=after, verb="accept")
    assert acceptance.on_behalf_of_id == world.hospital.pk
    assert acceptance.by_id == world.doctor.user.pk
    assert heard(after, "referral.submitted") == {world.hospital.pk}
    assert heard(after, "referral.accepted") == {world.hospital.pk}
    assert "acknowledge" not in answer.body["allowed_actions"]


def test_in_an_emergency_consent_may_follow(world: World) -> None:
    world.refuse_referral(world.patient)
    draft = world.draft(urgency=Urgency.EMERGENCY)
    answer = do(world.doctor, "submit", draft)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    assert reload(draft).consent_id is None


def test_an_emergency_goes_no_further_without_an_alliance(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY, to_facility_id=world.outside.pk)
    refused(world.doctor, "submit", draft, 422, "no-common-alliance")


def test_where_review_is_required_only_an_emergency_goes_directly(world: World) -> None:
    world.clinic.requires_internal_review = True
    world.clinic.save(update_fields=["requires_internal_review"])
    refused(world.doctor, "submit", world.draft(), 409, "review-required")
    answer = do(world.doctor, "submit", world.draft(urgency=Urgency.EMERGENCY))
    assert answer.body["status"] == "accepted"


def test_the_tightest_alliance_carries_the_referral(world: World) -> None:
    county = make_alliance(
        make_facility(tier=3), world.clinic, world.hospital, form="county_community"
    )
    after = moved(world.doctor, "submit", world.draft(), told=[world.hospital])
    assert after.alliance_id == county.pk


def test_what_is_told_names_no_person_and_nothing_clinical(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    message = _message(sent)
    assert set(message.payload) == {
        "referral_id",
        "episode_id",
        "state",
        "direction",
        "urgency",
        "version",
        "occurred_at",
    }
    assert message.payload["state"] == "submitted"
    assert (message.priority, message.sequence) == (Priority.ROUTINE, 2)
    assert message.origin_id == world.clinic.pk


@pytest.mark.parametrize(
    ("urgency", "priority"),
    [
        (Urgency.EMERGENCY, Priority.EMERGENCY),
        (Urgency.URGENT, Priority.URGENT),
        (Urgency.ROUTINE, Priority.ROUTINE),
    ],
)
def test_urgency_decides_what_is_sent_first(world: World, urgency: Urgency, priority: int) -> None:
    sent = world.move(world.draft(urgency=urgency), "submit", world.doctor)
    assert _message(sent).priority == priority


def _message(referral: Referral) -> OutboxMessage:
    return OutboxMessage.objects.get(subject=referral.pk, topic="referral.submitted")
