"""Reads that may go to a replica: never older than one's own writes, in one's own scope, replica or not."""

from typing import Any

import pytest
from django.db import InternalError, connections, transaction
from django.test import Client

from accounts import databases, replica, scope
from accounts.databases import REPLICA
from audit import record
from audit.models import Event
from facilities.models import Facility
from referral.models import Referral
from referral.states import Status
from tests.api import Api
from tests.factories import Person, World, as_system, make_person, new_key
from tests.replica.conftest import Standby
from tests.security.forms import document

pytestmark = [pytest.mark.faults, pytest.mark.slow]
PICTURE = "/alliance/"


class Story(World):
    """A leg that waits in an alliance with two people who look over it."""

    leg: Referral
    other: Person


@pytest.fixture
def story(replicated: Standby) -> Story:
    made = Story()
    with transaction.atomic():
        as_system()
        made.leg = made.at(Status.SUBMITTED)
        made.other = make_person(made.lead, "alliance_manager")
        _ = made.manager, made.second
    replicated.catch_up()
    return made


def browser(person: Person, standby: Standby) -> Client:
    """Return a browser of its own, signed in; the replica knows it."""
    made = Client()
    made.force_login(person.user)
    standby.catch_up()
    return made


def redirect(story: Story, client: Client) -> None:
    """The manager sends the leg on, in the browser."""
    answer = client.post(
        f"/api/v1/referrals/{story.leg.pk}/redirect/",
        {"to_facility": str(story.second.pk)},
        content_type="application/json",
        headers={"Idempotency-Key": new_key()},
    )
    assert answer.status_code == 200, answer.content


def shown(client: Client, story: Story) -> str:
    """Return which of the two hospitals the list of legs names as where the leg goes."""
    page = client.get("/alliance/referrals/").content.decode()
    found = [place.name for place in (story.hospital, story.second) if place.name in page]
    assert len(found) == 1, found
    return found[0]


def went() -> dict[str, int]:
    """Return how often reads went where since it was asked last."""
    counts = dict(replica.watch.counts)
    replica.watch.counts.clear()
    return counts


def test_a_writer_reads_his_own_write_and_a_stranger_the_replica(
    story: Story, replicated: Standby
) -> None:
    writer, other = browser(story.manager, replicated), browser(story.other, replicated)
    before, after = story.hospital.name, story.second.name
    assert (shown(writer, story), shown(other, story)) == (before, before)
    assert went() == {"ok": 2}
    replicated.pause()
    redirect(story, writer)
    assert shown(writer, story) == after
    assert went() == {"own-write": 1}
    assert shown(other, story) == before
    assert went() == {"ok": 1}
    replicated.resume()
    assert (shown(writer, story), shown(other, story)) == (after, after)
    assert went() == {"ok": 2}


def test_a_program_says_by_header_what_it_has_written(story: Story, replicated: Standby) -> None:
    doctor: Api = story.doctor.api
    path = f"/alliances/{story.alliance.pk}/"
    assert doctor.get(path).status == 200
    assert went() == {"own-write": 1}
    assert doctor.get(path, headers={replica.HEADER: replica.NOTHING}).status == 200
    assert went() == {"ok": 1}
    replicated.pause()
    written = doctor.post("/referrals/", story.body(), key=new_key())
    assert written.status == 201
    own = {replica.HEADER: written.headers[replica.HEADER]}
    assert doctor.get(path, headers=own).status == 200
    assert went() == {"own-write": 1}
    replicated.resume()
    assert doctor.get(path, headers=own).status == 200
    assert went() == {"ok": 1}
    assert doctor.get(path, headers={replica.HEADER: "as new as can be"}).status == 200
    assert went() == {"own-write": 1}


def test_what_the_replica_does_not_know_is_looked_for_where_it_was_written(
    story: Story, replicated: Standby
) -> None:
    replicated.pause()
    with transaction.atomic():
        as_system()
        _ = story.outside
        new = Facility.objects.get(pk=story.outside.pk).led_alliances.get()
    answer = story.doctor.api.get(f"/alliances/{new.pk}/", headers={replica.HEADER: "0/0"})
    assert answer.status == 200
    assert went() == {"ok": 1, "not-there": 1}
    unknown = f"/alliances/{story.leg.pk}/"
    assert story.doctor.api.get(unknown, headers={replica.HEADER: "0/0"}).status == 404


def test_the_replica_shows_nobody_what_is_not_his(story: Story, replicated: Standby) -> None:
    with transaction.atomic():
        as_system()
        stranger = make_person(story.outside, "alliance_manager")
    visitor = browser(stranger, replicated)
    page = visitor.get("/alliance/referrals/").content.decode()
    assert story.hospital.name not in page
    with transaction.atomic(using=REPLICA):
        assert Referral.objects.using(REPLICA).count() == 0
    with transaction.atomic(), transaction.atomic(using=REPLICA):
        with databases.reading(REPLICA):
            scope.enter(story.manager.actor)
            assert Referral.objects.count() == 1
            scope.enter(stranger.actor)
            assert Referral.objects.count() == 0


