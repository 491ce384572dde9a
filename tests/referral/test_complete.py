"""Complete: a leg ends with its outcome, an upward one also with a return or a reason for none."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import OutboxMessage
from referral.codes import RETURN_OUTCOMES, TREATMENT_OUTCOMES, NoReturnReason, Outcome
from referral.models import Referral
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.referral.expect import (
    do,
    grant_of,
    hidden_from,
    moved,
    refused,
    sees_patient,
    well_mannered,
)

IMPROVED = {"outcome": "improved"}
FOR_GOOD = {"outcome": "improved", "no_return_reason": "recovered"}
DONE = {"outcome": "follow_up_done"}


def test_with_a_reason_for_no_return(world: World) -> None:
    body = {**FOR_GOOD, "results": "冠脉造影正常", "note": "已出院"}
    after = moved(world.office, "complete", world.at(Status.ARRIVED), body, told=[world.clinic])
    assert (after.outcome, after.no_return_reason) == ("improved", "recovered")
    assert after.results == "冠脉造影正常"
    assert after.ended_at is not None
    as_system()
    move = after.transitions.get(verb="complete")
    assert (move.reason_code, move.note) == ("recovered", "已出院")


def test_results_of_before_stay_where_none_are_given(world: World) -> None:
    arrived = world.at(Status.ARRIVED, results="社区心电图正常")
    after = moved(world.office, "complete", arrived, FOR_GOOD, told=[world.clinic])
    assert after.results == "社区心电图正常"


def test_the_episode_closes(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    do(world.office, "complete", arrived, FOR_GOOD)
    episode = reload(arrived).episode
    assert (episode.open_legs, episode.closed_at) == (0, reload(arrived).ended_at)
    assert closings(arrived) == {world.clinic.pk}
    shown = world.doctor.api.get(f"/episodes/{episode.pk}/").body
    assert (shown["loop"], shown["missing"]) == ("closed", [])


def closings(referral: Referral) -> set[object]:
    rows = OutboxMessage.objects.filter(topic="episode.closed", subject=referral.episode_id)
    return set(rows.values_list("recipient_id", flat=True))


def test_the_receiver_keeps_the_patient_for_ninety_days(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    do(world.office, "complete", arrived, FOR_GOOD)
    assert sees_patient(world.office, arrived)
    grant = grant_of(arrived, world.hospital)
    assert grant is not None
    ended_at = reload(arrived).ended_at
    assert ended_at is not None
    assert grant.ends == ended_at + timedelta(days=90)
    assert grant.ends > timezone.now() + timedelta(days=89)


def test_after_ninety_days_the_patient_is_gone(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    then = timezone.now() - timedelta(days=91)
    Referral.objects.filter(pk=arrived.pk).update(arrived_at=then)
    grant = grant_of(arrived, world.hospital)
    assert grant is not None
    grant.starts = then
    grant.save(update_fields=["starts"])
    world.move(arrived, "complete", world.office, now=then, **FOR_GOOD)
    assert not sees_patient(world.office, arrived)


def test_every_reason_for_no_return(world: World) -> None:
    for reason in NoReturnReason.values:
        outcome = "died" if reason == "patient_died" else "unchanged"
        body = {"outcome": outcome, "no_return_reason": reason}
        answer = do(world.office, "complete", world.at(Status.ARRIVED), body)
        assert (answer.status, answer.body["no_return_reason"]) == (200, reason)


def test_neither_a_return_nor_a_reason(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    refused(world.office, "complete", arrived, 422, "return-missing", IMPROVED)
    world.start_return(arrived)
    refused(world.office, "complete", arrived, 422, "return-missing", IMPROVED)


def test_a_return_that_failed_is_none(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    back = world.start_return(arrived, submit=True)
    world.move(back, "decline", world.doctor, reason="capacity")
    refused(world.office, "complete", arrived, 422, "return-missing", IMPROVED)
    world.move(world.start_return(arrived, submit=True), "cancel", world.office, reason="duplicate")
    refused(world.office, "complete", arrived, 422, "return-missing", IMPROVED)


def test_with_a_return_under_way(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    back = world.start_return(arrived, submit=True)
    after = moved(world.office, "complete", arrived, IMPROVED, told=[world.clinic])
    assert (after.no_return_reason, after.episode.open_legs) == ("", 1)
    assert after.episode.closed_at is None
    assert closings(after) == set()
    assert reload(back).status == Status.SUBMITTED


def test_with_a_return_that_is_already_completed(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    world.move(down, "complete", world.doctor, outcome="handed_on")
    as_system()
    up = reload(Referral.objects.get(following=down))
    after = moved(world.office, "complete", up, IMPROVED, told=[world.clinic])
    assert after.episode.closed_at == after.ended_at


def test_a_return_and_a_reason_for_none_contradict(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    world.start_return(arrived, submit=True)
    refused(world.office, "complete", arrived, 422, "return-contradicts", FOR_GOOD)


@pytest.mark.parametrize("outcome", RETURN_OUTCOMES)
def test_outcomes_of_a_return_do_not_fit_above(world: World, outcome: str) -> None:
    arrived = world.at(Status.ARRIVED)
    body = {"outcome": outcome, "no_return_reason": "recovered"}
    if outcome in TREATMENT_OUTCOMES:
        assert do(world.office, "complete", arrived, body).status == 200
    else:
        refused(world.office, "complete", arrived, 422, "outcome-not-of-this-leg", body)


def test_what_the_body_must_hold(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    for body, field in (
        ({}, "outcome"),
        ({"outcome": "fine"}, "outcome"),
        ({**IMPROVED, "no_return_reason": ""}, "no_return_reason"),
        ({**FOR_GOOD, "arrived_at": "2020-01-01T00:00:00Z"}, "arrived_at"),
    ):
        answer = refused(world.office, "complete", arrived, 400, "invalid", body)
        assert set(answer.body["errors"]) == {field}


def test_below_it_needs_a_follow_up(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    refused(world.doctor, "complete", down, 422, "follow-up-missing", DONE)
    plan = {"due_on": str(timezone.localdate())}
    assert world.doctor.api.post(f"/referrals/{down.pk}/follow-ups/", plan).status == 201
    refused(world.doctor, "complete", down, 422, "follow-up-missing", DONE)
    contact = {"method": "home", "findings": "血压135/85"}
    assert world.doctor.api.post(f"/referrals/{down.pk}/follow-ups/", contact).status == 201
    moved(world.doctor, "complete", down, DONE, told=[world.hospital])


@pytest.mark.parametrize("outcome", [Outcome.HANDED_ON, Outcome.DIED])
def test_below_it_ends_without_a_follow_up_only_so(world: World, outcome: str) -> None:
    down = world.returning(Status.ARRIVED)
    moved(world.doctor, "complete", down, {"outcome": outcome}, told=[world.hospital])


def test_outcomes_of_treatment_do_not_fit_below(world: World) -> None:
    down = world.returning(Status.ARRIVED)
    refused(world.doctor, "complete", down, 422, "outcome-not-of-this-leg", IMPROVED)
    body = {"outcome": "handed_on", "no_return_reason": "recovered"}
    refused(world.doctor, "complete", down, 422, "outcome-not-of-this-leg", body)


def test_who_may_not_complete(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    refused(world.doctor, "complete", arrived, 403, "not-receiver", FOR_GOOD)
    refused(world.manager, "complete", arrived, 403, "not-receiver", FOR_GOOD)
    hidden_from(world.stranger, "complete", arrived, FOR_GOOD)


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.SCHEDULED, Status.COMPLETED])
def test_only_who_has_arrived(world: World, status: Status) -> None:
    refused(world.office, "complete", world.at(status), 409, "wrong-state", FOR_GOOD)


def test_manners(world: World) -> None:
    well_mannered(world.office, "complete", world.at(Status.ARRIVED), FOR_GOOD)


def test_every_outcome_belongs_to_a_leg() -> None:
    assert set(TREATMENT_OUTCOMES) | set(RETURN_OUTCOMES) == set(Outcome)
