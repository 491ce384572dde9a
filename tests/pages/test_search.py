"""The search of the header: what finds whom, for which post, and that nothing typed stays anywhere."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts import scope
from accounts.permissions import Role
from audit.models import Event
from patients import actions as patients
from patients.models import IdentifierKind, Patient
from patients.particulars import NewPatient
from referral import clocks, finding
from referral.states import Status
from tests.factories import Person, World, as_system, consented, make_person
from tests.pages.conftest import browser_of, text_of

RECORD = "31011500100100023"
PHONE = "13812345678"


@pytest.fixture
def known(world: World) -> Patient:
    """A patient of the clinic with a number of each kind."""
    said = NewPatient(
        name="单雄信",
        birth_date=date(1961, 3, 4),
        gender="1",
        phone=PHONE,
        identifiers=(
            (IdentifierKind.PASSPORT, "E12345678"),
            (IdentifierKind.HEALTH_RECORD, RECORD),
        ),
    )
    scope.enter(world.doctor.actor)
    made = patients.register(said, consent=consented(), by=world.doctor.actor).patient
    as_system()
    return made


def searched(who: Person | None, typed: str) -> Any:
    return browser_of(who).post("/search/", {"q": typed}, follow=False)


@pytest.mark.parametrize(
    "typed", ["E12345678", "e1234 5678", RECORD, PHONE, f"+86 {PHONE}", "单雄", "shan", "dxx"]
)
def test_what_is_known_of_a_patient_finds_what_is_under_way(
    world: World, known: Patient, typed: str
) -> None:
    referral = world.draft(patient=known)
    answer = searched(world.doctor, typed)
    assert answer.status_code == 200
    text = text_of(answer)
    assert referral.number in text
    assert "单**" in text or "单*信" in text, text
    assert "单雄信" not in text
    assert PHONE not in text.replace(typed, "")


@pytest.mark.parametrize(
    "typed", ["E1234567", PHONE[:10], RECORD[:16], "雄信", "d", "%", "_", "李"]
)
def test_half_a_number_and_the_middle_of_a_name_find_nobody(
    world: World, known: Patient, typed: str
) -> None:
    referral = world.draft(patient=known)
    text = text_of(searched(world.doctor, typed))
    assert referral.number not in text
    assert "没有找到。" in text


@pytest.mark.parametrize(
    "change", [str, str.lower, lambda text: text.replace("-", ""), " {} ".format]
)
def test_a_number_leads_to_its_referral(world: World, change: Callable[[str], str]) -> None:
    referral = world.at(Status.SUBMITTED)
    for person in (world.doctor, world.office, world.chief, world.manager):
        answer = searched(person, change(referral.number))
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/referrals/{referral.pk}/"


def test_what_others_have_is_as_if_it_were_not_there(world: World, known: Patient) -> None:
    referral = world.at(Status.SUBMITTED, patient=known)
    absent = text_of(searched(world.stranger, "ZZ20260101-ABCDEFGH"))
    for typed in (referral.number, "E12345678", PHONE, "单雄信"):
        assert text_of(searched(world.stranger, typed)).replace(typed, "") == absent.replace(
            "ZZ20260101-ABCDEFGH", ""
        )


def test_a_draft_is_not_found_by_its_destination(world: World) -> None:
    draft = world.draft()
    assert searched(world.office, draft.number).status_code == 200
    assert searched(world.doctor, draft.number).status_code == 302


def test_who_may_not_see_patients_finds_referrals_by_number_alone(
    world: World, known: Patient
) -> None:
    referral = world.at(Status.SUBMITTED, patient=known)
    assert searched(world.chief, referral.number).status_code == 302
    for person in (world.chief, world.manager):
        assert "没有找到。" in text_of(searched(person, "单雄信"))


def test_an_auditor_and_nobody_may_not_search(world: World) -> None:
    assert searched(world.auditor, "单").status_code == 403
    assert searched(None, "单").headers["Location"].startswith("/sign-in/")


def test_what_is_under_way_comes_first_and_what_ended_only_where_nothing_is(
    world: World, known: Patient
) -> None:
    ended = world.at(Status.CANCELLED, patient=known)
    text = text_of(searched(world.doctor, "单雄信"))
    assert "没有正在进行的转诊" in text
    assert ended.number in text
    alive = world.draft(patient=known)
    text = text_of(searched(world.doctor, "单雄信"))
    assert alive.number in text
    assert ended.number not in text


def test_many_of_a_name_are_cut_and_said_to_be(world: World) -> None:
    for _turn in range(finding.MOST_PATIENTS + 1):
        world.make_patient(name="王小明")
    text = text_of(searched(world.doctor, "王小"))
    assert text.count("王**") + text.count("王*明") == finding.MOST_PATIENTS
    assert "还有更多结果" in text


def test_nothing_typed_shows_the_field_alone(world: World) -> None:
    for typed in ("", "   ", "\0"):
        assert "请在上方输入" in text_of(searched(world.doctor, typed))
    assert "请在上方输入" in text_of(browser_of(world.doctor).get("/search/?q=单雄信"))


def test_hostile_words_are_shown_as_words(world: World) -> None:
    answer = searched(world.doctor, '"><script>alert(1)</script>')
    assert b"<script>alert" not in answer.content


def test_the_read_is_audited_without_the_words(world: World, known: Patient) -> None:
    referral = world.draft(patient=known)
    searched(world.doctor, "单雄信")
    event = Event.objects.filter(what="referral.search").latest("at")
    assert event.patient_ids == [known.pk]
    assert event.referral_ids == [referral.pk]
    assert "单" not in str(event.detail)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_search_costs_the_same_however_much_is_found(
    world: World, rows: int, django_assert_num_queries: Any
) -> None:
    for _turn in range(rows):
        world.draft(patient=world.make_patient(name="王小明"))
    browser = browser_of(world.doctor)
    clocks.rules()
    # Transaction, session, user, posts, post with rights, scope; patients, their records, legs, places, audit.
    with django_assert_num_queries(12):
        browser.client.post("/search/", {"q": "王小明"})
    # A number that is no document's is looked for among the telephones too.
    with django_assert_num_queries(10):
        browser.client.post("/search/", {"q": "13900000000"})


def test_a_clinician_of_both_ends_finds_the_patient(world: World, known: Patient) -> None:
    referral = world.at(Status.SUBMITTED, patient=known)
    doctor = make_person(world.hospital, Role.HOSPITAL_DOCTOR)
    assert referral.number in text_of(searched(doctor, "E12345678"))
