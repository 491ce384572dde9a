"""The walk itself: what each user presses in the course of the day; each picture is taken on the way."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from playwright.sync_api import TimeoutError as TooLate

from tour.frames import DESK, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CLINIC: Final = "clinic1.doctor"
HOSPITAL: Final = "hospital.zhao"
MANAGER: Final = "manager.li"
CENTRE: Final = "区域医疗中心"
PATIENCE: Final = 15_000
SHORT: Final = 4_000
LOCALES: Final = {"zh": "zh-hans", "en": "en"}
# Frequent beginnings of names in pinyin. The patients are made by chance, and one who is under way for an illness is
# not filed for it again, so the second walk begins at the other end.
NAMES: Final = ("ch", "li", "wa", "ya", "hu", "xu", "liu", "he", "ma", "zh")
REASON: Final = "规范用药三个月血压仍不达标，头晕两周，需进一步检查明确靶器官损害"
SLIP: Final = {
    "reason": REASON,
    "past_history": "高血压8年，无糖尿病",
    "treatment": "氨氯地平5毫克每日一次，缬沙坦80毫克每日一次",
    "results": "心电图示左室高电压；血肌酐98微摩尔每升",
}
PRESSURE: Final = {"o_sbp": "186", "o_dbp": "112", "o_antihypertensive_drugs_at_full_dose": "3"}
NOTICE: Final = "医联体双向转诊管理办法（2026年修订）"
PLAN: Final = "继续氨氯地平与缬沙坦，低盐饮食；两周后复查血压，血压≥180/110毫米汞柱时再次上转。"


class Walk:
    """One walk in one language; `folder` takes the pictures."""

    def __init__(
        self, browser: Browser, url: str, password: str, language: str, folder: Path
    ) -> None:
        """Keep what it needs."""
        self.browser, self.url, self.password = browser, url, password
        self.language, self.folder = language, folder
        self.address = ""

    @contextmanager
    def window(self, username: str | None, size: tuple[int, int] = DESK) -> Iterator[Page]:
        """Open a window, signed in as somebody or as nobody."""
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=1 if size == DESK else 2,
            reduced_motion="reduce",
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(PATIENCE)
        context.add_cookies(
            [{"name": "django_language", "value": LOCALES[self.language], "url": self.url}]
        )
        page = context.new_page()
        if username:
            page.goto("/sign-in/")
            page.fill("[name=username]", username)
            page.fill("[name=password]", self.password)
            page.press("[name=password]", "Enter")
            page.wait_for_url(re.compile(r"^(?!.*sign-in)"))
            # Asked for a second factor, everybody here says: not now.
            if page.locator("form[action*='later'] button").count():
                page.locator("form[action*='later'] button").click()
        yield page
        context.close()

    def keep(self, page: Page, name: str) -> None:
        """Take a picture of what is in sight."""
        file = self.folder / f"{name}.{self.language}.png"
        page.screenshot(path=str(file), animations="disabled", caret="hide")

    def all(self) -> None:
        """Walk the whole day."""
        self.clinic()
        self.hospital()
        self.patient()
        self.home_again()
        self.manager()

    def clinic(self) -> None:
        """File a referral for a known patient."""
        with self.window(CLINIC) as page:
            page.goto("/file/")
            self._known(page)
            self.keep(page, "clinic-find")
            page.locator("#people form button").first.click()
            page.wait_for_url("**/edit/")
            page.locator("[name=diagnosis]").press_sequentially("gxy")
            page.wait_for_selector("#diagnosis-list li")
            self.keep(page, "clinic-diagnosis")
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            page.wait_for_selector("[name=o_sbp]")
            page.select_option("[name=reason_code]", "diagnosis_unclear")
            for name, text in {**SLIP, **PRESSURE}.items():
                page.fill(f"[name={name}]", text)
            page.check("[name=visit][value=follow-up]")
            page.check("[name=t_bp_not_at_goal]")
            page.wait_for_selector("#live-destinations .place-slot")
            page.locator("#live-destinations label").first.click()
            page.wait_for_selector("#live-criteria .notice-amber")
            page.locator("[aria-labelledby=h-observed]").evaluate("each => each.scrollIntoView()")
            self.keep(page, "clinic-filing")
            self._centre(page)
            page.wait_for_selector("#live-check .check-full")
            page.click("[name=send]")
            page.wait_for_url(re.compile(r"/referrals/[^/]+/$"))
            self.address = page.url
            self.keep(page, "clinic-sent")

    def _centre(self, page: Page) -> None:
        """Choose the centre by name: what leaves out the hospital between wants a reason."""
        page.locator("details", has=page.locator("[data-place]")).locator("summary").click()
        page.locator("[data-place]").press_sequentially(CENTRE[:4])
        page.locator("#places label").first.click()
        page.wait_for_selector("[name=skip_reason]")
        page.select_option("[name=skip_reason]", index=1)

    def _known(self, page: Page) -> None:
        """Find somebody known."""
        for text in NAMES if self.language == "zh" else reversed(NAMES):
            page.locator("#whom-q").fill(text)
            found = page.locator("#people [name=patient]")
            with contextlib.suppress(TooLate):
                found.first.wait_for(state="attached", timeout=SHORT)
            if found.count():
                return
        raise LookupError("nobody of the scenario's patients is found")

    def hospital(self) -> None:
        """Accept from the inbox."""
        identifier = self.address.rstrip("/").rsplit("/", 1)[1]
        with self.window(HOSPITAL) as page:
            page.goto("/boxes/inbox/")
            page.wait_for_selector(f"#row-{identifier}")
            self.keep(page, "hospital-inbox")
            page.locator(f"#row-{identifier} [data-accept]").click()
            page.wait_for_selector(".quick details[open] [type=radio]:focus")
            self.keep(page, "hospital-accept")
            page.keyboard.press("Enter")
            page.wait_for_selector("[data-done]")

    def patient(self) -> None:
        """Open the link that the clinic hands out, on a telephone."""
        with self.window(CLINIC) as page:
            page.goto(f"{self.address}patient-link/")
            page.click("button[name=do][value=new]")
            link = page.input_value("#address")
        with self.window(None, PHONE) as page:
            # A patient has no cookie of ours: the page's own link changes its language.
            page.goto(link if self.language == "zh" else f"{link}?language=en")
            self.keep(page, "patient-way")

    def home_again(self) -> None:
        """Arrive, go back down, be received."""
        with self.window(HOSPITAL) as page:
            page.goto(self.address)
            found = re.search(r"ZZ\d{8}-\w+", page.content())
            assert found, "no number on the page of a referral"
            page.goto("/desk/arrivals/")
            page.locator(".look input[type=text], .look input:not([type=hidden])").first.fill(
                found[0]
            )
            page.keyboard.press("Enter")
            page.wait_for_selector(".looked")
            self.keep(page, "hospital-arrivals")
            page.goto(self.address)
            self._press(page, "arrive")
            page.locator("details.move", has=page.locator("form[action$='/return/']")).locator(
                "summary"
            ).click()
            page.select_option("#return_reason_code", "stable_continue")
            page.fill("#return_plan", PLAN)
            page.locator("form[action$='/return/']").evaluate("each => each.scrollIntoView()")
            self.keep(page, "hospital-return")
            page.press("#return_plan", "Control+Enter")
            page.wait_for_selector(".notice-green")
        with self.window(CLINIC) as page:
            page.goto("/")
            self.keep(page, "clinic-today")
            page.goto("/boxes/inbox/")
            # The newest is last among those with equal time.
            page.locator("[data-quick]").last.click()
            page.wait_for_selector(".quick-view")
            self.keep(page, "clinic-returned")
            page.goto(self.address)
            page.locator("a[href*='/episodes/']").first.click()
            page.wait_for_url("**/episodes/**")
            self.keep(page, "episode")

    def _press(self, page: Page, verb: str) -> None:
        """Make a move from the page of the referral, with what its form offers."""
        form = page.locator(f"form[action$='/{verb}/']")
        if not form.is_visible():
            page.locator("details.move", has=form).locator("summary").click()
        form.locator("button[type=submit]").click()
        page.wait_for_selector(".notice-green")

    def manager(self) -> None:
        """Look over the alliance."""
        with self.window(MANAGER) as page:
            page.goto("/alliance/")
            page.wait_for_selector("[data-sankey] svg")
            self.keep(page, "manager-alliance")
            page.locator("a[href*='/alliance/referrals/']").first.click()
            page.wait_for_url("**/alliance/referrals/**")
            self.keep(page, "manager-behind")
            page.goto("/settings/limits/")
            page.locator("a.limit-cell").first.click()
            page.wait_for_url("**/settings/limits/*/*/**")
            page.fill("[name=number]", "1")
            page.fill("[name=source]", NOTICE)
            page.press("[name=source]", "Enter")
            page.wait_for_selector(".preview")
            self.keep(page, "manager-limit")
            page.goto("/settings/criteria/")
            self.keep(page, "manager-criteria")
            page.goto("/settings/")
            self.keep(page, "manager-settings")
