"""How files of numbers are made: at once or by a worker, with progress, once for a key, and for their asker alone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from accounts.ids import uuid7
from accounts.permissions import Role
from audit.models import AccessEvent
from facilities.models import Delegation
from insights import exports_tasks, making
from insights.actions import exports as actions
from insights.models import Export, ExportState
from referral.models import FollowUp
from referral.states import Status
from tests.factories import Person, World, as_system, make_person
from tests.insights.taken import EXPORTS, ask, fetch, state, table, taken, work
from tests.insights.walked import count
from tests.keeping import as_made, kept

pytestmark = pytest.mark.django_db
ROWS = {"indicator": "acceptance-rate", "part": "denominator"}


@pytest.fixture(scope="module", autouse=True)
def _counted(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with kept(django_db_blocker):
        world = World()
        for status in (Status.ACCEPTED, Status.ARRIVED, Status.DECLINED):
            world.at(status)
        count()
        yield world


@pytest.fixture
def counted(_counted: World) -> World:
    return as_made(_counted)


def waiting(who: Person) -> Any:
    """Ask for what a worker makes."""
    made = ask(who, "rows", **ROWS)
    assert (made.status, made.body["state"], made.body["progress"]) == (202, "waiting", 0)
    return made


def test_a_small_file_is_there_at_once(counted: World) -> None:
    made = ask(counted.office, "indicators", "xlsx")
    assert (made.status, made.body["state"], made.body["progress"]) == (201, "done", 100)
    assert made.headers["Location"] == f"/api/v1{EXPORTS}{made.body['id']}/"
    assert made.body["name"].endswith(".xlsx")
    assert work() == 0


def test_parts_that_no_counter_keeps_are_made_by_a_worker(counted: World) -> None:
    """Over a large alliance they are counted from its referrals, which may take longer than a page."""
    asked = {"indicator": "acceptance-rate", "by": "doctor"}
    assert ask(counted.manager, "breakdown", **asked).status == 202
    assert ask(counted.office, "breakdown", **asked).status == 201, "of one institution"
    assert ask(counted.manager, "breakdown", **{**asked, "by": "urgency"}).status == 201
    assert work() == 1


def test_a_worker_makes_the_others(counted: World) -> None:
    made = waiting(counted.office)
    assert fetch(counted.office, made).code == "export-not-there"
    assert work() == 1
    assert work() == 0, "it is made"
    told = state(counted.office, made)
    assert (told["state"], told["progress"], told["lines"]) == ("done", 100, 3)
    assert len(table(fetch(counted.office, made).content)) == 1 + 3


def test_it_says_how_far_it_is(counted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "CHUNK", 1)
    made, heard = waiting(counted.office), []
    note = actions.note

    def listened(export_id: Any, progress: int, *, now: Any) -> None:
        note(export_id, progress, now=now)
        heard.append((state(counted.office, made)["state"], progress))

    monkeypatch.setattr(actions, "note", listened)
    work()
    assert heard == [("running", 30), ("running", 60), ("running", 90)]


def test_a_contact_has_a_line_of_its_own(world: World) -> None:
    """The file is as long as the number, though both contacts are of one leg."""
    leg = world.returning(Status.ARRIVED)
    today = timezone.localdate()
    planned = FollowUp.objects.get(referral=leg)
    FollowUp.objects.filter(pk=planned.pk).update(due_on=today)
    planned.pk, planned.due_on = uuid7(), today - timedelta(days=1)
    planned.save(force_insert=True)
    count()
    asked: dict[str, Any] = {"indicator": "follow-up-rate", "part": "denominator"}
    asked |= {"period": today.year}
    number = world.manager.api.get("/indicators/follow-up-rate/", {"period": today.year}).body
    as_system()
    lines = table(taken(world.manager, "rows", **asked))
    assert len(lines) - 1 == number["denominator"] >= 2
    due, in_time = (lines[0].index(head) for head in ("应随访日", "按时完成"))
    assert {line[due] for line in lines[1:]} == {
        today.isoformat(),
        (today - timedelta(days=1)).isoformat(),
    }
    assert {line[in_time] for line in lines[1:]} == {"否"}


def test_a_file_asked_for_twice_with_one_key_is_one(counted: World) -> None:
    first = ask(counted.office, "rows", key="once", **ROWS)
    second = ask(counted.office, "rows", key="once", **ROWS)
    assert first.body["id"] == second.body["id"]
    assert Export.objects.count() == 1
    assert ask(counted.office, "rows", key="once", indicator="late-rate").status == 422


def test_nobody_else_finds_it(counted: World) -> None:
    made = waiting(counted.office)
    work()
    colleague = make_person(counted.hospital, Role.REFERRAL_OFFICE)
    for other in (colleague, counted.doctor, counted.manager, counted.stranger):
        path = f"{EXPORTS}{made.body['id']}/"
        assert other.api.get(path).status == 404
        assert other.api.get(f"{path}file/").status == 404
        assert other.api.get(EXPORTS).results == []
    assert [row["id"] for row in counted.office.api.get(EXPORTS).results] == [made.body["id"]]


def test_the_same_person_at_another_post_does_not_find_it(counted: World) -> None:
    made = waiting(counted.office)
    make_person(counted.lead, Role.REFERRAL_OFFICE)
    counted.office.user.posts.create(
        facility=counted.lead, role=Role.REFERRAL_OFFICE, starts=timezone.localdate()
    )
    elsewhere = {"X-Facility": str(counted.lead.pk)}
    path = f"{EXPORTS}{made.body['id']}/"
    assert counted.office.api.get(path, headers=elsewhere).status == 404
    assert counted.office.api.get(path).status == 200


def test_the_table_itself_hides_it(counted: World) -> None:
    """Row security, should a filter ever be forgotten."""
    waiting(counted.office)
    scope.enter(counted.doctor.actor)
    assert not Export.objects.exists()
    scope.enter(counted.office.actor)
    assert Export.objects.exists()


def test_what_is_kept_is_encrypted(counted: World) -> None:
    made = waiting(counted.office)
    work()
    number = table(fetch(counted.office, made).content)[1][0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM insights_export")
        [(content,)] = cursor.fetchall()
    assert len(bytes(content)) > 100
    assert number.encode() not in bytes(content)


def test_each_time_it_is_fetched_is_recorded(counted: World) -> None:
    made = waiting(counted.office)
    work()
    events = AccessEvent.objects.filter(what="indicator.export")
    assert not events.exists(), "made is not looked at"
    fetch(counted.office, made)
    fetch(counted.office, made)
    assert events.count() == 2
    for event in events:
        assert event.actor_id == counted.office.user.pk
        assert len(event.referral_ids) == 3
        assert len(event.patient_ids) == len(set(event.patient_ids)) >= 1


def test_it_is_there_for_an_hour(counted: World) -> None:
    made = waiting(counted.office)
    work()
    kept = Export.objects.get()
    assert kept.expires_at is not None
    assert actions.forget(kept.expires_at - timedelta(seconds=1)) == 0
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert fetch(counted.office, made).code == "export-not-there", "before it is swept"
    assert state(counted.office, made)["state"] == "expired"
    assert exports_tasks.forget_exports() == 1
    as_system()
    gone = Export.objects.get()
    assert (gone.state, bytes(gone.content), gone.patients, gone.referrals) == (
        ExportState.EXPIRED,
        b"",
        [],
        [],
    )
    actions.forget(gone.asked_at + actions.TOLD)
    assert not Export.objects.exists()


def test_a_worker_that_died_leaves_it_to_the_next(counted: World) -> None:
    waiting(counted.office)
    export, now = Export.objects.get(), timezone.now()
    assert actions.take(export.pk, now=now) is not None
    assert actions.take(export.pk, now=now) is None
    assert work() == 0, "somebody has it in hand"
    later = now + actions.LEASE + timedelta(seconds=1)
    assert actions.take(export.pk, now=later) is not None


def test_progress_renews_the_lease(counted: World) -> None:
    waiting(counted.office)
    export, now = Export.objects.get(), timezone.now()
    actions.take(export.pk, now=now)
    later = now + actions.LEASE - timedelta(seconds=1)
    actions.note(export.pk, 50, now=later)
    assert actions.take(export.pk, now=later + timedelta(seconds=2)) is None


def test_it_is_given_up_after_some_tries(counted: World) -> None:
    made, now = waiting(counted.office), timezone.now()
    for _again in range(actions.TRIES):
        assert actions.take(Export.objects.get().pk, now=now) is not None
        now += actions.LEASE + timedelta(seconds=1)
    assert actions.take(Export.objects.get().pk, now=now) is None
    told = state(counted.office, made)
    assert (told["state"], told["code"]) == ("failed", "export-broken")
    assert work() == 0


def test_what_goes_wrong_is_tried_again_soon(
    counted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the disk is full")

    made = waiting(counted.office)
    monkeypatch.setattr(making, "make", broken)
    for _again in range(actions.TRIES):
        with pytest.raises(RuntimeError):
            work()
        as_system()
    work()
    assert state(counted.office, made)["code"] == "export-broken"


def test_who_lost_the_right_gets_nothing(counted: World) -> None:
    """Neither made by the worker, nor fetched where it was made before."""
    first, office = waiting(counted.office), counted.office
    work()
    second = ask(office, "rows", **ROWS, facility=counted.hospital.pk)
    office.user.posts.update(role=Role.SECURITY_ADMIN)
    work()
    assert fetch(office, first).status == 403
    office.user.posts.update(role=Role.REFERRAL_OFFICE)
    assert state(office, second)["code"] == "not-found"


def test_a_deputy_has_it_as_long_as_he_stands_in(counted: World) -> None:
    deputy = make_person(counted.hospital, Role.HOSPITAL_DOCTOR)
    today = timezone.localdate()
    held = Delegation.objects.create(
        facility=counted.hospital,
        principal=counted.office.user,
        deputy=deputy.user,
        starts=today,
        ends=today + timedelta(days=2),
        reason="休假",
        granted_by=counted.office.user,
        created_at=timezone.now(),
    )
    behalf = {"X-On-Behalf-Of": str(counted.office.user.pk)}
    words = {"kind": "rows", "format": "csv", **ROWS}
    made = deputy.api.post(EXPORTS, words, headers=behalf)
    assert made.status == 202
    path = f"{EXPORTS}{made.body['id']}/"
    assert deputy.api.get(path).status == 404, "for himself he asked nothing"
    assert counted.office.api.get(path).status == 404
    as_system()
    Delegation.objects.filter(pk=held.pk).update(
        ended_at=timezone.now(), ended_by=counted.office.user
    )
    work()
    assert Export.objects.get().code == "not-found"


def test_more_rows_than_a_file_bears_are_refused_before_anybody_waits(
    counted: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", 3)
    assert ask(counted.office, "rows", **ROWS).status == 202
    monkeypatch.setattr(making, "MOST_ROWS", 2)
    refused = ask(counted.office, "rows", **ROWS)
    assert (refused.status, refused.code) == (422, "export-too-large")
    assert "2" in refused.body["detail"]
    work()
    assert Export.objects.get().code == "export-too-large", "it has grown meanwhile"


def test_nobody_has_many_made_at_once(counted: World) -> None:
    for _each in range(actions.MOST_OPEN):
        waiting(counted.office)
    assert ask(counted.office, "rows", **ROWS).code == "export-too-many"
    assert ask(counted.manager, "rows", **ROWS).status == 202, "others may"
    work()
    work()
    assert ask(counted.office, "rows", **ROWS).status == 202


def test_nobody_hoards(counted: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_KEPT", 2)
    for _each in range(2):
        assert ask(counted.office, "indicators").status == 201
    assert ask(counted.office, "indicators").code == "export-too-many"
    Export.objects.update(asked_at=timezone.now() - actions.KEPT)
    assert ask(counted.office, "indicators").status == 201


@pytest.mark.parametrize(
    ("kind", "form", "words"),
    [
        ("indicators", "pdf", {}),
        ("evaluation", "csv", {}),
        ("rows", "csv", {}),
        ("rows", "csv", {"indicator": "no-such"}),
        ("breakdown", "csv", {"indicator": "late-rate"}),
        ("indicators", "csv", {"indicator": "late-rate"}),
        ("indicators", "csv", {"colour": "red"}),
        ("indicators", "csv", {"period": "2026-13"}),
        ("everything", "csv", {}),
    ],
)
def test_what_is_no_file_is_refused(
    world: World, kind: str, form: str, words: dict[str, str]
) -> None:
    assert ask(world.office, kind, form, **words).status == 400
    assert not Export.objects.exists()


def test_this_month_stays_the_month_in_which_it_was_asked(counted: World) -> None:
    made = waiting(counted.office)
    assert made.body["question"]["period"] == f"{timezone.localdate():%Y-%m}"


def test_days_are_kept_as_they_were_asked(counted: World) -> None:
    today = timezone.localdate()
    made = ask(counted.office, "rows", **ROWS, first=today - timedelta(days=40), last=today)
    work()
    assert state(counted.office, made)["lines"] == 3
