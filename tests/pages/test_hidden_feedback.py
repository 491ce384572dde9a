"""A line of a patient that staff are not to read: hidden by who manages there, with a reason, kept and audited."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from audit.models import Event
from referral import links
from referral.models import HiddenFeedback, Link, LinkKind, PatientFeedback, Referral
from referral.queries import visits as queries
from referral.states import Status
from tests.factories import Person, World, as_system, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.raw import run

LINE = "李某某也在这里看过病，电话13800000000"
LIST = "/settings/feedback/"


@pytest.fixture
def leg(world: World) -> Referral:
    """A leg of which its patient has said something."""
    arrived = world.at(Status.ARRIVED)
    said(world, arrived, LINE)
    return arrived


def said(world: World, leg: Referral, text: str) -> PatientFeedback:
    """Let the patient say a line, in the place of what was said before."""
    as_system()
    assert leg.to_facility_id is not None
    now = timezone.now()
    token = links.make(leg, LinkKind.PATIENT, by=world.doctor.actor, now=now, purpose="sender_slip")
    row, _made = PatientFeedback.objects.update_or_create(
        referral=leg,
        defaults={"score": 2, "text": text, "changed_at": now},
        create_defaults={
            "from_facility_id": leg.from_facility_id,
            "to_facility_id": leg.to_facility_id,
            "score": 2,
            "text": text,
            "link": Link.objects.get(token_hash=links.digest(token)),
            "given_at": now - timedelta(minutes=1),
            "changed_at": now,
        },
    )
    return row


def hide(person: Person, leg: Referral, **words: Any) -> Any:
    address = f"{LIST}{leg.pk}/hide/"
    return browser_of(person).post(address, {"reason": "names_somebody", **words})


@pytest.mark.parametrize("side", ["chief", "office"])
def test_who_manages_at_either_end_hides_it(world: World, leg: Referral, side: str) -> None:
    by: Person = getattr(world, side)
    sent = {"sent": "1"} if side == "chief" else {}
    shown = text_of(browser_of(by).get(LIST, data=sent))
    assert LINE in shown
    after = text_of(hide(by, leg, **sent))
    assert "已隐藏" in after
    assert LINE not in after
    assert "提到他人姓名或健康情况" in after
    for person, query in ((world.chief, {"sent": "1"}), (world.office, {})):
        listed = text_of(browser_of(person).get(LIST, data=query))
        assert LINE not in listed
        assert by.user.full_name in listed
        assert LINE not in text_of(browser_of(person).get(f"/referrals/{leg.pk}/"))
    as_system()
    assert PatientFeedback.objects.get().text == LINE, "it is kept"
    event = Event.objects.get(what="referral.feedback_hidden")
    assert (event.actor_id, event.referral_ids) == (by.user.pk, [leg.pk])
    assert event.detail == {"after": "names_somebody"}


def test_the_score_stays_and_a_new_line_is_shown_again(world: World, leg: Referral) -> None:
    assert "2 分" in text_of(hide(world.office, leg)) or "2" in text_of(hide(world.office, leg))
    said(world, leg, "医生很耐心")
    shown = text_of(browser_of(world.office).get(LIST))
    assert "医生很耐心" in shown
    hide(world.office, leg, reason="not_about_it")
    as_system()
    assert HiddenFeedback.objects.count() == 2


def test_without_a_reason_or_a_line_nothing_is_hidden(world: World, leg: Referral) -> None:
    for reason in ("", "capacity", "names_somebody\x00"):
        hide(world.office, leg, reason=reason)
    as_system()
    assert not HiddenFeedback.objects.exists()
    silent = world.at(Status.ARRIVED, patient=world.make_patient())
    assert "没有可隐藏的留言" in text_of(hide(world.office, silent))
    hide(world.office, leg)
    assert "没有可隐藏的留言" in text_of(hide(world.office, leg, reason="abuse"))
    as_system()
    assert HiddenFeedback.objects.count() == 1


def test_a_form_sent_twice_hides_once(world: World, leg: Referral) -> None:
    words = {"key": "11111111-1111-4111-8111-111111111111"}
    for _turn in range(2):
        assert "已隐藏" in text_of(hide(world.office, leg, **words))
    assert Event.objects.filter(what="referral.feedback_hidden").count() == 1


def test_nobody_else_hides_or_sees_it(world: World, leg: Referral) -> None:
    stranger = make_person(world.stranger_clinic, "clinic_manager")
    outsider = make_person(world.second, "referral_office")
    for person in (stranger, outsider):
        address = f"{LIST}{leg.pk}/hide/"
        answer = browser_of(person).client.post(address, {"reason": "abuse"})
        assert answer.status_code == 404
        assert LINE not in text_of(browser_of(person).get(LIST))
    for person in (world.doctor, world.manager, world.auditor):
        answer = browser_of(person).client.post(f"{LIST}{leg.pk}/hide/", {"reason": "abuse"})
        assert answer.status_code == 403
        as_system()
    assert not HiddenFeedback.objects.exists()


def test_the_database_keeps_it_as_it_is(world: World, leg: Referral) -> None:
    hide(world.office, leg)
    scope.enter(world.office.actor)
    for statement in (
        "UPDATE referral_hiddenfeedback SET reason = 'abuse' WHERE true OR id = %s",
        "DELETE FROM referral_hiddenfeedback WHERE true OR id = %s",
    ):
        with pytest.raises(DatabaseError):
            run(statement, [leg.pk])
    row = HiddenFeedback.objects.get()
    for who, seen in ((world.doctor, 1), (world.stranger, 0)):
        scope.enter(who.actor)
        assert HiddenFeedback.objects.count() == seen
    scope.enter(world.stranger.actor)
    row.pk, row.facility_id = None, world.stranger.facility.pk
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save(force_insert=True)


def test_the_patient_still_reads_what_he_wrote(world: World, leg: Referral) -> None:
    hide(world.office, leg)
    scope.enter(Actor.system())
    given = queries.feedback(leg)
    assert given is not None
    assert given.text == LINE
