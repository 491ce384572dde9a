"""What a patient says by the link: that he comes, that he cannot, how it went; and who may not say it."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from accounts import scope
from audit.models import Event
from notifications.models import OutboxMessage
from referral import tracking_views as views
from referral.models import Booking, BookingState, PatientFeedback, Referral, VisitConfirmation
from referral.policy import visits as policy
from referral.queries import visits as queries
from referral.states import Status
from tests.factories import World, as_system, reload
from tests.pages.conftest import browser_of, text_of
from tests.referral.expect import do, heard, history, snapshot
from tests.referral.pools import make_pool
from tests.referral.raw import run
from tests.referral.test_schedule import body, visit
from tests.referral.tracking import Telephone, known

ALL = ("confirm", "put-off", "feedback")
REASON = {"reason": "transport"}


def words(part: str) -> dict[str, str]:
    return {"confirm": {}, "put-off": REASON, "feedback": {"score": "4", "text": "好"}}[part]


def test_a_visit_is_confirmed_once(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    hidden = telephone.hidden()
    for _click in range(3):
        assert telephone.say("confirm", **hidden).status_code == 302
    assert VisitConfirmation.objects.count() == 1
    assert "您已确认会来" in telephone.text()
    assert reload(leg).version == leg.version
    assert heard(leg, "referral.visit_confirmed") == {world.clinic.pk, world.hospital.pk}
    assert OutboxMessage.objects.filter(topic="referral.visit_confirmed").count() == 2
    assert queries.confirmed_at(leg) is not None


def test_a_new_time_is_to_be_confirmed_anew(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    telephone.say("confirm", **telephone.hidden())
    when = visit(4)
    leg = world.move(leg, "reschedule", world.office, scheduled_for=when)
    assert "您已确认会来" not in telephone.text()
    telephone.say("confirm", **telephone.hidden())
    assert "您已确认会来" in telephone.text()
    leg = world.move(leg, "reschedule", world.office, scheduled_for=visit(9))
    leg = world.move(leg, "reschedule", world.office, scheduled_for=when)
    assert "您已确认会来" not in telephone.text(), "the same time, but after another"


def test_who_cannot_come_gives_the_place_back_and_both_ends_hear(world: World) -> None:
    leg, pool = world.at(Status.SUBMITTED), make_pool(world.hospital)
    assert do(world.office, "accept", leg, {"pool": str(pool.pk)}).status == 200
    telephone = known(world, leg)
    hidden = telephone.hidden()
    for _click in range(3):
        assert telephone.say("put-off", **hidden, **REASON).status_code == 302
    after = reload(leg)
    assert (after.status, after.visit) == (Status.ACCEPTED, None)
    assert history(after).count("put_off") == 1
    row = after.transitions.get(verb="put_off")
    assert (row.reason_code, row.by_id, row.facility_id) == ("transport", None, None)
    assert Booking.objects.get(referral=leg).state == BookingState.RELEASED
    assert heard(after, "referral.put_off") == {world.clinic.pk, world.hospital.pk}
    text = telephone.text()
    assert "正在另约时间" in text
    assert "我会来" not in text


def test_the_staff_read_who_said_it(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    telephone.say("put-off", **telephone.hidden(), **REASON)
    for person in (world.doctor, world.office):
        rows = person.api.get(f"/referrals/{leg.pk}/timeline/").body["results"]
        assert (rows[-1]["verb"], rows[-1]["reason_code"]) == ("put_off", "transport")
        text = text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
        assert "患者本人（通过链接）" in text
        assert "交通不便或无人陪同" in text


@pytest.mark.parametrize("part", ["confirm", "put-off"])
def test_a_visit_that_was_moved_meanwhile_is_read_first(world: World, part: str) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    hidden = telephone.hidden()
    world.move(leg, "reschedule", world.office, scheduled_for=visit(5))
    before = snapshot("referral_referral", "referral_visitconfirmation", "referral_transition")
    answer = telephone.say(part, **hidden, **words(part))
    assert answer.status_code == 409
    assert str(views.CHANGED) in answer.content.decode()
    assert before == snapshot(
        "referral_referral", "referral_visitconfirmation", "referral_transition"
    )


@pytest.mark.parametrize("part", ["confirm", "put-off"])
def test_until_its_day_is_over(world: World, part: str) -> None:
    leg = world.at(Status.SCHEDULED)
    start = leg.visit
    assert start is not None
    midnight = timezone.localtime(start).replace(hour=0, minute=0, second=0, microsecond=0)
    end = midnight + timedelta(days=1)
    with time_machine.travel(end - timedelta(minutes=5), tick=False):
        telephone = known(world, leg)
        hidden = telephone.hidden()
    for at, status in ((end, 409), (end - timedelta(minutes=1), 302)):
        with time_machine.travel(at, tick=False):
            answer = telephone.say(part, **hidden, **words(part))
        assert answer.status_code == status, at
        assert (str(policy.VISIT_OVER.reason) in answer.content.decode()) is (status == 409)


def test_how_it_went_is_said_once_and_changed_for_14_days(world: World) -> None:
    leg, now = world.at(Status.ARRIVED), timezone.now()
    with time_machine.travel(now, tick=False):
        telephone = known(world, leg)
        said = {**telephone.hidden(), "score": "2", "text": " 等了\r\n很久\x07 "}
        assert telephone.say("feedback", **said).status_code == 302
        kept = PatientFeedback.objects.get()
        assert (kept.score, kept.text) == (2, "等了 很久")
        assert 'value="等了 很久"' in telephone.text()
    for days, status in ((13.9, 302), (14.1, 409)):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            telephone = known(world, leg)
            said = {**telephone.hidden(), "score": "5", "text": ""}
            assert telephone.say("feedback", **said).status_code == status
    kept = PatientFeedback.objects.get()
    assert (kept.score, kept.text) == (5, "")
    changes = Event.objects.filter(what="referral.patient_feedback")
    assert changes.count() == 2
    assert not OutboxMessage.objects.filter(topic__contains="feedback").exists()


@pytest.mark.parametrize(
    "said",
    [{}, {"score": "0"}, {"score": "6"}, {"score": "x"}, {"score": "3", "text": "长" * 201}],
)
def test_feedback_that_is_none(world: World, said: dict[str, str]) -> None:
    telephone = known(world, world.at(Status.ARRIVED))
    assert telephone.say("feedback", **telephone.hidden(), **said).status_code == 422
    assert not PatientFeedback.objects.exists()


def test_a_reason_is_needed_and_is_one_of_the_list(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    for said in ({}, {"reason": "capacity"}, {"reason": "<script>"}):
        answer = telephone.say("put-off", **telephone.hidden(), **said)
        assert answer.status_code == 422
        assert "请选择一项" in answer.content.decode()
    assert reload(leg).status == Status.SCHEDULED


def nothing_comes_of(telephone: Telephone, leg: Referral, part: str, **said: str) -> None:
    """Send words that must change nothing, whatever is answered."""
    tables = ("referral_referral", "referral_visitconfirmation", "referral_patientfeedback")
    before = snapshot(*tables)
    telephone.say(part, **{"version": str(leg.version), **words(part), **said})
    assert snapshot(*tables) == before


@pytest.mark.parametrize("part", ALL)
@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.ARRIVED])
def test_without_the_year_of_birth_nothing_is_said(world: World, part: str, status: str) -> None:
    leg = world.at(status)
    telephone = known(world, leg)
    word = telephone.client.cookies[views.COOKIE].value
    nothing_comes_of(Telephone(telephone.token), leg, part)
    nothing_comes_of(Telephone(telephone.token), leg, part, word=telephone.hidden()["word"])
    nothing_comes_of(telephone, leg, part)
    nothing_comes_of(telephone, leg, part, word="")
    nothing_comes_of(telephone, leg, part, word=word)


@pytest.mark.parametrize("part", ALL)
def test_another_site_that_knows_the_link_says_nothing(world: World, part: str) -> None:
    """It has the token and the patient's browser, but not the word that the page has told that browser."""
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    attacker = known(world, leg)
    nothing_comes_of(telephone, leg, part, word=attacker.hidden()["word"])


