"""The auditor's search of the trail: what is found, what nobody learns, what a file may not do."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts import scope
from accounts.ids import uuid7
from accounts.permissions import Role
from audit import record
from audit.models import Event, Verification
from patients import actions as patient_actions
from patients.models import Patient
from patients.particulars import NewPatient
from patients.synthetic import adults
from referral.managing import audit_search, trail_words
from referral.states import Status
from tests.facilities.factories import make_facility
from tests.factories import World, as_system, consented, make_person
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_referral_page import page as address_of

pytestmark = pytest.mark.django_db
HOME = "/settings/audit/"
NOTHING = "本机构审计记录中没有符合条件的内容"


def found(answer: Any) -> str:
    """Return the list of what was found, as it is read."""
    text = text_of(answer)
    return text[text.index("查询结果") :]


def ask(world: World, **words: str) -> Any:
    """Send the form of the hospital's auditor, and follow to what it finds."""
    return browser_of(world.auditor).post(HOME, words)


@pytest.fixture(scope="module", autouse=True)
def _looked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """A hospital whose office looked at a referral, and a clinic whose doctor did."""
    with kept(django_db_blocker):
        world = World()
        referral = world.at(Status.SUBMITTED)
        for who in (world.office, world.doctor):
            browser_of(who).get(address_of(referral))
        yield world


@pytest.fixture
def looked(_looked: World) -> World:
    return as_made(_looked)


def test_who_asked_for_what_is_not_theirs_stands_in_the_trail_of_their_own_institution(
    looked: World,
) -> None:
    """Of somebody else or nobody's: the auditor reads the same, and learns no more than the one who asked."""
    theirs = looked.at(Status.SUBMITTED)
    stranger = make_person(make_facility("异见医院"), Role.HOSPITAL_DOCTOR)
    auditor = make_person(stranger.facility, Role.AUDITOR)
    for referral_id in (theirs.pk, uuid7()):
        as_system()
        assert browser_of(stranger).client.get(f"/referrals/{referral_id}/").status_code == 404
        assert stranger.api.get(f"/referrals/{referral_id}/").status == 404
    as_system()
    lines = Event.objects.filter(actor_id=stranger.user.pk).order_by("seq")
    assert list(lines.values_list("what", "result")) == [("referral.refused", "refused")] * 4
    assert {line.chain for line in lines} == {stranger.facility.pk}
    said = found(browser_of(auditor).get(f"{HOME}?act=refused"))
    assert said.count("访问不属于本机构或不存在的转诊") == 4
    exported = browser_of(auditor).post(f"{HOME}export/?act=refused", {}).content.decode()
    assert exported.count("referral.refused") == 4
    assert theirs.number not in said + exported
    assert "欧阳" not in said
    as_system()
    assert list(lines.filter(referral_ids__contains=[theirs.pk])) == [lines[0], lines[1]]


def test_a_list_that_is_empty_and_an_address_that_is_none_leave_no_line(looked: World) -> None:
    before = Event.objects.filter(actor_id=looked.doctor.user.pk).count()
    client = browser_of(looked.doctor).client
    assert client.get("/no/such/address/").status_code == 404
    assert client.get("/boxes/no-such-box/").status_code == 404
    as_system()
    assert Event.objects.filter(actor_id=looked.doctor.user.pk).count() == before


def test_the_auditor_sees_who_looked_at_what_and_when(looked: World) -> None:
    said = found(browser_of(looked.auditor).get(HOME))
    for words in ("查看转诊", looked.office.user.full_name, "转诊办公室", "欧阳**", "ZZ"):
        assert words in said, words
    assert "欧阳小明" not in said
    assert looked.doctor.user.full_name not in said, "the acts of another facility"
    assert "referral.view" not in said


def test_the_search_itself_stands_in_the_trail(looked: World) -> None:
    browser_of(looked.auditor).get(HOME)
    event = Event.objects.filter(what="audit.search").get()
    assert event.actor_id == looked.auditor.user.pk
    assert event.patient_ids == [looked.patient.pk]
    assert "查询审计记录" in found(browser_of(looked.auditor).get(HOME))


def test_by_person(looked: World) -> None:
    other = make_person(looked.hospital, Role.HOSPITAL_DOCTOR, name="钱七")
    browser_of(other).get("/boxes/inbox/")
    office = looked.office.user
    for text in (office.full_name, office.username):
        said = found(ask(looked, person=text))
        assert "查看转诊" in said
        assert "钱七" not in said
    assert "查看转诊列表" in found(ask(looked, person="钱七"))
    for text in ("没有此人", looked.doctor.user.full_name):
        assert NOTHING in found(ask(looked, person=text))


def adult(number: int) -> NewPatient:
    """Return an invented grown-up."""
    return next(islice(adults(), number, None)).said()


def numbered(world: World, number: int) -> tuple[Patient, str]:
    """Return an invented person registered at the clinic, and their document number."""
    said = adult(number)
    scope.enter(world.doctor.actor)
    done = patient_actions.register(said, consent=consented(), by=world.doctor.actor)
    as_system()
    return done.patient, said.identifiers[0][1]


