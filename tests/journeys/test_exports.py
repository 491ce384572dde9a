"""A manager takes the rows behind a number out: asked, made, fetched, recorded, gone; nobody else gets hold of it."""

from datetime import timedelta

import pytest

from audit.models import AccessEvent
from insights import exports_tasks
from insights.models import Export
from referral.states import Status
from tests.factories import World, as_system
from tests.insights.taken import ask, fetch, state, table, work
from tests.insights.walked import count


@pytest.fixture
def world(db: None) -> World:
    """Return a world that is undone after the test."""
    return World()


def test_the_rows_behind_a_number_are_taken_out(world: World) -> None:
    # Given three referrals of a clinic to a hospital, two of them accepted
    for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED):
        world.at(status)
    count()
    number = world.manager.api.get("/indicators/acceptance-rate/").body
    as_system()
    # When the manager, the sender and the receiver ask for the rows behind it
    asked = {"indicator": "acceptance-rate", "side": "sent"}
    made = {who: ask(getattr(world, who), "rows", **asked) for who in ("manager", "doctor")}
    made["office"] = ask(world.office, "rows", indicator="acceptance-rate")
    assert {each.status for each in made.values()} == {202}
    # Then a worker makes them, and each is as long as the number
    assert work() == 3
    for who, each in made.items():
        assert state(getattr(world, who), each)["state"] == "done"
        assert len(table(fetch(getattr(world, who), each).content)) - 1 == number["numerator"] == 2
    # And each fetching is in the trail of who fetched
    trail = AccessEvent.objects.filter(what="indicator.export")
    assert {event.actor_id for event in trail} == {
        world.manager.user.pk,
        world.doctor.user.pk,
        world.office.user.pk,
    }
    # When a stranger asks for the same, or for the file itself, it is as if there were none
    asked = {"indicator": "acceptance-rate", "alliance": str(world.alliance.pk)}
    assert ask(world.stranger, "rows", **asked).status == 404
    assert fetch(world.stranger, made["manager"]).status == 404
    # When the hour is over, nothing of it is left but that it was asked for
    kept = Export.objects.get(pk=made["manager"].body["id"])
    Export.objects.update(expires_at=kept.asked_at - timedelta(seconds=1))
    exports_tasks.forget_exports()
    as_system()
    assert fetch(world.manager, made["manager"]).code == "export-not-there"
    assert state(world.manager, made["manager"])["state"] == "expired"
    assert not any(bytes(each.content) for each in Export.objects.all())
