"""Messages: a line between the clinicians of both ends."""

from notifications.models import OutboxMessage
from referral.models import Message
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