def test_by_referral_number_and_nothing_typed_stands_in_the_address(looked: World) -> None:
    number = looked.at(Status.SUBMITTED).number
    browser_of(looked.office).get("/boxes/inbox/")
    answer = browser_of(looked.auditor).post(HOME, {"number": number}, follow=False)
    assert number not in answer.headers["Location"]
    said = found(browser_of(looked.auditor).get(answer.headers["Location"]))
    assert "查看转诊列表" in said
    assert number in said
    assert NOTHING in found(ask(looked, number="ZZ20260101-AAAAAAAA"))


def test_by_period(looked: World) -> None:
    today = timezone.localdate()
    yesterday = today - timedelta(days=1)
    assert "查看转诊" in found(ask(looked, first=f"{today}", last=f"{today}"))
    assert "查看转诊" in found(ask(looked, first=f"{today}"))
    assert NOTHING in found(ask(looked, first=f"{yesterday}", last=f"{yesterday}"))
    wrong = ask(looked, first=f"{today}", last=f"{yesterday}")
    assert wrong.status_code == 400


def test_by_kind_of_act(looked: World) -> None:
    looked.move(looked.at(Status.SUBMITTED), "accept", looked.office)
    as_system()
    changed = found(ask(looked, act="changed"))
    assert "接收转诊" in changed
    assert "查看转诊" not in changed
    assert "接收转诊" not in found(ask(looked, act="looked"))
    assert NOTHING in found(ask(looked, act="refused"))
    assert NOTHING in found(ask(looked, act="orders"))
    assert ask(looked, act="nonsense").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["who=x", "first=2026-99-99", "act=%27", "patient=&referral=1", "last=9999-12-31", "who=%00"],
)
def test_an_address_that_was_tampered_with_does_no_harm(looked: World, query: str) -> None:
    assert browser_of(looked.auditor).get(f"{HOME}?{query}").status_code == 200


def test_a_cursor_of_another_list_is_refused(looked: World) -> None:
    assert browser_of(looked.auditor).get(f"{HOME}?cursor=x").status_code == 400


def test_more_than_fifty_are_on_further_pages(looked: World) -> None:
    for _each in range(60):
        record.read(looked.office.actor, what="order.list")
    as_system()
    browser = browser_of(looked.auditor)
    first = browser.get(f"{HOME}?act=orders")
    assert first.content.decode().count("查看申请列表") == 50
    further = first.context["page"].next
    assert "act=orders" in further
    assert browser.get(further).content.decode().count("查看申请列表") == 10


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_no_other_role_may(looked: World, role: Role) -> None:
    browser = browser_of(make_person(looked.hospital, role))
    assert browser.get(HOME).status_code == 403
    for address in (HOME, f"{HOME}check/", f"{HOME}export/"):
        assert browser.post(address, {}).status_code == 403
    assert not Event.objects.filter(what__startswith="audit.").exists()


def test_the_page_costs_a_fixed_number_of_statements(
    looked: World, django_assert_num_queries: Any
) -> None:
    browser = browser_of(looked.auditor)
    browser.client.get(HOME)
    for _round in range(2):
        with django_assert_num_queries(17):
            browser.client.get(HOME)
        as_system()
        for _each in range(20):
            make_person(looked.hospital, Role.HOSPITAL_DOCTOR)
            record.read(
                looked.office.actor, what="patient.view", patients=[looked.make_patient().pk]
            )


def test_the_state_of_the_chain_is_said(looked: World) -> None:
    browser = browser_of(looked.auditor)
    assert "尚未核验" in text_of(browser.get(HOME))
    said = text_of(browser.post(f"{HOME}check/", {}))
    assert "审计记录完整" in said
    assert "核验至第" in said
    assert "此后新增" in said, "the check stands in the trail too"
    assert Event.objects.filter(what="audit.verify").count() == 1
    Verification.objects.filter(chain=looked.hospital.pk).update(findings=2)
    assert "审计记录有 2 处不符" in text_of(browser.get(HOME))


def test_a_very_long_chain_is_left_to_the_night(
    looked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "AT_ONCE", 0)
    browser = browser_of(looked.auditor)
    assert "于夜间核验" in text_of(browser.get(HOME))
    browser.post(f"{HOME}check/", {})
    assert not Verification.objects.exists()


def rows_of(answer: Any) -> list[dict[str, str]]:
    """Return the rows of an export as a spreadsheet reads them."""
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_an_export_holds_what_was_searched_for_masked(looked: World) -> None:
    answer = browser_of(looked.auditor).post(f"{HOME}export/?act=looked", {})
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    [row] = [row for row in rows_of(answer) if row["代码"] == "referral.view"]
    assert row["人员"] == looked.office.user.full_name
    assert row["导出人"].startswith(f"{looked.auditor.user.full_name} · {looked.hospital.name} · ")
    assert row["患者"] == "欧阳**"
    assert row["转诊"].startswith("ZZ")
    assert "欧阳小明" not in answer.content.decode()
    assert Event.objects.filter(what="audit.export").count() == 1


