"""Redirect: one leg ends and the next begins in its episode, at another facility."""

from uuid import UUID

import pytest

from accounts.ids import uuid7
from referral.models import Referral
from referral.states import Status
from tests.facilities.factories import make_department
from tests.factories import World, as_system, reload
from tests.referral.expect import (
    do,
    grant_of,
    heard,
    hidden_from,
    history,
    refused,
    sees_patient,
    well_mannered,
    written,
)


def to(world: World) -> dict[str, str]:
    return {"to_facility": str(world.second.pk), "note": "转至专科医院"}


def next_leg(referral: Referral) -> Referral:
    as_system()
    return reload(Referral.objects.get(previous=referral))


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_the_receiver_redirects(world: World, status: Status) -> None:
    sent = world.at(status)
    answer = do(world.office, "redirect", sent, to(world))
    assert answer.status == 200
    after, leg = reload(sent), next_leg(sent)
    assert (after.status, after.version) == (Status.REDIRECTED, sent.version + 1)
    assert after.ended_at is not None
    move = written(after, "redirect", version=after.version, before=status, by=world.office)
    assert move.note == "转至专科医院"
    assert (leg.status, leg.version) == (Status.SUBMITTED, 1)
    assert (leg.from_facility_id, leg.to_facility_id) == (world.clinic.pk, world.second.pk)
    assert (leg.direction, leg.from_tier, leg.to_tier) == ("up", 1, 3)
    assert leg.alliance_id == world.alliance.pk


def test_the_new_leg_carries_the_slip(world: World) -> None:
    ward = make_department(world.second)
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, {**to(world), "to_department": str(ward.pk)})
    leg = next_leg(sent)
    for name in ("episode_id", "patient_id", "origin_id", "consent_id", "filed_by_id"):
        assert getattr(leg, name) == getattr(sent, name)
    for name in ("diagnosis", "reason", "reason_code", "urgency", "patient_age"):
        assert getattr(leg, name) == getattr(sent, name)
    assert leg.to_department_id == ward.pk
    assert leg.number != sent.number


def test_history_says_on_whose_behalf(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, to(world))
    leg = next_leg(sent)
    assert history(sent) == ["create", "submit", "redirect"]
    created = leg.transitions.get()
    assert created.facility_id == world.hospital.pk
    assert created.by_id == world.office.user.pk
    assert created.on_behalf_of_id == world.clinic.pk
    assert (created.from_status, created.to_status) == ("", "submitted")


def test_everybody_hears(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, to(world))
    assert heard(sent, "referral.redirected") == {world.clinic.pk}
    leg = next_leg(sent)
    assert heard(leg, "referral.submitted") == {world.clinic.pk, world.second.pk}


def test_the_patient_moves_on(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, to(world))
    leg = next_leg(sent)
    assert sees_patient(world.second_office, leg)
    assert sees_patient(world.doctor, leg)
    assert not sees_patient(world.office, sent)
    assert world.office.api.get(f"/referrals/{leg.pk}/").status == 404
    old, new = grant_of(sent, world.hospital), grant_of(leg, world.second)
    assert old is not None
    assert old.ends is not None
    assert new is not None
    assert new.ends is None


def test_the_receiver_is_shown_what_it_still_sees(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = do(world.office, "redirect", sent, to(world))
    assert UUID(answer.body["id"]) == sent.pk
    assert (answer.body["status"], answer.body["patient"]) == ("redirected", None)


def test_the_episode_stays_open(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, to(world))
    episode = reload(sent).episode
    assert (episode.open_legs, episode.closed_at) == (1, None)
    legs = world.doctor.api.get(f"/episodes/{episode.pk}/").body["legs"]
    assert [leg["status"] for leg in legs] == ["redirected", "submitted"]
    assert legs[1]["previous"] == legs[0]["id"]


def test_a_second_redirect_goes_on_from_the_new_leg(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    do(world.office, "redirect", sent, to(world))
    leg = next_leg(sent)
    answer = do(world.second_office, "redirect", leg, {"to_facility": str(world.lead.pk)})
    assert answer.status == 200
    assert next_leg(leg).to_facility_id == world.lead.pk


def test_the_coordinator_of_the_alliance_redirects(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = do(world.manager, "redirect", sent, to(world))
    assert answer.status == 200, answer
    leg = next_leg(sent)
    assert UUID(answer.body["id"]) == leg.pk
    assert answer.body["patient"] is None
    assert reload(sent).status == Status.REDIRECTED
    assert sees_patient(world.second_office, leg)
    assert not sees_patient(world.office, sent)
    assert heard(sent, "referral.redirected") == {world.clinic.pk, world.hospital.pk}
    as_system()
    assert leg.transitions.get().facility_id == world.lead.pk


def test_to_itself_is_no_redirect(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    body = {"to_facility": str(world.hospital.pk)}
    refused(world.office, "redirect", sent, 422, "unknown-destination", body)


def test_back_to_the_sender_is_no_redirect(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    body = {"to_facility": str(world.clinic.pk)}
    refused(world.office, "redirect", sent, 422, "unknown-destination", body)


def test_to_nowhere(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    body = {"to_facility": str(uuid7())}
    refused(world.office, "redirect", sent, 422, "unknown-destination", body)
    refused(world.office, "redirect", sent, 400, "invalid", {})
    body = {"to_facility": str(world.outside.pk)}
    refused(world.office, "redirect", sent, 422, "no-common-alliance", body)
    body = {"to_facility": str(world.centre.pk)}
    refused(world.office, "redirect", sent, 422, "not-a-treating-destination", body)
    body = {"to_facility": str(world.second.pk), "to_department": str(uuid7())}
    refused(world.office, "redirect", sent, 422, "unknown-department", body)
    body = {"to_facility": str(world.sister.pk)}
    refused(world.office, "redirect", sent, 422, "lateral-not-allowed", body)


def test_who_may_not_redirect(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    refused(world.doctor, "redirect", sent, 403, "not-receiver", to(world))
    hidden_from(world.stranger, "redirect", sent, to(world))
    hidden_from(world.outsider, "redirect", sent, to(world))


@pytest.mark.parametrize(
    "status", [Status.INFORMATION_REQUESTED, Status.ACCEPTED, Status.REDIRECTED]
)
def test_only_before_deciding(world: World, status: Status) -> None:
    refused(world.office, "redirect", world.at(status), 409, "wrong-state", to(world))


def test_manners(world: World) -> None:
    well_mannered(world.office, "redirect", world.at(Status.SUBMITTED), to(world))
