"""The places that every picture, every look for barriers and every width is taken of.

A part of the pages adds a line here for each page it brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from accounts.permissions import Role
from facilities.models import Pool
from notifications.models import (
    Attempt,
    AttemptResult,
    DeliveryTask,
    MessageState,
    OutboxMessage,
    Side,
    TaskReason,
)
from referral import links
from referral.models import LinkKind, Referral
from referral.states import Status
from tests.browser.further_places import further
from tests.browser.place import Place
from tests.factories import World, make_person
from tests.insights.ahead import base_of, capitation_of, forecast_of, tried_by
from tests.notifications.helpers import subscribe
from tests.referral.pools import make_pool

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG: str = "新疆生产建设兵团第十二师一〇四团中心社区卫生服务中心西山分中心预防保健与慢性病管理科"
LONG_HOSPITAL: str = "新疆维吾尔自治区第六人民医院暨新疆维吾尔自治区骨科医院与职业病防治中心"


@dataclass(frozen=True, slots=True)
class Scenery:
    """What was made for the places to show."""

    submitted: Referral
    draft: Referral
    arrived: Referral
    down: Referral
    token: str
    webhook: UUID
    session: Pool


def scenery(world: World) -> Scenery:
    """Make it: a referral in each phase, and a name that is longer than any line."""
    long_names(world)
    arrived = world.at(Status.ARRIVED)
    down = world.returning(Status.ARRIVED)
    scheduled = world.at(Status.SCHEDULED)
    token = links.make(
        scheduled,
        LinkKind.PATIENT,
        by=world.doctor.actor,
        now=timezone.now(),
        purpose="sender_slip",
    )
    return Scenery(
        submitted=world.at(Status.SUBMITTED, reason="反复胸痛三天，休息时也有。" * 12),
        draft=world.draft(),
        arrived=arrived,
        down=down,
        token=token,
        webhook=watched(world),
        session=make_pool(world.hospital, starts_at=timezone.now() + timedelta(hours=2), places=20),
    )


def long_names(world: World) -> None:
    """Give institutions, their alliance and people names that are longer than any line."""
    for house, name in ((world.clinic, LONG), (world.hospital, LONG_HOSPITAL)):
        house.name = name
        house.save(update_fields=["name"])
    world.alliance.name = f"{LONG_HOSPITAL}紧密型城市医疗集团"
    world.alliance.save(update_fields=["name"])
    for person in (world.doctor, world.office):
        person.user.full_name = "阿卜杜热合曼·买买提吐尔逊·阿卜力米提"
        person.user.save(update_fields=["full_name"])


def watched(world: World) -> UUID:
    """Make an address of the hospital with a message that was given up, which both ends are asked to see to."""
    row = subscribe(world.hospital.pk, f"https://his.example/{'hook/' * 30}", requires_ack=True)
    referral = world.at(Status.SUBMITTED)
    message = OutboxMessage.objects.get(subscription=row, subject=referral.pk)
    message.state, message.attempts = MessageState.DEAD, 1
    message.save(update_fields=["state", "attempts"])
    Attempt.objects.create(
        message_id=message.pk,
        number=1,
        result=AttemptResult.FAILED,
        code="redirect",
        status=302,
        milliseconds=81,
    )
    DeliveryTask.objects.create(
        message=message,
        holder_id=world.clinic.pk,
        side=Side.ORIGIN,
        reason=TaskReason.UNACKNOWLEDGED,
    )
    return row.pk


def places(world: World, made: Scenery) -> list[Place]:
    """Return the places in the order of a walk."""
    limits = f"/settings/limits/{world.alliance.pk}"
    criteria = f"/settings/criteria/{world.alliance.pk}"
    keeper = make_person(world.lead, Role.SYSTEM_ADMIN)
    return [
        Place("sign-in", None, "/sign-in/"),
        Place("tracking", None, f"/t/{made.token}/"),
        Place("tracking-known", None, f"/t/{made.token}/", year_said),
        Place("tracking-gone", None, "/t/no-such-code/"),
        Place("today-clinic", world.doctor, "/"),
        Place("sent", world.doctor, "/boxes/sent/"),
        Place("draft", world.doctor, f"/referrals/{made.draft.pk}/"),
        Place("filing", world.doctor, "/file/"),
        Place("filing-draft", world.doctor, f"/referrals/{made.draft.pk}/edit/"),
        Place("account", world.doctor, "/account/"),
        Place("new-password", world.doctor, "/account/password/"),
        Place("second-factor", world.doctor, "/account/second-factor/"),
        Place("filing-person", world.doctor, "/file/person/"),
        Place("search-empty", world.doctor, "/search/"),
        Place("search-found", world.doctor, "/search/", searched),
        Place("down", world.doctor, f"/referrals/{made.down.pk}/"),
        Place("not-there", world.doctor, "/referrals/00000000-0000-7000-8000-000000000000/"),
        Place("today-hospital", world.office, "/"),
        Place("menu", world.office, "/", lambda page: page.click("[data-menu] > summary")),
        Place("keys", world.office, "/", lambda page: page.keyboard.press("?")),
        Place("inbox", world.office, "/boxes/inbox/"),
        Place("quick-view", world.office, "/boxes/inbox/", opened),
        Place("arrivals", world.office, "/desk/arrivals/"),
        Place("ready", world.office, "/desk/ready/"),
        Place("patient-link", world.office, f"/referrals/{made.arrived.pk}/patient-link/", handed),
        Place("deputies", world.doctor, "/deputies/"),
        Place("orders", world.office, "/orders/"),
        Place("order-new", world.doctor, f"/referrals/{made.submitted.pk}/order/?item=ct_chest"),
        Place("feedback", world.office, "/settings/feedback/"),
        Place("submitted", world.office, f"/referrals/{made.submitted.pk}/"),
        Place("refused", world.office, f"/referrals/{made.submitted.pk}/", declined_without_reason),
        Place("arrived", world.office, f"/referrals/{made.arrived.pk}/"),
        Place("episode", world.office, f"/episodes/{made.arrived.episode_id}/"),
        Place("empty-box", world.office, "/boxes/drafts/"),
        Place("all", world.manager, "/boxes/all/"),
        Place("alliance", world.manager, "/alliance/"),
        Place("alliance-late", world.manager, "/alliance/referrals/?late=1"),
        Place("rates", world.manager, "/insights/"),
        Place("rates-of-clinic", world.doctor, "/insights/?period=2026"),
        Place("rates-of-region", world.authority, "/insights/"),
        Place("rate", world.manager, "/insights/acceptance-rate/?by=receiver"),
        Place("rate-rows", world.office, "/insights/acceptance-rate/referrals/"),
        Place("rate-courses", world.manager, "/insights/course/"),
        Place("rate-members", world.manager, "/insights/members/"),
        Place("stuck", world.office, "/insights/stuck/"),
        Place("exports", world.office, "/insights/exports/"),
        Place("rates-refused", world.manager, "/insights/?period=2026-13"),
        Place("forecast", world.manager, "/insights/forecast/"),
        Place("forecast-drawn", world.office, forecast_of(world)),
        Place("capitation", world.manager, capitation_of(world)),
        Place("statements", world.manager, "/insights/statements/?year=2025"),
        Place(
            "statement",
            world.manager,
            f"/insights/statements/{world.alliance.pk}/2025/unified-resources/",
        ),
        Place("agreement", world.manager, f"/insights/capitation/{world.alliance.pk}/agreement/"),
        Place("what-ifs", world.manager, "/insights/what-if/"),
        Place("demand", world.office, "/insights/forecast/all/referrals/"),
        Place("what-if", world.office, run := tried_by(world)),
        Place("what-if-base", world.office, base_of(run)),
        Place("settings", world.manager, "/settings/"),
        Place("trail", world.auditor, "/settings/audit/"),
        Place("trail-empty", world.auditor, "/settings/audit/?act=orders"),
        Place("webhooks", world.office, "/settings/webhooks/"),
        Place("webhook", world.office, f"/settings/webhooks/{made.webhook}/"),
        Place("webhook-secret", world.office, f"/settings/webhooks/{made.webhook}/", new_secret),
        Place("undelivered", world.doctor, "/settings/undelivered/"),
        Place("limits", world.manager, "/settings/limits/"),
        Place("limit", world.manager, f"{limits}/answer/urgent/up/"),
        Place("limit-preview", world.manager, f"{limits}/answer/urgent/up/", looked_at),
        Place("automatic", world.manager, f"{limits}/automatic/answer/"),
        Place("directory", world.manager, "/settings/directory/"),
        Place("institution", world.manager, f"/settings/directory/{world.clinic.pk}/"),
        Place("institution-new", keeper, "/settings/directory/new/"),
        Place("alliances", world.manager, "/settings/alliances/"),
        Place("alliance-members", world.manager, f"/settings/alliances/{world.alliance.pk}/"),
        Place("alliance-new", keeper, "/settings/alliances/new/"),
        Place("member-add", keeper, f"/settings/alliances/{world.alliance.pk}/members/add/"),
        Place("relation-add", keeper, f"/settings/directory/{world.clinic.pk}/relations/add/"),
        Place("events", world.manager, "/settings/events/"),
        Place("event-new", world.manager, "/settings/events/new/"),
        Place("seat", world.doctor, f"/referrals/{made.draft.pk}/seat/"),
        Place("needs", world.office, "/settings/needs/"),
        Place("needs-set", world.office, "/settings/needs/all/"),
        Place("capacity", world.office, f"/settings/capacity/?of={made.session.department_id}"),
        Place("capacity-plan", world.office, "/settings/capacity/plan/?kind=bed"),
        Place("capacity-session", world.office, f"/settings/capacity/{made.session.pk}/"),
        Place("import", keeper, "/settings/import/"),
        Place("staff", world.chief, "/settings/staff/"),
        Place("post-give", world.chief, "/settings/staff/give/"),
        Place("roles", world.chief, "/settings/staff/roles/"),
        Place("legs", world.chief, f"/settings/staff/{world.doctor.user.pk}/legs/"),
        Place(
            "capability-add",
            world.office,
            f"/settings/directory/{world.hospital.pk}/capabilities/add/?code=pci",
        ),
        Place("institution-edit", world.chief, f"/settings/directory/{world.clinic.pk}/edit/"),
        Place("criteria", world.manager, "/settings/criteria/?disease=hypertension"),
        Place("criterion", world.manager, f"{criteria}/HTN-F5/"),
        Place("criterion-preview", world.manager, f"{criteria}/HTN-I1/", switched_off),
        Place("messages", world.manager, "/settings/messages/"),
        Place("message", world.manager, f"/settings/messages/{world.alliance.pk}/N001/", read),
        Place("volumes", world.manager, "/insights/volumes/"),
        Place("equity", world.manager, "/insights/equity/"),
        Place("figures", world.chief, f"/insights/volumes/facility/{world.clinic.pk}/"),
        Place("forbidden", world.auditor, "/boxes/inbox/"),
        Place("access", make_person(world.clinic, Role.SECURITY_ADMIN), "/access/"),
        *further(world),
    ]


def searched(page: Page) -> None:
    """Look for everybody whose name begins so."""
    page.fill("#q", "欧阳")
    page.press("#q", "Enter")
    page.wait_for_selector("section")


def looked_at(page: Page) -> None:
    """Ask what a new limit would do."""
    page.fill("[name=number]", "1")
    page.fill("[name=source]", "医联体2026年第3号通知")
    page.click("form:has([name=number]) button")
    page.wait_for_selector(".preview")


def new_secret(page: Page) -> None:
    """Ask for a new secret, and see it."""
    page.click("details:has(form[action$='/rotate/']) > summary")
    page.click("form[action$='/rotate/'] button")
    page.wait_for_selector(".secret")


def handed(page: Page) -> None:
    """Make a new link."""
    page.click("[value=new]")
    page.wait_for_selector("#made")


def year_said(page: Page) -> None:
    """Say the patient's year of birth, and unfold why somebody cannot come."""
    page.fill("#year", "1961")
    page.press("#year", "Enter")
    page.click("summary")


def read(page: Page) -> None:
    """See a message as it would be read."""
    page.click("form:has([name=zh]) button")
    page.wait_for_selector(".preview")


def switched_off(page: Page) -> None:
    """Ask what it would do to switch a rule off."""
    page.check("[name=mode][value=off]")
    page.fill("[name=reason]", "本地试点")
    page.fill("[name=source]", "医联体2026年第5号通知")
    page.click("form:has([name=mode]) button")
    page.wait_for_selector(".preview")


def opened(page: Page) -> None:
    """Open the first row beside the list."""
    page.click("[data-quick]")
    page.wait_for_selector(".quick-view")


def declined_without_reason(page: Page) -> None:
    """Send a form that lacks what it must have, past the browser's own check."""
    form = page.locator("form[action$='/decline/']")
    form.evaluate("each => { each.noValidate = true; each.requestSubmit(); }")
    page.wait_for_selector("[aria-invalid=true]")
