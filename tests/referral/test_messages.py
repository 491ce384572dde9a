"""Messages: a line between the clinicians of both ends."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import scope
from notifications.models import OutboxMessage
from referral.models import Message, Referral
from referral.queries import referrals as queries
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, as_system, new_key
from tests.referral.expect import audited, heard, hidden_from, refused, snapshot

LINE = {"text": "患者近日血压如何？"}


def lines(who: Person, referral: object) -> Answer:
    return who.api.get(f"/referrals/{referral.pk}/messages/")  # type: ignore[attr-defined]


def test_the_sender_writes_and_the_receiver_hears(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    answer = world.doctor.api.post(f"/referrals/{sent.pk}/messages/", LINE)
    assert answer.status == 201
    assert answer.body["text"] == LINE["text"]
    assert answer.body["sender"] == "张医生"
    assert answer.body["facility"]["id"] == str(world.clinic.pk)
    assert answer.body["read_at"] is None
    assert heard(sent, "referral.message") == {world.hospital.pk}
    assert audited(sent, "referral.message", by=world.doctor) == 1
    assert lines(world.office, sent).results == [answer.body]


def test_the_message_itself_leaves_the_house_by_no_channel(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    world.office.api.post(f"/referrals/{sent.pk}/messages/", LINE)
    as_system()
    payload = OutboxMessage.objects.get(topic="referral.message").payload
    assert LINE["text"] not in str(payload)
    assert heard(sent, "referral.message") == {world.clinic.pk}


def test_newest_first_and_in_pages(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    for number in range(5):
        who = world.doctor if number % 2 else world.office
        who.api.post(f"/referrals/{sent.pk}/messages/", {"text": f"第{number}条"})
    page = world.doctor.api.get(f"/referrals/{sent.pk}/messages/", {"limit": 2})
    assert [row["text"] for row in page.results] == ["第4条", "第3条"]
    rest = world.doctor.api.get(page.body["next"])
    assert [row["text"] for row in rest.results] == ["第2条", "第1条"]
    back = world.doctor.api.get(rest.body["previous"])
    assert back.results == page.results


def test_writing_does_not_move_the_referral(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    left = snapshot("referral_referral", "referral_transition", "referral_episode")
    world.doctor.api.post(f"/referrals/{sent.pk}/messages/", LINE)
    assert snapshot(*left) == left


def test_a_line_has_words(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    bodies: tuple[dict[str, object], ...] = (
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "长" * 2001},
        {"text": 5},
    )
    for body in bodies:
        answer = refused(world.doctor, "messages", sent, 400, "invalid", body)
        assert set(answer.body["errors"]) == {"text"}


def test_who_may_not_write(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    hidden_from(world.stranger, "messages", sent, LINE)
    refused(world.chief, "messages", sent, 403, "role-lacks-right", LINE)
    refused(world.manager, "messages", sent, 403, "not-a-party", LINE)
    assert lines(world.stranger, sent).status == 404


@pytest.mark.parametrize("status", [Status.DRAFT, Status.INTERNAL_REVIEW])
def test_nobody_would_read_it_before_the_leg_is_sent(world: World, status: Status) -> None:
    draft = world.at(status)
    refused(world.doctor, "messages", draft, 409, "wrong-state", LINE)
    hidden_from(world.office, "messages", draft, LINE)
    hidden_from(world.stranger, "messages", draft, LINE)
    assert not heard(draft, "referral.message")


def test_a_return_that_is_being_written_says_nothing_yet(world: World) -> None:
    arrived = world.at(Status.ARRIVED)
    draft = world.office.api.post(
        f"/referrals/{arrived.pk}/return/", {"reason_code": "stable_continue"}
    )
    down = Referral.objects.get(previous=arrived)
    assert draft.status == 201, draft
    refused(world.office, "messages", down, 409, "wrong-state", LINE)


def test_nothing_is_added_to_what_was_an_error(world: World) -> None:
    void = world.at(Status.ENTERED_IN_ERROR)
    refused(world.doctor, "messages", void, 409, "wrong-state", LINE)


def test_repeated_with_the_same_key(world: World) -> None:
    sent, key = world.at(Status.SUBMITTED), new_key()
    path = f"/referrals/{sent.pk}/messages/"
    first = world.doctor.api.post(path, LINE, key=key)
    again = world.doctor.api.post(path, LINE, key=key)
    assert (again.status, again.content) == (201, first.content)
    assert world.doctor.api.post(path, {"text": "另一条"}, key=key).code == "idempotency-key-reused"
    as_system()
    assert Message.objects.filter(referral=sent).count() == 1


def write(who: Person, referral: object, *texts: str) -> list[str]:
    path = f"/referrals/{referral.pk}/messages/"  # type: ignore[attr-defined]
    return [who.api.post(path, {"text": text}).body["id"] for text in texts]


def unread(who: Person, *referrals: object) -> dict[str, int]:
    ids = ",".join(str(each.pk) for each in referrals)  # type: ignore[attr-defined]
    answer = who.api.get("/messages/unread/", {"referrals": ids})
    assert answer.status == 200, answer
    return {row["referral"]: row["unread"] for row in answer.results}


def mark(who: Person, referral: object, up_to: str) -> Answer:
    path = f"/referrals/{referral.pk}/messages/read/"  # type: ignore[attr-defined]
    return who.api.post(path, {"up_to": up_to})


def test_the_other_side_marks_what_it_has_read(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    first, second, third = write(world.doctor, sent, "一", "二", "三")
    [mine] = write(world.office, sent, "收到")
    assert unread(world.office, sent) == {str(sent.pk): 3}
    assert unread(world.doctor, sent) == {str(sent.pk): 1}
    answer = mark(world.office, sent, second)
    assert (answer.status, answer.body) == (200, {"marked": 2, "unread": 1})
    shown = {row["id"]: row for row in lines(world.doctor, sent).results}
    assert [shown[each]["read_by"] for each in (first, second)] == ["李主任"] * 2
    assert shown[first]["read_at"] is not None
    assert (shown[third]["read_at"], shown[third]["read_by"]) == (None, None)
    assert shown[mine]["read_at"] is None
    assert audited(sent, "referral.messages_read", by=world.office) == 1


def test_a_mark_is_set_once_and_never_on_ones_own(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    [line] = write(world.doctor, sent, "一")
    assert mark(world.doctor, sent, line).body == {"marked": 0, "unread": 0}
    mark(world.office, sent, line)
    before = lines(world.doctor, sent).results
    assert mark(world.office, sent, line).body == {"marked": 0, "unread": 0}
    assert lines(world.doctor, sent).results == before


def test_who_may_mark(world: World) -> None:
    sent, other = world.at(Status.ACCEPTED), world.at(Status.ACCEPTED)
    [line], [strange] = write(world.doctor, sent, "一"), write(world.doctor, other, "二")
    body = {"up_to": line}
    hidden_from(world.stranger, "messages/read", sent, body)
    refused(world.chief, "messages/read", sent, 403, "role-lacks-right", body)
    refused(world.manager, "messages/read", sent, 403, "not-a-party", body)
    for up_to in (strange, str(sent.pk)):
        refused(world.office, "messages/read", sent, 422, "unknown-message", {"up_to": up_to})
    refused(world.office, "messages/read", sent, 400, "invalid", {})


def test_what_was_an_error_can_still_be_read(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    [line] = write(world.doctor, sent, "一")
    world.move(sent, "void", world.doctor, note="误登记")
    assert mark(world.office, sent, line).body == {"marked": 1, "unread": 0}


def test_a_page_of_counts_is_one_statement(world: World) -> None:
    legs = [world.at(Status.ACCEPTED) for _each in range(3)]
    for number, leg in enumerate(legs):
        write(world.doctor, leg, *["行"] * number)
    scope.enter(world.office.actor)
    with CaptureQueriesContext(connection) as seen:
        found = queries.unread([leg.pk for leg in legs], world.office.actor)
    assert len(seen) == 1
    assert found == {legs[1].pk: 1, legs[2].pk: 2}


def test_counts_of_others_are_none(world: World) -> None:
    sent = world.at(Status.ACCEPTED)
    write(world.doctor, sent, "一")
    for who in (world.stranger, world.manager, world.second_office):
        assert unread(who, sent) == {}
    assert world.doctor.api.get("/messages/unread/", {"referrals": "x"}).status == 400
    assert world.doctor.api.get("/messages/unread/").status == 400
