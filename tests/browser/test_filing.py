"""The clinic files in a real browser: quickly, by keyboard alone, and through a cut of the line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from referral.models import Referral, Transition
from referral.states import Status
from tests.browser.windows import Windows, making, photographed
from tests.factories import World

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

# What the issue of the pages allows a known patient to take.
MOST_STEPS: Final = 25
MOST_SECONDS: Final = 120
REASON: Final = "规范用药三月血压仍不达标，头晕两周，需进一步检查明确靶器官损害"


class Steps:
    """Somebody at the PC: each press, choice or text that is typed counts as one step."""

    def __init__(self, page: Page) -> None:
        self.page, self.taken, self.begun = page, 0, time.monotonic()

    def click(self, selector: str) -> None:
        self.taken += 1
        self.page.locator(selector).first.click()

    def type(self, selector: str, text: str) -> None:
        self.taken += 1
        self.page.locator(selector).press_sequentially(text)

    def choose(self, selector: str, value: str) -> None:
        self.taken += 1
        self.page.select_option(selector, value)

    def press(self, key: str) -> None:
        self.taken += 1
        self.page.keyboard.press(key)


def filed() -> Referral:
    with making():
        return Referral.objects.latest("created_at")


def settle(page: Page) -> None:
    """Wait until the server has everything: a save that is under way at the end would meet the next test."""
    for _turn in range(100):
        if page.evaluate("Object.keys(localStorage).length") == 0:
            return
        page.wait_for_timeout(50)
    raise AssertionError("something typed was never saved")


def times_sent(referral: Referral) -> int:
    with making():
        assert Referral.objects.get(pk=referral.pk).status == Status.SUBMITTED
        return Transition.objects.filter(referral=referral, verb="submit").count()


def test_a_known_patient_is_filed_in_few_steps(world: World, windows: Windows) -> None:
    with making():
        _ = world.alliance, world.patient, world.hospital
        doctor = world.doctor
    page = windows.window(doctor)
    page.goto("/")
    steps = Steps(page)
    steps.press("n")
    page.wait_for_url("**/file/")
    steps.type("#whom-q", "ouyang")
    page.wait_for_selector("#people [name=patient]", state="attached")
    steps.press("Enter")
    page.wait_for_url("**/edit/")
    steps.type("[name=diagnosis]", "gxy")
    page.wait_for_selector("#diagnosis-list li")
    steps.press("ArrowDown")
    steps.press("Enter")
    page.wait_for_selector("[name=o_sbp]")
    assert page.input_value("[name=diagnosis_code]") == "I10"
    steps.choose("[name=reason_code]", "diagnosis_unclear")
    steps.type("[name=reason]", REASON)
    steps.type("[name=past_history]", "高血压8年")
    steps.type("[name=treatment]", "氨氯地平5毫克每日一次")
    steps.type("[name=results]", "心电图示左室高电压")
    page.wait_for_selector("[name=place]")
    steps.click("[name=place]")
    page.wait_for_selector("#live-check .check-full")
    photographed(page, "filing", "1366", "zh-hans")
    steps.click("[name=send]")
    page.wait_for_url("**/referrals/*/")
    assert filed().status == Status.SUBMITTED
    assert steps.taken <= MOST_STEPS, steps.taken
    assert time.monotonic() - steps.begun < MOST_SECONDS


def test_a_power_cut_loses_nothing(world: World, windows: Windows) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    windows.provoked = "ERR_INTERNET_DISCONNECTED"
    page.goto(f"/referrals/{draft.pk}/edit/")
    page.context.set_offline(True)
    page.fill("[name=reason]", "断电前写下的一句话")
    page.wait_for_selector("#saved[data-state=offline]")
    page.close()
    again = windows.beside(page)
    page.context.set_offline(False)
    again.goto(f"/referrals/{draft.pk}/edit/")
    assert again.input_value("[name=reason]") == "断电前写下的一句话"
    again.wait_for_selector("#saved[data-state=saved]")
    assert again.evaluate("Object.keys(localStorage).length") == 0
    with making():
        assert Referral.objects.get(pk=draft.pk).reason == "断电前写下的一句话"


def test_a_cut_line_sends_once_when_it_is_back(world: World, windows: Windows) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    windows.provoked = "ERR_INTERNET_DISCONNECTED"
    page.goto(f"/referrals/{draft.pk}/edit/")
    page.context.set_offline(True)
    page.click("[name=send]")
    page.wait_for_selector("#saved[data-state=offline]")
    assert "恢复后将自动发送一次" in page.locator("#saved").inner_text()
    page.context.set_offline(False)
    page.wait_for_url(f"**/referrals/{draft.pk}/")
    assert times_sent(draft) == 1
    assert page.evaluate("Object.keys(localStorage).length") == 0


def test_an_answer_that_was_lost_is_asked_for_again(world: World, windows: Windows) -> None:
    """The server has sent it, the browser does not know: the same words lead to what was sent."""
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    windows.provoked = "ERR_FAILED"
    page.goto(f"/referrals/{draft.pk}/edit/")
    lost = []

    def lose(route: object) -> None:
        lost.append(route)
        if len(lost) == 1:
            route.fetch()  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    page.route(f"**/referrals/{draft.pk}/edit/", lose)
    page.click("[name=send]")
    page.wait_for_url(f"**/referrals/{draft.pk}/")
    assert len(lost) == 2
    assert times_sent(draft) == 1


def test_a_press_while_it_saves_itself_is_not_lost(world: World, windows: Windows) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    page.goto(f"/referrals/{draft.pk}/edit/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        """Let the first save wait, and all others go."""
        if held:
            route.continue_()
        held.append(route)

    page.route(f"**/referrals/{draft.pk}/edit/", hold)
    page.fill("[name=reason]", REASON)
    page.wait_for_selector("#saved[data-state=saving]")
    for _turn in range(100):
        if held:
            break
        page.wait_for_timeout(50)
    page.click("[name=send]")
    page.wait_for_timeout(300)
    held[0].continue_()
    page.wait_for_url(f"**/referrals/{draft.pk}/")
    assert times_sent(draft) == 1
    with making():
        assert Referral.objects.get(pk=draft.pk).reason == REASON


def test_what_is_chosen_while_an_answer_comes_in_is_saved_too(
    world: World, windows: Windows
) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    # A page of its own: what is put into every page cannot be taken out again.
    page = windows.beside(windows.window(doctor))
    page.add_init_script("""{ const text = Response.prototype.text;
        Response.prototype.text = async function () {
            await new Promise((over) => setTimeout(over, 600));
            return text.call(this);
        }; }""")
    page.goto(f"/referrals/{draft.pk}/edit/")
    with page.expect_response("**/edit/"):
        page.fill("[name=reason]", REASON)
    page.check("[name=urgency][value='1']")
    settle(page)
    page.wait_for_selector("#saved[data-state=saved]")
    with making():
        kept = Referral.objects.get(pk=draft.pk)
    assert (kept.reason, kept.urgency) == (REASON, 1)


def test_what_is_typed_after_a_lost_answer_is_no_other_window(
    world: World, windows: Windows
) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    windows.provoked = "ERR_FAILED"
    page.goto(f"/referrals/{draft.pk}/edit/")
    asked = []

    def lose(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route(f"**/referrals/{draft.pk}/edit/", lose)
    page.fill("[name=reason]", REASON)
    page.wait_for_selector("#saved[data-state=offline]")
    page.fill("[name=treatment]", "断线期间又写的治疗经过")
    page.wait_for_selector("#saved[data-state=saved]")
    settle(page)
    with making():
        kept = Referral.objects.get(pk=draft.pk)
    assert (kept.reason, kept.treatment) == (REASON, "断线期间又写的治疗经过")


def test_two_windows_do_not_overwrite_each_other(world: World, windows: Windows) -> None:
    with making():
        draft, doctor, colleague = world.draft(), world.doctor, world.colleague
    mine, other = windows.window(doctor), windows.window(colleague)
    for page in (mine, other):
        page.goto(f"/referrals/{draft.pk}/edit/")
    mine.fill("[name=treatment]", "我写的治疗经过")
    mine.wait_for_selector("#saved[data-state=saved]")
    other.fill("[name=treatment]", "同事写的治疗经过")
    other.wait_for_selector("#saved[data-state=refused]")
    assert "其他窗口" in other.locator("#saved").inner_text()
    settle(mine)
    with making():
        assert Referral.objects.get(pk=draft.pk).treatment == "我写的治疗经过"


def test_what_is_typed_stays_under_the_cursor(world: World, windows: Windows) -> None:
    with making():
        draft, doctor = world.draft(diagnosis_code="I10"), world.doctor
    page = windows.window(doctor)
    page.goto(f"/referrals/{draft.pk}/edit/")
    page.locator("[name=o_sbp]").press_sequentially("190", delay=20)
    page.wait_for_selector("#saved[data-state=saved]")
    assert page.evaluate("document.activeElement.name") == "o_sbp"
    page.locator("[name=t_headache]").check()
    page.wait_for_selector("#live-criteria .notice")
    assert page.evaluate("document.activeElement.name") == "t_headache"
    assert page.input_value("[name=o_sbp]") == "190"
    settle(page)


def test_sending_too_early_leads_to_what_is_missing(world: World, windows: Windows) -> None:
    """All of it is named at once, the first is where the cursor stands, and each name leads to its field."""
    with making():
        _ = world.hospital
        draft = world.draft(to_facility_id=None, diagnosis="", diagnosis_code="", reason="")
        doctor = world.doctor
    page = windows.window(doctor)
    page.goto(f"/referrals/{draft.pk}/edit/")
    assert page.evaluate("document.activeElement.name") == "diagnosis", "one writes at once"
    page.click("[name=send]")
    page.wait_for_selector("#live-refusal [data-lacking]")
    told = page.locator("#live-refusal").inner_text()
    for part in ("初步印象", "主要现病史", "转入机构"):
        assert part in told, told
    assert "尚未发送" in page.locator("#saved").inner_text()
    assert page.evaluate("document.activeElement.name") == "diagnosis"
    assert page.locator("[name=reason]").get_attribute("aria-invalid") == "true"
    page.click("#live-check a.want[href='#id_reason']")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type(REASON)
    assert page.locator("[name=reason]").get_attribute("aria-invalid") is None
    page.click("#live-check a.want[href='#id_place']")
    assert page.evaluate("document.activeElement.name") == "place"
    settle(page)


def test_what_was_typed_is_saved_before_a_place_is_looked_for(
    world: World, windows: Windows
) -> None:
    with making():
        draft, doctor = world.draft(), world.doctor
    page = windows.window(doctor)
    page.goto(f"/referrals/{draft.pk}/edit/")
    page.fill("[name=reason]", "去留号之前写下的一句话")
    page.click("a[href$='/seat/']")
    page.wait_for_url("**/seat/")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    with making():
        assert Referral.objects.get(pk=draft.pk).reason == "去留号之前写下的一句话"
