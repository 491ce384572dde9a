"""Expire: a referral that nobody answered in time ends, by a coordinator or the system."""

from datetime import timedelta

import pytest

from accounts.actors import Actor
from accounts.errors import Refused
from notifications.models import OutboxMessage
from referral.states import Status, Urgency
from tests.factories import World, reload
from tests.referral.expect import (
    do,
    grant_of,
    heard,
    hidden_from,
    moved,
    refused,
    sees_patient,
    well_mannered,
)
from tests.referral.test_record_no_show import backdate

# Longer than two working days, whatever holidays lie between.
LONG = timedelta(days=20)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.RECEIVED])
def test_the_coordinator_ends_what_is_overdue(world: World, status: Status) -> None:
    sent = world.at(status)
    backdate(sent, submitted_at=LONG)
    after = moved(world.manager, "expire", sent, told=[world.clinic, world.hospital])
    assert after.ended_at is not None
    assert after.decided_at is None
    assert after.episode.closed_at == after.ended_at


def test_the_receiver_loses_the_patient(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    backdate(sent, submitted_at=LONG)
    assert sees_patient(world.office, sent)
    do(world.manager, "expire", sent)
    grant = grant_of(sent, world.hospital)
    assert grant is not None
    assert grant.ends is not None
    assert not sees_patient(world.office, sent)


def test_a_question_that_nobody_answers(world: World) -> None:
    asked = world.at(Status.INFORMATION_REQUESTED)
    backdate(asked, submitted_at=LONG)
    moved(world.manager, "expire", asked, told=[world.clinic, world.hospital])


def test_not_before_its_time(world: World) -> None:
    refused(world.manager, "expire", world.at(Status.SUBMITTED), 409, "not-overdue")
    urgent = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    backdate(urgent, submitted_at=timedelta(hours=1, minutes=59))
    refused(world.manager, "expire", urgent, 409, "not-overdue")
    backdate(urgent, submitted_at=timedelta(hours=2, minutes=1))
    moved(world.manager, "expire", urgent, told=[world.clinic, world.hospital])


def test_the_system_ends_it_too(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    with pytest.raises(Refused, match="not-overdue"):
        world.move(sent, "expire", Actor.system())
    backdate(sent, submitted_at=LONG)
    after = world.move(reload(sent), "expire", Actor.system())
    assert after.status == Status.EXPIRED
    assert heard(after, "referral.expired") == {world.clinic.pk, world.hospital.pk}
    closing = OutboxMessage.objects.filter(topic="episode.closed", subject=after.episode_id)
    told = set(closing.values_list("recipient_id", flat=True))
    assert told == {world.clinic.pk, world.hospital.pk}


def test_who_may_not_end_it(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    backdate(sent, submitted_at=LONG)
    refused(world.doctor, "expire", sent, 403, "not-coordinator")
    refused(world.office, "expire", sent, 403, "not-coordinator")
    hidden_from(world.outsider, "expire", sent)
    hidden_from(world.stranger, "expire", sent)


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.EXPIRED])
def test_only_what_waits(world: World, status: Status) -> None:
    refused(world.manager, "expire", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    backdate(sent, submitted_at=LONG)
    well_mannered(world.manager, "expire", sent)
