"""The pages of time limits: what holds, what was set, and what a new limit would do before it is set."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from facilities.vocabulary import AllianceForm
from referral.managing.limits import kinds
from referral.models import AutomaticStep, Reminder, ServiceLimit
from referral.states import Status, Urgency
from tests.facilities.factories import make_alliance
from tests.factories import World, as_system, new_key
from tests.pages.conftest import browser_of, text_of
from tests.referral.test_record_no_show import backdate

DAY = timedelta(days=1)


def path(world: World, kind: str = "answer/urgent/up") -> str:
    return f"/settings/limits/{world.alliance.pk}/{kind}/"


def said(**changes: Any) -> dict[str, Any]:
    """Return a form as it is sent."""
    tomorrow = timezone.localdate() + DAY
    return {
        "number": "3",
        "unit": "hours",
        "starts": str(tomorrow),
        "source": "医联体2026年第3号通知",
        "key": "one form",
        **changes,
    }


def confirmed(**changes: Any) -> dict[str, Any]:
    return said(step="set", **changes)


def test_the_list_leads_to_each_kind(world: World) -> None:
    browser = browser_of(world.manager)
    page = browser.get("/settings/limits/").content.decode()
    addresses = [path(world, f"{k[0].value}/{Urgency(k[1]).name.lower()}/{k[2]}") for k in kinds()]
    assert len(addresses) == 39
    for address in addresses:
        assert f'href="{address}"' in page
    shown = text_of(browser.get("/settings/limits/"))
    assert "2个工作日" in shown
    assert "本联盟设定" not in shown


def test_what_is_standard_says_where_it_comes_from(world: World) -> None:
    shown = text_of(browser_of(world.manager).get(path(world, "result/routine/up")))
    assert "14天" in shown
    assert "国家基本公共卫生服务规范" in shown
    assert "已核对" in shown
    assert "待核对" in text_of(browser_of(world.manager).get(path(world)))


def test_the_ladder_is_told(world: World) -> None:
    shown = text_of(browser_of(world.manager).get(path(world)))
    assert "逾期30分钟后 应处理方的转诊办公室" in shown
    assert "此后每2小时重复一次" in shown
    arrival = text_of(browser_of(world.manager).get(path(world, "arrival/routine/up")))
    assert "系统记为未到诊" in arrival


def test_a_limit_is_looked_at_before_it_is_set(world: World) -> None:
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    backdate(leg, submitted_at=timedelta(minutes=90))
    browser = browser_of(world.manager)
    looked = browser.post(path(world), said(number="1"))
    shown = text_of(looked)
    assert looked.status_code == 200
    assert "统计的转诊 1" in shown
    assert "按原时限逾期 0" in shown
    assert "按新时限会逾期 1" in shown
    assert "将立即变为逾期 0" in shown
    assert "若对全部在途转诊适用，将新增逾期 1" in shown
    assert not ServiceLimit.objects.exists()


def test_one_that_holds_from_today_says_what_it_makes_late_at_once(world: World) -> None:
    leg = world.at(Status.SUBMITTED, urgency=Urgency.URGENT)
    # Late by a second, and surely of today.
    now = timezone.now()
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if now - midnight < timedelta(minutes=5):
        pytest.skip("the day is too young")
    backdate(leg, submitted_at=timedelta(minutes=2))
    today = str(timezone.localdate(now))
    answer = browser_of(world.manager).post(
        path(world), said(number="1", unit="minutes", starts=today)
    )
    assert "将立即变为逾期 1" in text_of(answer)


def test_what_was_looked_at_is_set_once_and_kept_in_the_history(world: World) -> None:
    browser = browser_of(world.manager)
    looked = browser.post(path(world), said()).content.decode()
    for name, value in said().items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in looked
    for _twice in range(2):
        answer = browser.post(path(world), confirmed())
        assert "新时限已设定" in text_of(answer)
    row = ServiceLimit.objects.get()
    assert (row.minutes, row.clock, row.stage, row.urgency) == (180, "calendar", "answer", 1)
    assert row.set_by_id == world.manager.user.pk
    assert Event.objects.filter(what="alliance.limit_set").count() == 1
    shown = text_of(browser.get(path(world)))
    assert "3小时 待生效" in shown
    assert world.manager.user.full_name in shown
    assert "医联体2026年第3号通知" in shown
    assert "有待生效的变更" in text_of(browser.get("/settings/limits/"))


def test_a_working_unit_runs_on_the_working_clock(world: World) -> None:
    browser_of(world.manager).post(path(world), confirmed(number="2", unit="working_days"))
    row = ServiceLimit.objects.get()
    assert (row.minutes, row.clock) == (960, "working")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"number": "0"}, 400),
        ({"number": "367", "unit": "days"}, 400),
        ({"unit": "years"}, 400),
        ({"source": ""}, 400),
        ({"source": "x" * 201}, 400),
        ({"source": "a\x00b"}, 400),
        ({"starts": "gestern"}, 400),
        ({"starts": "2020-01-01"}, 422),
        ({"starts": "9999-12-31"}, 422),
    ],
)
def test_what_is_no_limit_is_refused_with_the_words_kept(
    world: World, changes: dict[str, str], status: int
) -> None:
    answer = browser_of(world.manager).post(path(world), confirmed(**changes))
    assert answer.status_code == status
    assert not ServiceLimit.objects.exists()
    assert 'role="alert"' in answer.content.decode()


def test_a_planned_one_is_withdrawn_and_one_in_force_is_not(world: World) -> None:
    browser = browser_of(world.manager)
    browser.post(path(world), confirmed())
    planned = ServiceLimit.objects.get()
    address = f"/settings/limits/{world.alliance.pk}/rules/{planned.pk}/withdraw/"
    assert f'action="{address}"' in browser.get(path(world)).content.decode()
    assert "已撤回计划中的规则" in text_of(browser.post(address, {}))
    planned.refresh_from_db()
    assert planned.is_withdrawn
    browser.post(path(world), confirmed(starts=str(timezone.localdate()), key="another"))
    held = ServiceLimit.objects.get(ends=None)
    address = f"/settings/limits/{world.alliance.pk}/rules/{held.pk}/withdraw/"
    assert address not in browser.get(path(world)).content.decode()
    refused = browser.post(address, {})
    assert refused.status_code == 409
    assert "已撤回" not in text_of(refused)


def test_only_the_manager_of_this_alliance(world: World) -> None:
    addresses = ["/settings/limits/", path(world), path(world, "automatic/answer")]
    for who in (world.doctor, world.office, world.chief, world.auditor, world.stranger):
        for address in addresses:
            assert browser_of(who).get(address).status_code == 403, (who, address)
            assert browser_of(who).post(address, confirmed()).status_code in {403, 405}
    for address in addresses[1:]:
        assert browser_of(world.outsider).get(address).status_code == 404
        assert browser_of(world.outsider).post(address, confirmed()).status_code == 404
    asked = f"/settings/limits/?alliance={world.alliance.pk}"
    assert browser_of(world.outsider).get(asked).status_code == 404
    assert not ServiceLimit.objects.exists()


@pytest.mark.parametrize(
    "kind",
    [
        "nothing/urgent/up",
        "answer/soon/up",
        "answer/urgent/in",
        "consent/urgent/up",
        "acknowledge/routine/up",
        "first_contact/routine/up",
        "automatic/result",
    ],
)
def test_what_is_no_kind_is_not_there(world: World, kind: str) -> None:
    assert browser_of(world.manager).get(path(world, kind)).status_code == 404
    nowhere = f"/settings/limits/{new_key()}/answer/urgent/up/"
    assert browser_of(world.manager).get(nowhere).status_code == 404
    for asked in ("nonsense", str(new_key())):
        answer = browser_of(world.manager).get(f"/settings/limits/?alliance={asked}")
        assert answer.status_code == 404


def test_a_manager_of_several_chooses(world: World) -> None:
    as_system()
    other = make_alliance(world.lead, world.hospital, form=AllianceForm.COUNTY_COMMUNITY)
    browser = browser_of(world.manager)
    page = browser.get(f"/settings/limits/?alliance={other.pk}").content.decode()
    assert f"/settings/limits/{other.pk}/answer/urgent/up/" in page
    assert f'value="{world.alliance.pk}"' in page


def test_an_alliance_that_is_over_leaves_an_empty_page(world: World) -> None:
    _ = world.manager
    type(world.alliance).objects.update(ends=timezone.localdate(), starts="2020-01-01")
    answer = browser_of(world.manager).get("/settings/limits/")
    assert answer.status_code == 200
    assert "没有牵头" in text_of(answer)


def test_what_happens_by_itself_is_switched_on_and_off(world: World) -> None:
    browser, address = browser_of(world.manager), path(world, "automatic/answer")
    today = timezone.localdate()
    set_it = {"step": "set", "starts": str(today)}
    words = {"action": "redirect", "after_steps": "2", "key": "a", **set_it}
    refused = browser.post(address, words)
    assert refused.status_code == 422
    stray = browser.post(address, {**words, "fallback_id": str(world.stranger_clinic.pk)})
    assert stray.status_code == 400
    done = browser.post(address, {**words, "fallback_id": str(world.hospital.pk)})
    assert "新规则" in text_of(done)
    row = AutomaticStep.objects.get()
    assert (row.action, row.after_steps, row.fallback_id) == ("redirect", 2, world.hospital.pk)
    assert world.hospital.name in text_of(browser.get("/settings/limits/"))
    off = {**set_it, "action": "off", "after_steps": "4", "starts": str(today + DAY), "key": "b"}
    assert browser.post(address, off).status_code == 200
    row.refresh_from_db()
    assert row.ends == today + DAY


def test_what_the_system_would_end_at_once_is_told_before(world: World) -> None:
    called, spared = (world.at(Status.SUBMITTED, urgency=Urgency.URGENT) for _each in range(2))
    world.at(Status.ACCEPTED, urgency=Urgency.URGENT)
    now = timezone.now()
    for leg, steps in ((called, 2), (spared, 1)):
        for step in range(1, steps + 1):
            Reminder.objects.create(
                referral=leg, stage="answer", due_at=now - DAY, step=step, sent_at=now
            )
    browser, address = browser_of(world.manager), path(world, "automatic/answer")
    words = {"action": "expire", "after_steps": "2", "starts": str(timezone.localdate())}
    shown = text_of(browser.post(address, words))
    assert "停在此环节 2" in shown
    assert "已催办满该次数 1" in shown
    assert "系统将立即处理" in shown
    assert "已催办满该次数 2" in text_of(browser.post(address, {**words, "after_steps": "1"}))
    assert "系统将立即处理" not in text_of(browser.post(address, {**words, "after_steps": "3"}))
    assert not AutomaticStep.objects.exists()


def test_only_expiry_where_a_question_waits(world: World) -> None:
    page = browser_of(world.manager).get(path(world, "automatic/information")).content.decode()
    assert 'value="expire"' in page
    assert 'value="redirect"' not in page
    assert 'value="off"' not in page
    assert "fallback" not in page


def test_no_english_is_left_and_none_of_the_other_way_round(world: World) -> None:
    browser = browser_of(world.manager)
    shown = text_of(browser.post(path(world), said()))
    for word in ("limit", "Standard", "hour", "Lingshui"):
        assert word not in shown
    browser.speak("en")
    english = text_of(browser.get(path(world)))
    assert "Who is called once it is late" in english
    assert "时限" not in english


@pytest.mark.parametrize("rows", [0, 12])
def test_the_pages_cost_the_same_for_any_history(
    world: World, rows: int, django_assert_max_num_queries: Any
) -> None:
    client = browser_of(world.manager).client
    today = timezone.localdate()
    for number in range(rows):
        ServiceLimit.objects.create(
            alliance=world.alliance,
            stage="answer",
            urgency=1,
            direction="up",
            minutes=60,
            clock="calendar",
            source="x",
            set_by=world.manager.user,
            starts=today - (rows - number) * DAY,
            ends=today - (rows - number - 1) * DAY,
            created_at=timezone.now(),
        )
    for address, most in (("/settings/limits/", 11), (path(world), 11)):
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)
