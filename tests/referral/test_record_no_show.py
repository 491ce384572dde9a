"""Record a no-show: the receiver, or the sweep, notes that the patient did not come."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.actors import Actor
from audit.models import Event
from referral.models import Referral
from referral.states import Status
from referral.tasks import sweep
from tests.factories import World, as_system, reload
from tests.referral.expect import (
    grant_of,
    heard,
    hidden_from,
    history,
    moved,
    refused,
    sees_patient,
    well_mannered,
    written,
)

WINDOW = timedelta(days=7)


def backdate(referral: Referral, **times: timedelta) -> None:
    """Let something have happened some time ago."""
    as_system()
    now = timezone.now()
    values = {name: now - age for name, age in times.items()}
    Referral.objects.filter(pk=referral.pk).update(**values)


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.SCHEDULED])
def test_the_receiver_notes_it(world: World, status: Status) -> None:
    body = {"note": "电话未接"}
    after = moved(world.office, "record_no_show", world.at(status), body, told=[world.clinic])
    assert after.ended_at is not None
    assert after.arrived_at is None
    assert (after.episode.open_legs, after.episode.closed_at) == (0, after.ended_at)


def test_the_receiver_loses_the_patient(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    assert sees_patient(world.office, accepted)
    moved(world.office, "record_no_show", accepted, told=[world.clinic])
    assert not sees_patient(world.office, accepted)


def test_the_sweep_notes_it_once_when_the_window_has_passed(world: World) -> None:
    late, in_time = world.at(Status.ACCEPTED), world.at(Status.ACCEPTED)
    backdate(late, decided_at=WINDOW + timedelta(minutes=1))
    backdate(in_time, decided_at=WINDOW - timedelta(minutes=1))
    assert sweep() == 1
    assert sweep() == 0
    after = reload(late)
    assert after.status == Status.NO_SHOW
    assert reload(in_time).status == Status.ACCEPTED
    written(after, "record_no_show", version=after.version, before="accepted", by=None)
    assert heard(after, "referral.no_show") == {world.clinic.pk, world.hospital.pk}
    assert Event.objects.filter(what="referral.record_no_show", actor_id=None).count() == 1
    grant = grant_of(after, world.hospital)
    assert grant is not None
    assert grant.ends is not None


def test_the_window_counts_from_the_visit(world: World) -> None:
    scheduled = world.at(Status.SCHEDULED)
    backdate(scheduled, decided_at=WINDOW * 3, scheduled_for=WINDOW - timedelta(minutes=1))
    assert sweep() == 0
    backdate(scheduled, scheduled_for=WINDOW + timedelta(minutes=1))
    assert sweep() == 1
    assert reload(scheduled).status == Status.NO_SHOW


def test_the_sweep_leaves_alone_who_arrived(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    backdate(arrived, decided_at=WINDOW * 2)
    assert sweep() == 0
    assert history(arrived)[-1] == "arrive"


def test_the_system_obeys_the_table_too(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    with pytest.raises(Exception, match="wrong-state"):
        world.move(sent, "record_no_show", Actor.system())


def test_who_may_not_note_it(world: World) -> None:
    accepted = world.at(Status.ACCEPTED)
    refused(world.doctor, "record_no_show", accepted, 403, "not-receiver")
    hidden_from(world.stranger, "record_no_show", accepted)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ARRIVED, Status.NO_SHOW])
def test_only_whom_one_expects(world: World, status: Status) -> None:
    refused(world.office, "record_no_show", world.at(status), 409, "wrong-state")


def test_manners(world: World) -> None:
    well_mannered(world.office, "record_no_show", world.at(Status.ACCEPTED), {"note": "未到"})
