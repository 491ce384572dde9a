"""Events of public health on their pages: who declares and ends one, and what whoever files then sees."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.permissions import Role
from facilities.models import Facility, PublicHealthEvent
from notifications.models import OutboxMessage
from tests.facilities.factories import make_facility, make_hospital
from tests.factories import Person, World, as_system, make_person
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_filing import page

LIST = "/settings/events/"
NEW = f"{LIST}new/"
WHY = "本次公共卫生事件中收治该病的定点医疗机构。"
OVER = "已结束"
FEVER = {"diagnosis_code": "J10.1", "diagnosis": "流感伴呼吸道表现"}


def words(world: World, *places: Facility, **changes: Any) -> dict[str, Any]:
    """Return what a manager types; None leaves a field out."""
    typed = {
        "name": "流感大流行",
        "alliance": str(world.alliance.pk),
        "prefixes": "j10， U07.1\nJ10",
        "facilities": "\n".join(each.code for each in places),
        "source": "市卫健委令2026年第1号",
        "starts": timezone.localdate().isoformat(),
        **changes,
    }
    return {name: value for name, value in typed.items() if value is not None}


def declared(world: World, *places: Facility) -> PublicHealthEvent:
    browser_of(world.manager).post(NEW, words(world, *places))
    as_system()
    return PublicHealthEvent.objects.get()


def keeper(world: World) -> Person:
    return make_person(world.lead, Role.SYSTEM_ADMIN)


def test_a_manager_declares_one_and_whoever_files_sees_why(world: World) -> None:
    draft = world.draft(**FEVER)
    before = text_of(browser_of(world.doctor).get(page(draft)))
    assert WHY not in before
    answer = browser_of(world.manager).post(NEW, words(world, world.lead))
    assert answer.redirect_chain == [(LIST, 302)]
    shown = text_of(answer)
    for said in ("流感大流行", "J10, U071", "东方医院", "市卫健委令2026年第1号", "生效中"):
        assert said in shown
    after = browser_of(world.doctor).get(page(draft))
    assert [match.facility.name for match in after.context["matches"]] == ["东方医院"]
    assert WHY in text_of(after)


def test_everybody_reads_and_few_declare(world: World) -> None:
    event = declared(world, world.lead)
    for who in (world.doctor, world.office, world.stranger, world.authority, world.auditor):
        shown = browser_of(who).get(LIST)
        assert "流感大流行" in text_of(shown)
        assert NEW not in shown.content.decode()
        assert f"{LIST}{event.pk}/end/" not in shown.content.decode()
        for address in (NEW, f"{LIST}{event.pk}/end/"):
            assert browser_of(who).get(address).status_code == 403
            assert browser_of(who).post(address, words(world, world.lead)).status_code == 403
    as_system()
    assert PublicHealthEvent.objects.get().ended_at is None


def test_another_manager_neither_ends_it_nor_declares_for_this_alliance(world: World) -> None:
    event = declared(world, world.lead)
    assert browser_of(world.outsider).get(f"{LIST}{event.pk}/end/").status_code == 403
    answer = browser_of(world.outsider).post(NEW, words(world, world.lead))
    assert set(answer.context["form"].errors) == {"alliance"}
    as_system()
    assert PublicHealthEvent.objects.count() == 1


def test_ending_it_lets_patients_go_where_they_always_went(world: World) -> None:
    event = declared(world, world.lead)
    draft = world.draft(**FEVER)
    answer = browser_of(world.manager).post(f"{LIST}{event.pk}/end/", {})
    assert answer.redirect_chain == [(LIST, 302)]
    assert OVER in text_of(answer)
    assert f"{LIST}{event.pk}/end/" not in answer.content.decode()
    as_system()
    event.refresh_from_db()
    assert event.ended_by == world.manager.user
    assert WHY not in text_of(browser_of(world.doctor).get(page(draft)))


def test_an_administrator_declares_for_a_region_or_an_alliance(world: World) -> None:
    admin, code = keeper(world), world.clinic.region.code
    answer = browser_of(admin).post(NEW, words(world, world.outside, alliance=None, region=code))
    assert answer.redirect_chain == [(LIST, 302)]
    browser_of(admin).post(NEW, words(world, world.lead, alliance=world.alliance.name))
    as_system()
    areas = [
        (each.region_id, each.alliance_id) for each in PublicHealthEvent.objects.order_by("id")
    ]
    assert areas == [(code, None), (None, world.alliance.pk)]
    both = words(world, world.lead, alliance=world.alliance.name, region=code)
    for said in (both, words(world, world.lead, alliance=None)):
        assert browser_of(admin).post(NEW, said).status_code == 422


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"prefixes": "流感"}, "prefixes", "流感"),
        ({"prefixes": "J10 10J"}, "prefixes", "10J"),
        ({"prefixes": ""}, "prefixes", ""),
        ({"facilities": "没有这家"}, "facilities", "没有这家"),
        ({"facilities": ""}, "facilities", ""),
        ({"source": ""}, "source", ""),
        ({"starts": "2020-01-01"}, "starts", ""),
        ({"ends": "2020-01-01"}, "ends", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    world: World, changes: dict[str, str], field: str, text: str
) -> None:
    answer = browser_of(world.manager).post(NEW, words(world, world.lead, **changes))
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert set(errors) == {field}
    assert text in " ".join(errors[field])
    as_system()
    assert not PublicHealthEvent.objects.exists()


def test_an_institution_that_may_not_be_designated_is_named(world: World) -> None:
    shut = make_hospital("停业医院", is_active=False)
    answer = browser_of(world.manager).post(NEW, words(world, world.lead, world.outside, shut))
    assert answer.status_code == 422
    said = " ".join(answer.context["form"].errors["facilities"])
    assert world.outside.name in said
    assert world.lead.name not in said


def test_a_name_that_two_bear_designates_neither(world: World) -> None:
    twins = [make_facility("重名医院") for _each in range(2)]
    answer = browser_of(world.manager).post(NEW, words(world, facilities="重名医院"))
    said = " ".join(answer.context["form"].errors["facilities"])
    assert all(each.code in said for each in twins)


def test_sent_twice_it_is_declared_once(world: World) -> None:
    typed = words(world, world.lead, key="a-key-of-this-form")
    for _time in range(2):
        assert browser_of(world.manager).post(NEW, typed).redirect_chain == [(LIST, 302)]
    as_system()
    assert PublicHealthEvent.objects.count() == 1


def test_whoever_files_reads_which_event_by_which_document_and_why_nobody_is_offered(
    world: World,
) -> None:
    declared(world, world.lead)
    draft = world.draft(to_facility_id=None, **FEVER)
    shown = text_of(browser_of(world.doctor).get(page(draft)))
    assert "流感大流行（市卫健委令2026年第1号）" in shown
    as_system()
    Facility.objects.filter(pk=world.lead.pk).update(is_active=False)
    shown = text_of(browser_of(world.doctor).get(page(draft)))
    assert "流感大流行（市卫健委令2026年第1号）" in shown
    assert "这些机构目前均不接诊" in shown
    assert "医联体内没有上一级机构" not in shown


def test_an_event_that_is_over_is_not_ended_and_nobody_is_told(world: World) -> None:
    event = declared(world, world.lead)
    today = timezone.localdate()
    PublicHealthEvent.objects.filter(pk=event.pk).update(
        starts=today - timedelta(days=2), ends=today - timedelta(days=1)
    )
    browser_of(world.manager).post(f"{LIST}{event.pk}/end/", {})
    as_system()
    assert PublicHealthEvent.objects.get().ended_at is None
    assert not OutboxMessage.objects.filter(topic="event.ended").exists()
