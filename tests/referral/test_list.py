"""The list: boxes, filters, and pages that are walked forwards and backwards without counting."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.ids import uuid7
from audit.models import Event
from referral.states import Status, Urgency
from tests.facilities.factories import make_department
from tests.factories import Person, World
from tests.referral.test_record_no_show import backdate


def box(who: Person, name: str, **filters: Any) -> list[UUID]:
    answer = who.api.get("/referrals/", {"box": name, **filters})
    assert answer.status == 200, answer
    return answer.ids


def listed(who: Person, **filters: Any) -> list[UUID]:
    answer = who.api.get("/referrals/", filters)
    assert answer.status == 200, answer
    return answer.ids


def test_each_side_has_its_boxes(world: World) -> None:
    draft, sent, ended = world.draft(), world.at(Status.SUBMITTED), world.at(Status.DECLINED)
    assert box(world.doctor, "drafts") == [draft.pk]
    assert box(world.doctor, "sent") == [ended.pk, sent.pk]
    assert box(world.doctor, "tracking") == [sent.pk]
    assert box(world.doctor, "inbox") == []
    assert box(world.office, "inbox") == [sent.pk]
    assert box(world.office, "sent") == []
    assert box(world.office, "drafts") == []
    assert listed(world.doctor) == [ended.pk, sent.pk, draft.pk]
    assert listed(world.office) == [ended.pk, sent.pk]


def test_others_have_nothing_in_any_box(world: World) -> None:
    world.draft()
    world.at(Status.SUBMITTED)
    for name in ("inbox", "sent", "tracking", "overdue", "drafts"):
        assert box(world.stranger, name) == []
        assert box(world.outsider, name) == []
    assert listed(world.stranger) == []
    assert listed(world.outsider) == []


def test_the_manager_sees_the_row_but_not_the_name(world: World) -> None:
    world.draft()
    sent = world.at(Status.SUBMITTED)
    [row] = world.manager.api.get("/referrals/").results
    assert row["id"] == str(sent.pk)
    assert row["patient"] is None
    [row] = world.office.api.get("/referrals/").results
    assert row["patient"]["name"] == "欧阳**"


def test_a_manager_at_the_receiver_sees_no_name_either(world: World) -> None:
    sent = world.draft(to_facility_id=world.lead.pk)
    world.move(sent, "submit", world.doctor)
    [row] = world.manager.api.get("/referrals/", {"box": "inbox"}).results
    assert row["patient"] is None


def test_the_origin_tracks_every_leg(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    leg = world.move(sent, "redirect", world.office, to_facility_id=world.second.pk)
    assert leg.status == Status.REDIRECTED
    [next_leg] = box(world.doctor, "tracking")
    assert next_leg != sent.pk
    down = world.returning(Status.SUBMITTED)
    assert box(world.doctor, "inbox") == [down.pk]
    assert set(box(world.doctor, "tracking")) == {down.pk, down.previous_id, next_leg}


def test_the_inbox_has_the_urgent_first(world: World) -> None:
    routine = world.at(Status.SUBMITTED)
    urgent = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    emergency = world.emergency()
    older = world.at(Status.SUBMITTED)
    backdate(older, submitted_at=timedelta(hours=5))
    assert box(world.office, "inbox") == [emergency.pk, urgent.pk, older.pk, routine.pk]


def test_overdue(world: World) -> None:
    late, in_time = (world.at(Status.SUBMITTED, urgency=Urgency.URGENT) for _each in range(2))
    backdate(late, submitted_at=timedelta(hours=2, seconds=1))
    backdate(in_time, submitted_at=timedelta(hours=1, minutes=58))
    assert box(world.office, "overdue") == [late.pk]
    [row] = world.office.api.get("/referrals/", {"box": "overdue"}).results
    assert row["overdue"] is True


FILTERS: tuple[tuple[dict[str, str], set[str]], ...] = (
    ({"status": "accepted"}, {"accepted"}),
    ({"status": "draft"}, {"draft"}),
    ({"direction": "up"}, {"accepted", "urgent"}),
    ({"direction": "down"}, set()),
    ({"urgency": "urgent"}, {"urgent"}),
    ({"urgency": "routine"}, {"accepted", "draft"}),
    ({"text": "肾"}, {"urgent"}),
    ({"text": "100%"}, set()),
    ({"box": "sent", "status": "accepted"}, {"accepted"}),
)


def test_filters(world: World) -> None:
    made = {
        "draft": world.draft(),
        "accepted": world.at(Status.ACCEPTED),
        "urgent": world.at(Status.SUBMITTED, urgency=Urgency.URGENT, diagnosis="慢性肾病"),
    }
    names = {referral.pk: name for name, referral in made.items()}
    for filters, expected in FILTERS:
        assert {names[pk] for pk in listed(world.doctor, **filters)} == expected, filters


def test_by_number_in_any_case(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    world.at(Status.SUBMITTED)
    assert listed(world.office, text=sent.number.lower()) == [sent.pk]


def test_by_department_patient_and_episode(world: World) -> None:
    ward = make_department(world.hospital)
    here = world.at(Status.SUBMITTED, to_department_id=ward.pk)
    other = world.at(Status.SUBMITTED, patient=world.make_patient(name="王芳"))
    assert listed(world.office, department=ward.pk) == [here.pk]
    assert listed(world.office, patient=other.patient_id) == [other.pk]
    assert listed(world.office, episode=here.episode_id) == [here.pk]
    assert listed(world.office, patient=uuid7()) == []


def test_by_period(world: World) -> None:
    sent, today = world.at(Status.SUBMITTED), timezone.localdate()
    tomorrow = today + timedelta(days=1)
    assert listed(world.doctor, since=today, until=tomorrow) == [sent.pk]
    assert listed(world.doctor, since=tomorrow) == []
    assert listed(world.doctor, until=today) == []
    assert listed(world.doctor, since="0001-01-01", until="9999-12-31") == [sent.pk]


BAD_FILTERS: tuple[tuple[dict[str, str], str], ...] = (
    ({"colour": "red"}, "colour"),
    ({"status__in": "draft"}, "status__in"),
    ({"_connector": "OR"}, "_connector"),
    ({"to_facility": "x"}, "to_facility"),
    ({"box": "trash"}, "box"),
    ({"status": "lost"}, "status"),
    ({"urgency": "1"}, "urgency"),
    ({"limit": "0"}, "limit"),
    ({"limit": "201"}, "limit"),
    ({"limit": "many"}, "limit"),
    ({"since": "yesterday"}, "since"),
    ({"department": "x"}, "department"),
    ({"text": "x" * 101}, "text"),
    ({"cursor": "x" * 501}, "cursor"),
)


def test_unknown_and_bad_filters_are_named(world: World) -> None:
    for query, field in BAD_FILTERS:
        answer = world.doctor.api.get("/referrals/", query)
        assert (answer.status, answer.code) == (400, "invalid"), query
        assert set(answer.body["errors"]) == {field}, query


def test_a_parameter_is_given_once(world: World) -> None:
    answer = world.doctor.api.get("/referrals/", {"box": ["inbox", "sent"]})
    assert (answer.status, set(answer.body["errors"])) == (400, {"box"})


@pytest.mark.parametrize("name", ["", "inbox", "sent", "tracking"])
def test_pages_are_walked_both_ways(world: World, name: str) -> None:
    who = world.office if name in {"", "inbox"} else world.doctor
    for number in range(7):
        urgency = [Urgency.ROUTINE, Urgency.URGENT][number % 2]
        world.at(Status.SUBMITTED, urgency=urgency)
    query = {"limit": 3, **({"box": name} if name else {})}
    pages = [who.api.get("/referrals/", query)]
    while url := pages[-1].body["next"]:
        pages.append(who.api.get(url))
    whole = listed(who, **({"box": name} if name else {}))
    assert [len(page.ids) for page in pages] == [3, 3, 1]
    assert [pk for page in pages for pk in page.ids] == whole
    assert pages[0].body["previous"] is None
    back = [pages[-1]]
    while url := back[-1].body["previous"]:
        back.append(who.api.get(url))
    assert [page.ids for page in back] == [page.ids for page in reversed(pages)]


def test_a_row_added_meanwhile_shifts_no_page(world: World) -> None:
    old = [world.at(Status.SUBMITTED).pk for _each in range(4)]
    page = world.doctor.api.get("/referrals/", {"box": "sent", "limit": 2})
    world.at(Status.SUBMITTED)
    rest = world.doctor.api.get(page.body["next"])
    assert page.ids + rest.ids == list(reversed(old))


def test_a_filter_stays_on_the_next_page(world: World) -> None:
    for _each in range(3):
        world.at(Status.SUBMITTED)
        world.at(Status.ACCEPTED)
    page = world.office.api.get("/referrals/", {"status": "accepted", "limit": 2})
    rest = world.office.api.get(page.body["next"])
    assert {row["status"] for row in page.results + rest.results} == {"accepted"}
    assert len(rest.ids) == 1


def test_a_cursor_of_another_box_is_refused(world: World) -> None:
    for _each in range(2):
        world.at(Status.SUBMITTED)
    url = world.office.api.get("/referrals/", {"box": "inbox", "limit": 1}).body["next"]
    cursor = url.partition("cursor=")[2]
    answer = world.office.api.get("/referrals/", {"cursor": cursor})
    assert (answer.status, set(answer.body["errors"])) == (400, {"cursor"})


def test_nothing_is_counted_and_the_statements_do_not_grow(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for _each in range(6):
        world.at(Status.SUBMITTED)
    world.office.api.get("/referrals/", {"box": "inbox"})
    with django_assert_max_num_queries(8) as captured:
        world.office.api.get("/referrals/", {"box": "inbox"})
    assert not any("COUNT(" in query["sql"].upper() for query in captured)


def test_reading_a_list_is_written_down(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    box(world.office, "inbox")
    event = Event.objects.get(what="referral.list")
    assert event.actor_id == world.office.user.pk
    assert (event.referral_ids, event.patient_ids) == ([sent.pk], [sent.patient_id])


def test_who_reads_no_list(world: World) -> None:
    assert world.auditor.api.get("/referrals/").code == "no-permission"
    assert world.anonymous.get("/referrals/").code == "not-authenticated"