def test_an_export_is_bounded(looked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_ROWS", 3)
    for _each in range(5):
        record.read(looked.office.actor, what="order.list")
    as_system()
    assert len(rows_of(browser_of(looked.auditor).post(f"{HOME}export/", {}))) == 3


@pytest.mark.parametrize(
    "name", ["=HYPERLINK(1)", "+86", "-1", "@x", "\t=1", "\r=1", "＝1", "＠x", "|cmd", ";=1"]
)
def test_no_cell_of_an_export_is_a_formula(looked: World, name: str) -> None:
    user = make_person(looked.hospital, Role.HOSPITAL_DOCTOR, name=name)
    record.read(user.actor, what="order.list")
    as_system()
    answer = browser_of(looked.auditor).post(f"{HOME}export/", {})
    cells = [cell for row in rows_of(answer) for cell in row.values()]
    assert f"'{name}" in cells
    assert not any(cell.startswith(audit_search.FORMULA) for cell in cells)


def test_a_patient_is_found_by_number_though_access_has_ended(looked: World) -> None:
    patient, number = numbered(looked, 1)
    record.read(looked.office.actor, what="patient.view", patients=[patient.pk])
    as_system()
    answer = browser_of(looked.auditor).post(HOME, {"document": number}, follow=False)
    location = answer.headers["Location"]
    assert number not in location
    assert parse_qs(urlsplit(location).query)["patient"] == [str(patient.pk)]
    said = found(browser_of(looked.auditor).get(location))
    assert "查看患者" in said
    assert patient.name[0] in said
    assert patient.name not in said
    assert number not in said


def test_whether_a_patient_is_known_elsewhere_is_not_told(looked: World) -> None:
    """A number that is known, but not to this facility, is answered as one that nobody bears."""
    _patient, elsewhere = numbered(looked, 1)
    nobody = adult(2).identifiers[0][1]
    browser = browser_of(looked.auditor)
    answers = [
        browser.post(HOME, {"document": number}, follow=False) for number in (elsewhere, nobody)
    ]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert NOTHING in found(browser.get(answers[0].headers["Location"]))


def test_nor_by_a_line_that_somebody_asked_for_the_patient_in_vain(looked: World) -> None:
    patient, elsewhere = numbered(looked, 1)
    stranger = make_person(make_facility("异见医院"), Role.HOSPITAL_DOCTOR)
    assert stranger.api.get(f"/patients/{patient.pk}/").status == 404
    as_system()
    auditor = browser_of(make_person(stranger.facility, Role.AUDITOR))
    assert "访问不属于本机构或不存在的患者" in found(auditor.get(HOME))
    answers = [
        auditor.post(HOME, {"document": number}, follow=False)
        for number in (elsewhere, adult(2).identifiers[0][1])
    ]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_an_id_in_the_address_gives_no_name_away(looked: World) -> None:
    """Names stand only beside events of the own chain."""
    patient = looked.make_patient(name="司马懿")
    person = looked.stranger.user
    said = text_of(browser_of(looked.auditor).get(f"{HOME}?patient={patient.pk}&who={person.pk}"))
    assert "司马" not in said
    assert person.full_name not in said
    assert NOTHING in said


def test_hostile_names_stay_text(looked: World) -> None:
    user = make_person(looked.hospital, Role.HOSPITAL_DOCTOR, name="<script>alert(1)</script>")
    record.read(user.actor, what="order.list")
    as_system()
    body = browser_of(looked.auditor).get(HOME).content.decode()
    assert "<script>alert" not in body


def test_every_act_has_words_and_none_is_a_code() -> None:
    for what in ("referral.accept", "order.placed", "patient.reveal.call", "unheard.of", "x"):
        assert "." not in str(trail_words.act(what))
    assert str(trail_words.act("unheard.of")) == str(trail_words.OTHER)


def test_a_deputy_is_named_with_the_principal(looked: World) -> None:
    deputy = make_person(looked.hospital, Role.HOSPITAL_DOCTOR, name="周八")
    acting = deputy.actor.acting_for(looked.office.actor)
    record.read(acting, what="order.list", patients=[uuid7()])
    as_system()
    said = found(browser_of(looked.auditor).get(HOME))
    assert f"代 {looked.office.user.full_name}" in said


def test_locking_and_unlocking_stand_in_the_trail(looked: World) -> None:
    user = looked.office.user
    user.set_password("a long password 1")
    user.save(update_fields=["password"])
    browser = browser_of(looked.office)
    browser.post("/account/lock/", {})
    for password in ("wrong", "a long password 1"):
        browser.client.post("/unlock/", {"unlock-password": password, "next": "/"})
    as_system()
    rows = Event.objects.filter(actor_id=user.pk).order_by("seq")
    said = [(each.what, each.result) for each in rows if "lock" in each.what]
    assert sorted(said) == [
        ("session.locked", "ok"),
        ("sign_in.unlock", "ok"),
        ("sign_in.unlock", "refused"),
    ]
    assert Event.objects.get(what="session.locked").chain == looked.hospital.pk
