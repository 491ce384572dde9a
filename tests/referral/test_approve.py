"""Approve: a reviewer at the sender, never the author, sends a referral to its destination."""

import pytest

from accounts.permissions import Role
from referral.models import Referral
from referral.states import Status, Urgency
from tests.factories import World, as_system, make_person, reload
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


def test_the_reviewer_sends_it(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    after = moved(world.chief, "approve", review, {"note": "同意"}, told=[world.hospital])
    assert after.submitted_at is not None
    assert (after.direction, after.from_tier, after.to_tier) == ("up", 1, 3)
    assert after.filed_by_id == world.doctor.user.pk
    assert history(after) == ["create", "request_review", "approve"]
    assert grant_of(after, world.hospital) is not None
    assert sees_patient(world.office, after)


def test_the_reviewer_reads_the_case_but_not_the_name(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    body = world.chief.api.get(f"/referrals/{review.pk}/").body
    assert body["diagnosis"] == review.diagnosis
    assert body["patient"] is None
    assert {"approve", "send_back"} <= set(body["allowed_actions"])


def test_nobody_approves_what_they_filed(world: World) -> None:
    author = make_person(world.clinic, Role.REFERRAL_OFFICE)
    made = author.api.post("/referrals/", world.body())
    as_system()
    draft = Referral.objects.get(pk=made.body["id"])
    do(author, "request_review", draft)
    refused(author, "approve", draft, 403, "own-review")
    moved(world.chief, "approve", draft, told=[world.hospital])


def test_an_emergency_counts_as_accepted(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW, urgency=Urgency.EMERGENCY)
    answer = do(world.chief, "approve", review)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    assert history(review) == ["create", "request_review", "approve", "accept"]
    assert heard(review, "referral.approved") == {world.hospital.pk}
    assert heard(review, "referral.accepted") == {world.hospital.pk}


def test_whatever_submission_needs_is_needed_here(world: World) -> None:
    incomplete = world.at(Status.INTERNAL_REVIEW, reason="")
    refused(world.chief, "approve", incomplete, 422, "incomplete")
    nowhere = world.at(Status.INTERNAL_REVIEW, to_facility_id=None)
    refused(world.chief, "approve", nowhere, 422, "incomplete")
    review = world.at(Status.INTERNAL_REVIEW)
    world.refuse_referral(review.patient)
    refused(world.chief, "approve", review, 422, "consent-refused")


def test_it_goes_where_review_is_required(world: World) -> None:
    world.clinic.requires_internal_review = True
    world.clinic.save(update_fields=["requires_internal_review"])
    review = world.at(Status.INTERNAL_REVIEW)
    moved(world.chief, "approve", review, told=[world.hospital])
    assert reload(review).status == Status.SUBMITTED


def test_who_may_not_approve(world: World) -> None:
    review = world.at(Status.INTERNAL_REVIEW)
    refused(world.colleague, "approve", review, 403, "role-lacks-right")
    refused(world.doctor, "approve", review, 403, "role-lacks-right")
    hidden_from(world.office, "approve", review)
    hidden_from(world.stranger, "approve", review)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.CANCELLED])
def test_only_under_review(world: World, status: Status) -> None:
    refused(world.chief, "approve", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.chief, "approve", world.at(Status.INTERNAL_REVIEW), {"note": "同意"})
