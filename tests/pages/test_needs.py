"""The page of what an institution needs with a referral: what was learnt with its counts, and what its people set."""

from typing import Any

import pytest
from django.urls import reverse

from accounts.permissions import Role
from facilities.models import Department
from referral import completeness
from referral.models import DepartmentNeed
from referral.states import Status
from tests.facilities.factories import make_department
from tests.factories import Person, World, as_system, make_person
from tests.pages.conftest import browser_of, text_of
from tests.referral.test_completeness import check, items, returned, want

LIST = "/settings/needs/"
ALL = f"{LIST}all/"
TOLD = "自动提示转出方"


@pytest.fixture
def ward(world: World) -> Department:
    """Return a department of the hospital."""
    return make_department(world.hospital, "03.04", "心血管内科")


def page(ward: Department) -> str:
    return reverse("referral:set-needs", args=[ward.pk])


def set_by(who: Person, address: str, **said: str) -> Any:
    return browser_of(who).post(address, said)


def needs(world: World) -> list[tuple[str, str, str, Any]]:
    as_system()
    rows = DepartmentNeed.objects.filter(facility=world.hospital, ended_at=None).order_by("item")
    return [(row.item, row.level, row.note, row.department_id) for row in rows]


def test_what_is_set_on_the_page_is_told_to_whoever_files(world: World, ward: Department) -> None:
    answer = set_by(
        world.office,
        page(ward),
        level_past_history="hard",
        note_past_history="含手术史",
        level_ecg="soft",
    )
    assert answer.redirect_chain == [(LIST, 302)]
    shown = text_of(answer)
    for said in ("心血管内科", "既往史", "含手术史", "心电图"):
        assert said in shown
    assert needs(world) == [
        ("ecg", "soft", "", ward.pk),
        ("past_history", "hard", "含手术史", ward.pk),
    ]
    draft = world.draft(past_history="", to_department_id=ward.pk)
    assert items(check(world.doctor, draft), "blocking") == {"past_history": "needed"}
    assert items(check(world.doctor, draft)) == {"ecg": "wanted"}


def test_what_is_left_out_is_needed_no_more_and_the_rest_stays_as_it_was_set(
    world: World, ward: Department
) -> None:
    set_by(world.office, page(ward), level_allergies="hard", level_ecg="soft", note_ecg="近一月")
    as_system()
    before = DepartmentNeed.objects.get(item="ecg").pk
    shown = browser_of(world.office).get(page(ward)).context["form"]
    assert (shown["level_ecg"].value(), shown["note_ecg"].value()) == ("soft", "近一月")
    set_by(world.office, page(ward), level_ecg="soft", note_ecg="近一月")
    assert needs(world) == [("ecg", "soft", "近一月", ward.pk)]
    assert DepartmentNeed.objects.get(item="ecg", ended_at=None).pk == before


def test_what_was_learnt_stands_there_with_its_counts(world: World, ward: Department) -> None:
    least = completeness.settings().at_least
    returned(world, least, "ecg", to_department_id=ward.pk)
    returned(world, 1, "imaging", to_department_id=ward.pk)
    rows = rows_of(world.office, "心血管内科")
    assert rows["ecg"].learnt == f"最近 {least + 1} 次退回中有 {least} 次要求补充此项。"
    assert (rows["ecg"].tells, rows["imaging"].tells) == (True, False)
    assert TOLD in text_of(browser_of(world.office).get(LIST))
    assert rows_of(world.office, "所有转诊") == {}
    told = items(check(world.doctor, world.draft(to_department_id=ward.pk)))
    assert told == {"ecg": "learnt"}, "the page and the check agree"
    form = browser_of(world.office).get(page(ward)).context["form"]
    assert form.fields["level_ecg"].help_text == rows["ecg"].learnt


def rows_of(who: Person, name: str) -> dict[str, Any]:
    """Return the lines of one part of the page by item."""
    parts = browser_of(who).get(LIST).context["parts"]
    [part] = [each for each in parts if str(each["place"].name) == name]
    return {row.item: row for row in part["rows"]}


def test_a_subject_and_every_referral_have_needs_of_their_own(world: World) -> None:
    set_by(world.office, ALL, level_contact_phone="hard")
    set_by(world.office, f"{ALL}?subject=03.04", level_imaging="soft")
    assert rows_of(world.office, "所有转诊")["contact_phone"].need.level == "hard"
    as_system()
    [need] = DepartmentNeed.objects.filter(item="imaging")
    assert (need.specialty, need.department) == ("03.04", None)
    assert browser_of(world.office).get(f"{ALL}?subject=99.99").status_code == 404


def test_what_was_set_by_rest_is_on_the_page(world: World, ward: Department) -> None:
    assert (
        want(
            world,
            {"item": "ultrasound", "level": "soft", "note": "含左心室射血分数"},
            department=str(ward.pk),
        ).status
        == 200
    )
    assert "含左心室射血分数" in text_of(browser_of(world.office).get(LIST))


@pytest.mark.parametrize("item", ["ecg", "imaging", "medication_list"])
def test_nobody_insists_on_what_no_machine_can_judge(
    world: World, ward: Department, item: str
) -> None:
    answer = set_by(world.office, page(ward), **{f"level_{item}": "hard"})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {f"level_{item}"}
    assert needs(world) == []


def test_colleagues_see_it_and_others_neither_see_nor_set_it(
    world: World, ward: Department
) -> None:
    set_by(world.office, page(ward), level_ecg="soft", note_ecg="近一月")
    colleague = make_person(world.hospital, Role.HOSPITAL_DOCTOR)
    shown = browser_of(colleague).get(LIST)
    assert "近一月" in text_of(shown)
    assert page(ward) not in shown.content.decode()
    for who in (colleague, world.manager, world.stranger):
        for address in (page(ward), ALL):
            assert browser_of(who).get(address).status_code == 403
            assert set_by(who, address, level_allergies="hard").status_code == 403
    # The manager of the sending clinic sets needs too, of his own institution: this department is none of it.
    assert browser_of(world.chief).get(page(ward)).status_code == 404
    assert set_by(world.chief, page(ward), level_allergies="hard").status_code == 404
    assert "近一月" not in text_of(browser_of(world.chief).get(LIST))
    assert browser_of(world.auditor).get(LIST).status_code == 403
    assert needs(world) == [("ecg", "soft", "近一月", ward.pk)]


def test_sent_twice_it_is_set_once(world: World, ward: Department) -> None:
    typed = {"level_ecg": "soft", "key": "a-key-of-this-form"}
    for _time in range(2):
        assert set_by(world.office, page(ward), **typed).redirect_chain == [(LIST, 302)]
    as_system()
    assert DepartmentNeed.objects.filter(item="ecg").count() == 1


def test_a_draft_under_way_is_not_sent_past_a_new_need(world: World, ward: Department) -> None:
    draft = world.draft(allergies="", to_department_id=ward.pk)
    set_by(world.office, page(ward), level_allergies="hard")
    answer = world.doctor.api.post(f"/referrals/{draft.pk}/submit/", {})
    assert (answer.status, answer.code) == (422, "department-needs-more")
    as_system()
    draft.refresh_from_db()
    assert draft.status == Status.DRAFT
