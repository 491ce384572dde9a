"""Figures by a file that a worker reads: once, with the rights of that moment, and forgotten where nobody goes on."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from insights import volumes_tasks
from insights.actions import volumes as actions
from insights.models import FileState, Volume, VolumeFile
from tests.factories import World, as_system
from tests.insights.figures import send, table


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


def test_a_large_file_is_read_by_a_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    row = (world.hospital.code, "outpatient_visits", "2025-09", 5)
    made = send(world.office, table(row), dry_run="true")
    assert (made.status, made.body["state"]) == (202, "waiting")
    assert volumes_tasks.import_volumes() == 1
    assert volumes_tasks.import_volumes() == 0, "it is done"
    path = f"/imports/{made.body['id']}/"
    shown = world.office.api.get(path).body
    assert (shown["state"], shown["rows_read"], shown["counts"]["created"]) == ("tried", 1, 1)
    assert world.office.api.post(f"{path}carry-out/").status == 202
    assert volumes_tasks.import_volumes() == 1
    assert [row.value for row in Volume.objects.all()] == [Decimal(5)]


def test_who_has_a_file_in_hand_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that died leaves it to the next when its lease is over."""
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    send(world.office, table((world.hospital.code, "outpatient_visits", "2025-09", 5)))
    file, now = VolumeFile.objects.get(), timezone.now()
    assert actions.take(file.pk, now=now) is not None
    assert actions.take(file.pk, now=now) is None
    assert volumes_tasks.import_volumes() == 0
    later = now + actions.LEASE + timedelta(seconds=1)
    assert actions.take(file.pk, now=later) is not None


def test_what_ends_each_worker_is_refused_after_three_tries(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    row = (world.hospital.code, "outpatient_visits", "2025-09", 5)
    path = f"/imports/{send(world.office, table(row), dry_run='true').body['id']}/"
    file, now = VolumeFile.objects.get(), timezone.now()
    for _try in range(actions.MOST_TRIES):
        assert actions.take(file.pk, now=now) is not None
        now += actions.LEASE + timedelta(seconds=1)
    assert world.office.api.get(path).body["code"] == ""
    as_system()
    assert actions.take(file.pk, now=now) is None
    told = world.office.api.get(path).body
    assert (told["state"], told["code"]) == ("refused", "volumes-broken")
    as_system()
    file.refresh_from_db()
    assert (bytes(file.content), file.leased_until) == (b"", None)
    assert volumes_tasks.import_volumes() == 0


def test_reading_renews_the_lease(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a large file takes longer than one lease; it is no try that ended."""
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    send(world.office, table((world.hospital.code, "outpatient_visits", "2025-09", 5)))
    file, now = VolumeFile.objects.get(), timezone.now()
    assert actions.take(file.pk, now=now) is not None
    later = now + actions.LEASE - timedelta(seconds=1)
    actions.note(file.pk, 7, now=later)
    assert actions.take(file.pk, now=later + timedelta(seconds=2)) is None
    file.refresh_from_db()
    assert (file.rows_read, file.tries) == (7, 1)
    assert actions.take(file.pk, now=later + actions.LEASE + timedelta(seconds=1)) is not None


def test_an_import_has_as_many_tries_as_its_trial(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    row = (world.hospital.code, "outpatient_visits", "2025-09", 5)
    path = f"/imports/{send(world.office, table(row), dry_run='true').body['id']}/"
    as_system()
    VolumeFile.objects.update(tries=actions.MOST_TRIES - 1)
    assert volumes_tasks.import_volumes() == 1
    assert world.office.api.post(f"{path}carry-out/").status == 202
    as_system()
    assert VolumeFile.objects.get().tries == 0
    assert volumes_tasks.import_volumes() == 1
    assert VolumeFile.objects.get().state == FileState.IMPORTED


def test_a_worker_asks_for_the_rights_of_today(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE", 10)
    send(world.office, table((world.hospital.code, "outpatient_visits", "2025-09", 5)))
    world.office.user.posts.update(ends=timezone.localdate())
    assert volumes_tasks.import_volumes() == 1
    assert VolumeFile.objects.get().state == FileState.REFUSED
    assert not Volume.objects.exists()


def test_what_was_never_imported_is_forgotten_after_a_day(world: World) -> None:
    row = (world.hospital.code, "outpatient_visits", "2025-09", 5)
    send(world.office, table(row), dry_run="true")
    send(world.office, table(row))
    now = timezone.now()
    assert actions.forget(now + actions.KEPT - timedelta(minutes=1)) == 0
    assert actions.forget(now + actions.KEPT) == 1
    assert VolumeFile.objects.get().state == FileState.IMPORTED