def test_nothing_is_ever_written_there(story: Story) -> None:
    with transaction.atomic(), transaction.atomic(using=REPLICA):
        with databases.reading(REPLICA):
            scope.enter(story.manager.actor)
            row = Facility.objects.get(pk=story.hospital.pk)
        assert row._state.db == REPLICA
        row.name = "改名医院"
        row.save(update_fields=["name"])
        assert row.region.name
    assert Facility.objects.using("default").get(pk=row.pk).name == "改名医院"
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SHOW default_transaction_read_only")
        assert cursor.fetchone() == ("on",)
        with pytest.raises(InternalError, match="read-only"):
            cursor.execute("DELETE FROM accounts_trycounter")


def test_what_a_first_try_wrote_is_undone_before_the_second(story: Story) -> None:
    tries: list[str] = []

    def look() -> str:
        tries.append(databases.in_use())
        record.read(story.manager.actor, what="referral.list", referrals=[story.leg.pk])
        if len(tries) == 1:
            raise Referral.DoesNotExist
        return "found"

    with transaction.atomic():
        scope.enter(story.manager.actor)
        before = Event.objects.count()
        assert replica.read(look, by=story.manager.actor) == "found"
        assert tries == [REPLICA, databases.PRIMARY]
        assert Event.objects.count() == before + 1


def test_one_that_is_gone_is_not_missed(
    story: Story, replicated: Standby, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = browser(story.other, replicated)
    assert shown(visitor, story) == story.hospital.name
    replicated.stop()
    went()
    try:
        for _each in range(2):
            assert shown(visitor, story) == story.hospital.name
        assert went() == {"away": 2}
        told = [line for line in caplog.records if line.name == "accounts.replica"]
        assert [(line.getMessage(), line.reason) for line in told] == [  # type: ignore[attr-defined]
            ("reads go to the primary", "away")
        ]
        said = visitor.get("/readyz").json()
        assert (said["status"], said["replica"]) == ("ok", "away")
    finally:
        replicated.start()
    replica.watch.away_until = 0.0
    assert shown(visitor, story) == story.hospital.name
    assert went() == {"ok": 1}


def test_one_that_is_too_far_behind_is_not_asked(
    story: Story, replicated: Standby, settings: Any
) -> None:
    visitor, said = browser(story.other, replicated), Client().get("/readyz").json()
    # Other tests write to the same server meanwhile.
    assert said["replica"] == "ok"
    assert said["replica_lag_seconds"] < settings.REPLICA_LAG
    replicated.pause()
    redirect(story, browser_that_waits_for_nobody(story.manager))
    settings.REPLICA_LAG = 0
    replica.watch.asked_at = 0.0
    assert shown(visitor, story) == story.second.name
    assert went()["behind"] == 1
    said = Client().get("/readyz").json()
    assert said["replica"] == "behind"
    assert said["replica_lag_seconds"] > 0
    replicated.resume()
    assert shown(visitor, story) == story.second.name
    assert went() == {"ok": 1}


def browser_that_waits_for_nobody(person: Person) -> Client:
    """Return a signed-in browser whose sign-in the replica may not know yet."""
    made = Client()
    made.force_login(person.user)
    return made


@pytest.mark.django_db
def test_without_one_nobody_is_marked_and_nothing_is_asked(world: World) -> None:
    assert not replica.is_set()
    client = browser_that_waits_for_nobody(world.manager)
    assert client.get(PICTURE).status_code == 200
    client.post("/lock/")
    assert replica.COOKIE not in client.cookies
    assert "replica" not in client.get("/readyz").json()
    assert replica.HEADER not in world.doctor.api.post("/destinations/", {}).headers


def test_the_document_names_the_header_where_it_is_heeded_and_nowhere_else() -> None:
    paths = document()["paths"]
    heeding = {
        path
        for path, operations in paths.items()
        for operation in operations.values()
        if any(each["name"] == replica.HEADER for each in operation.get("parameters", []))
    }
    assert {"/api/v1/alliances/", "/api/v1/indicators/{code}/"} <= heeding
    assert "/api/v1/referrals/" not in heeding


def test_numbers_come_from_the_replica_with_the_rights_of_whoever_asks(
    story: Story, replicated: Standby
) -> None:
    said = {replica.HEADER: replica.NOTHING}
    path = "/indicators/acceptance-rate/"
    own = story.manager.api.get(path, headers=said)
    assert own.status == 200, own
    assert went() == {"ok": 1}
    refused = story.stranger.api.get(path, {"alliance": str(story.alliance.pk)}, headers=said)
    assert refused.status in (403, 404)
    assert went() == {"ok": 1, "not-there": 1}