@pytest.mark.parametrize("part", ALL)
def test_after_some_minutes_the_year_is_asked_for_again(world: World, part: str) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    hidden = telephone.hidden()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        nothing_comes_of(telephone, leg, part, **hidden)
        assert "请填写患者的出生年份" in telephone.text()


@pytest.mark.parametrize("part", ALL)
def test_a_link_taken_back_between_two_presses_says_nothing(world: World, part: str) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    hidden = telephone.hidden()
    world.doctor.api.post(f"/referrals/{leg.pk}/tracking/revoke/")
    nothing_comes_of(telephone, leg, part, **hidden)
    assert telephone.say(part, **hidden, **words(part)).status_code == 404


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.ACCEPTED, Status.ARRIVED])
def test_what_is_not_scheduled_is_neither_confirmed_nor_put_off(
    world: World, status: Status
) -> None:
    leg = world.at(status)
    telephone = known(world, leg)
    word = telephone.client.cookies[views.COOKIE].value
    assert word
    for part in ("confirm", "put-off"):
        nothing_comes_of(telephone, leg, part)


def test_a_replay_after_another_time_was_found_puts_nothing_off(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    hidden = telephone.hidden()
    telephone.say("put-off", **hidden, **REASON)
    do(world.office, "schedule", leg, body(visit(6)))
    answer = telephone.say("put-off", **hidden, **REASON)
    assert answer.status_code == 409
    assert reload(leg).status == Status.SCHEDULED


def test_nobody_but_the_system_writes_a_patients_words(world: World) -> None:
    leg = world.at(Status.ARRIVED)
    telephone = known(world, leg)
    telephone.say("feedback", **telephone.hidden(), score="5")
    as_system()
    row = PatientFeedback.objects.get()
    for person, seen in ((world.doctor, 1), (world.office, 1), (world.stranger, 0)):
        scope.enter(person.actor)
        assert PatientFeedback.objects.count() == seen
        assert run("UPDATE referral_patientfeedback SET score = 1") == 0
        made = VisitConfirmation(
            referral=leg, version=1, visit=timezone.now(), link_id=row.link_id, at=timezone.now()
        )
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            made.save(force_insert=True)


@pytest.mark.parametrize(
    "change", ["score = 6", "score = 0", "text = E'a\\nb'", "changed_at = given_at + '14 days'"]
)
def test_the_database_keeps_feedback_sound(world: World, change: str) -> None:
    telephone = known(world, world.at(Status.ARRIVED))
    telephone.say("feedback", **telephone.hidden(), score="5")
    as_system()
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"UPDATE referral_patientfeedback SET {change}")
