"""The pages of the criteria: the rules with their sources, what an alliance sets, and what a change would do."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from audit.models import Event
from referral import actions
from referral.codes import CriterionMode
from referral.criteria import loading
from referral.managing.criteria import editions
from referral.models import Assessment, CriterionSetting, Referral
from referral.states import Status
from tests.factories import World, as_system, new_key
from tests.keeping import as_made, kept
from tests.pages.conftest import browser_of, text_of

DAY = timedelta(days=1)
RULE = "HTN-I1"


@pytest.fixture(scope="module", autouse=True)
def _ruled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """An alliance and its manager, who looks at each of the rules."""
    with kept(django_db_blocker):
        made = World()
        _ = made.manager
        yield made


@pytest.fixture
def world(db: None, _ruled: World) -> World:
    return as_made(_ruled)


def path(world: World, rule: str = RULE) -> str:
    return f"/settings/criteria/{world.alliance.pk}/{rule}/"


def said(**changes: Any) -> dict[str, Any]:
    """Return a form as it is sent: 160 instead of 180."""
    return {
        "mode": "own",
        "threshold_0": "160",
        "threshold_1": "110",
        "follow_up_days": "",
        "starts": str(timezone.localdate() + DAY),
        "reason": "本地试点",
        "source": "医联体2026年第5号通知",
        "key": "one form",
        **changes,
    }


def confirmed(**changes: Any) -> dict[str, Any]:
    return said(step="set", **changes)


def observed(world: World, sbp: int, *, visit: str = "first") -> Referral:
    """Return a leg that went with this pressure."""
    draft = world.draft(diagnosis_code="I10")
    numbers = {"sbp": {"value": sbp, "unit": "mmHg"}, "dbp": {"value": 90, "unit": "mmHg"}}
    words = {"override_reason": "clinical_judgement", "override_note": "患者要求"}
    body = {"observations": numbers, "visit": visit, **words}
    answer = world.doctor.api.put(f"/referrals/{draft.pk}/assessment/", body)
    assert answer.status == 200, answer
    assert world.doctor.api.post(f"/referrals/{draft.pk}/submit/", {}).status == 200
    as_system()
    return draft


def test_every_rule_of_a_disease_leads_to_its_page(world: World) -> None:
    browser = browser_of(world.manager)
    found: set[str] = set()
    for disease in loading.book().diseases:
        page = browser.get(f"/settings/criteria/?disease={disease}").content.decode()
        found |= set(re.findall(rf'href="/settings/criteria/{world.alliance.pk}/([^/"]+)/"', page))
    today = timezone.localdate()
    assert found == {rule.id for rule in loading.book().rules if rule.in_force(today)}


@pytest.mark.parametrize("rule", sorted({rule.id for rule in loading.book().rules}))
def test_every_rule_has_a_page_in_words(world: World, rule: str) -> None:
    answer = browser_of(world.manager).get(path(world, rule))
    assert answer.status_code == 200
    shown, one = text_of(answer), editions(rule)[0]
    assert " ".join(one.words.zh.split()) in shown
    assert one.source.edition in shown
    assert ("已核对" if one.status == "verified" else "待核对") in shown
    for leaf in one.when.leaves():
        assert loading.book().variables[leaf.variable].words.zh in shown
    for raw in ("any_up", "primary_up", "st_elevation_leads", ">=", "same-day"):
        assert raw not in shown


def test_a_change_is_looked_at_with_the_referrals_behind_each_number(world: World) -> None:
    below, between, above = (observed(world, sbp) for sbp in (150, 170, 190))
    browser = browser_of(world.manager)
    looked = browser.post(path(world), said())
    shown = text_of(looked)
    assert "重新评估的例数 3" in shown
    assert "按今日标准符合 1" in shown
    assert "将新符合 1" in shown
    assert "将不再符合 0" in shown
    assert not CriterionSetting.objects.exists()
    [address] = re.findall(r'href="([^"]*turn=gained[^"]*)"', looked.content.decode())
    behind = browser.get(html.unescape(address)).content.decode()
    assert f"/referrals/{between.pk}/" in behind
    assert f"/referrals/{below.pk}/" not in behind
    assert f"/referrals/{above.pk}/" not in behind
    assert Event.objects.filter(what="referral.list", actor_id=world.manager.user.pk).exists()
    harder = browser.post(path(world), said(threshold_0="195"))
    assert "将不再符合 1" in text_of(harder)
    off = browser.post(path(world), said(mode="off", threshold_0="180"))
    assert "将不再符合 1" in text_of(off)
    [address] = re.findall(r'href="([^"]*turn=lost[^"]*)"', off.content.decode())
    assert f"/referrals/{above.pk}/" in browser.get(html.unescape(address)).content.decode()


def test_what_it_compares_with_is_the_rule_as_it_is_held(world: World) -> None:
    observed(world, 170)
    actions.set_criterion(
        world.alliance.pk,
        editions(RULE)[0],
        by=world.manager.actor,
        mode=CriterionMode.OFF,
        reason="x",
        source="x",
        starts=timezone.localdate() + DAY,
    )
    CriterionSetting.objects.update(starts=timezone.localdate())
    shown = text_of(
        browser_of(world.manager).post(path(world), said(mode="standard", threshold_0="180"))
    )
    assert "按今日标准符合 0" in shown
    again = text_of(browser_of(world.manager).post(path(world), said()))
    assert "将新符合 1" in again
    assert "本联盟停用" in text_of(browser_of(world.manager).get(path(world)))


def test_only_legs_of_the_rule_and_of_the_last_90_days_are_looked_at(world: World) -> None:
    observed(world, 170, visit="follow-up")
    old = observed(world, 170)
    as_system()
    long_ago = timezone.now() - 91 * DAY
    Referral.objects.filter(pk=old.pk).update(created_at=long_ago, submitted_at=long_ago)
    world.at(Status.SUBMITTED, diagnosis_code="I10")
    shown = text_of(browser_of(world.manager).post(path(world), said()))
    assert "重新评估的例数 1" in shown
    assert "将新符合 0" in shown


def test_a_return_is_looked_at_by_its_newest_review(world: World) -> None:
    came = world.at(Status.ARRIVED, diagnosis_code="I10")
    names = ("diagnosis_clear", "plan_clear", "oral_drugs_at_home", "condition_stable")
    for stable in (False, True):
        flags = {name: {"value": stable} for name in names}
        answer = world.office.api.post(
            f"/referrals/{came.pk}/down-candidate/", {"observations": flags}
        )
        assert answer.status == 201, answer
    as_system()
    address = path(world, "HTN-D1")
    looked = browser_of(world.manager).post(
        address, said(mode="off", threshold_0="", threshold_1="")
    )
    shown = text_of(looked)
    assert "重新评估的例数 1" in shown
    assert "按今日标准符合 1" in shown
    assert "将不再符合 1" in shown
    [behind] = re.findall(r'href="([^"]*turn=lost[^"]*)"', looked.content.decode())
    page = browser_of(world.manager).get(html.unescape(behind)).content.decode()
    assert f"/referrals/{came.pk}/" in page


def test_what_was_looked_at_is_set_once_with_its_history(world: World) -> None:
    browser = browser_of(world.manager)
    for _twice in range(2):
        assert "已为本联盟设定" in text_of(browser.post(path(world), confirmed()))
    row = CriterionSetting.objects.get()
    assert (row.mode, row.thresholds, row.rule) == ("own", {"0": "160"}, RULE)
    shown = text_of(browser.get(path(world)))
    for words in ("待生效", "≥ 160 mmHg", "（文件为180）", "本地试点", "医联体2026年第5号通知"):
        assert words in shown
    assert "有待生效的变更" in text_of(browser.get("/settings/criteria/?disease=hypertension"))
    withdraw = f"/settings/criteria/{world.alliance.pk}/rules/{row.pk}/withdraw/"
    assert "已撤回" in text_of(browser.post(withdraw, {}))
    row.refresh_from_db()
    assert row.is_withdrawn


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"threshold_0": "29"}, 400),
        ({"threshold_0": "301"}, 400),
        ({"threshold_0": "1e5"}, 400),
        ({"threshold_0": "NaN"}, 400),
        ({"threshold_0": "160.12345"}, 400),
        ({"mode": "none"}, 400),
        ({"mode": "standard"}, 400),
        ({"mode": "off"}, 400),
        ({"mode": "standard", "threshold_0": "180", "follow_up_days": "3"}, 400),
        ({"reason": ""}, 400),
        ({"source": ""}, 400),
        ({"follow_up_days": "0"}, 400),
        ({"reason": "a\x00"}, 400),
        ({"starts": str(timezone.localdate())}, 422),
        ({"starts": "9999-12-31"}, 422),
        ({"threshold_0": "180"}, 422),
    ],
)
def test_what_cannot_be_set_is_refused(world: World, changes: dict[str, str], status: int) -> None:
    answer = browser_of(world.manager).post(path(world), confirmed(**changes))
    assert answer.status_code == status
    assert 'role="alert"' in answer.content.decode()
    assert not CriterionSetting.objects.exists()


def test_only_the_manager_of_this_alliance(world: World) -> None:
    observed(world, 170)
    turned = f"{path(world)}turned/?turn=gained&mode=own&threshold_0=160"
    for who in (world.doctor, world.office, world.chief, world.auditor, world.stranger):
        for address in ("/settings/criteria/", path(world), turned):
            assert browser_of(who).get(address).status_code == 403
    for address in (path(world), turned):
        assert browser_of(world.outsider).get(address).status_code == 404
    assert browser_of(world.outsider).post(path(world), confirmed()).status_code == 404
    assert not CriterionSetting.objects.exists()


def test_what_is_not_there(world: World) -> None:
    browser = browser_of(world.manager)
    for address in (
        path(world, "HTN-X9"),
        f"/settings/criteria/{new_key()}/{RULE}/",
        "/settings/criteria/?disease=gout",
        "/settings/criteria/?alliance=x",
    ):
        assert browser.get(address).status_code == 404, address
    for words in ("", "turn=gained", "turn=both&mode=off", "turn=lost&mode=own&threshold_0=abc"):
        assert browser.get(f"{path(world)}turned/?{words}").status_code == 400, words


def test_a_kept_assessment_names_it_on_the_pages_of_the_referral(world: World) -> None:
    draft = observed(world, 190)
    as_system()
    kept = Assessment.objects.get(referral=draft)
    [result] = [each for each in kept.results if each["rule"] == RULE]
    assert "本联盟标准" not in text_of(browser_of(world.office).get(f"/referrals/{draft.pk}/"))
    own = {"alliance": str(world.alliance.pk), "since": "2026-01-01", "source": "x"}
    result["own"], result["compared"][0]["standard"] = own, 200
    other = world.draft(diagnosis_code="I10")
    kept.pk, kept.referral, kept.settled_at = None, other, None
    kept._state.adding = True
    kept.id = Assessment._meta.pk.get_default()
    kept.save(force_insert=True)
    shown = text_of(browser_of(world.doctor).get(f"/referrals/{other.pk}/"))
    assert "本联盟标准：≥ 180 mmHg（文件为200）" in shown


def test_the_pages_cost_the_same_for_any_number(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for sbp in (170, 175, 190):
        observed(world, sbp)
    client = browser_of(world.manager).client
    for address, most in (("/settings/criteria/", 9), (path(world), 9)):
        client.get(address)
        with django_assert_max_num_queries(most):
            client.get(address)
    client.post(path(world), said())
    with django_assert_max_num_queries(12):
        client.post(path(world), said())
