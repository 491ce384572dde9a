"""The places of rarer pages: what ends or changes a part of the network, what is asked by its own link, one file.

Each is made with what its page shows, for tests/browser/places.py.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from accounts import factor, scope
from accounts.permissions import Role
from facilities.models import Membership, StaffPost
from insights.actions import exports, volumes
from referral.actions import advising
from referral.models import Referral
from referral.outside_views import COOKIE, PATH
from tests.accounts.test_factor import SECRET, code
from tests.browser.place import Place
from tests.facilities.factories import make_capability, make_department, make_event, make_relation
from tests.factories import World, as_system, make_person
from tests.insights.figures import table
from tests.referral.ordering import make_reader, placed
from tests.referral.test_outside import Sent

if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "Korrekt-Pferd-9"


def further(world: World) -> list[Place]:
    """Return the rarer places in the order of a walk."""
    return [*of_network(world), *of_links(world), *of_entry(world), *of_work(world)]


def of_network(world: World) -> list[Place]:
    """Return what ends or changes a part of the network."""
    keeper, clinic = make_person(world.lead, Role.SYSTEM_ADMIN), world.clinic
    house, alliance = (
        f"/settings/directory/{clinic.pk}",
        f"/settings/alliances/{world.alliance.pk}",
    )
    ward, ecg = make_department(clinic, "08", "全科医疗科"), make_capability(clinic, "ecg")
    bond = make_relation(clinic, world.hospital)
    member = Membership.objects.get(alliance=world.alliance, facility=clinic)
    post = StaffPost.objects.get(user=world.doctor.user)
    criterion = f"/settings/criteria/{world.alliance.pk}/HTN-I1/turned/"
    event = make_event(world.alliance.pk, world.lead)
    return [
        Place("event-end", world.manager, f"/settings/events/{event.pk}/end/"),
        Place("institution-rating", keeper, f"{house}/accreditation/"),
        Place("department", world.chief, f"{house}/departments/{ward.pk}/"),
        Place("needs-of-ward", world.chief, f"/settings/needs/{ward.pk}/"),
        Place("department-add", keeper, f"{house}/departments/add/"),
        Place("relation-end", keeper, f"{house}/relations/{bond.pk}/end/"),
        Place("capability-end", world.chief, f"{house}/capabilities/{ecg.pk}/end/"),
        Place("capability-effect", world.chief, f"{house}/capabilities/ecg/effect/"),
        Place("alliance-edit", world.manager, f"{alliance}/edit/"),
        Place("alliance-lead", keeper, f"{alliance}/lead/"),
        Place("alliance-end", keeper, f"{alliance}/end/"),
        Place("member-end", world.manager, f"{alliance}/members/{member.pk}/end/"),
        Place("post-end", world.chief, f"/settings/staff/{post.pk}/end/"),
        Place("criterion-turned", world.manager, f"{criterion}?turn=lost&mode=off"),
    ]


def of_links(world: World) -> list[Place]:
    """Return what a receiver outside the network sees of a link: its button, the referral, and that it is gone."""
    sealed, opened = (Sent(world, patient=world.make_patient().pk) for _each in range(2))
    cookie = opened.opened().cookies[COOKIE].value
    as_system()
    return [
        Place("outside-enter", None, sealed.address),
        Place("outside", None, PATH, partial(let_in, cookie=cookie)),
        Place("outside-gone", None, opened.address),
    ]


def of_entry(world: World) -> list[Place]:
    """Return what asks who is there: the code of the second factor, the password after a while away."""
    person = make_person(world.clinic, Role.CLINIC_DOCTOR, name="王医生")
    user = person.user
    user.username = "doctor-with-code"
    user.set_password(PASSWORD)
    user.save(update_fields=["username", "password"])
    # Of an hour ago: the code of this moment is still to be used.
    then = timezone.now() - timedelta(hours=1)
    assert factor.confirm(user, SECRET, code(SECRET, then), now=then)
    return [
        Place("sign-in-code", None, "/sign-in/", with_password, "accounts:sign-in-code"),
        Place("locked", make_person(world.clinic, Role.CLINIC_DOCTOR), "/", locked),
    ]


def of_work(world: World) -> list[Place]:
    """Return one order, one list of work, one file, and the referrals behind a number."""
    reader, manager = make_reader(world), world.manager
    order = placed(world)
    waiting = Referral.objects.filter(to_facility=world.hospital).latest("created_at")
    stream = reverse(
        "insights:stream", args=[waiting.from_facility_id, waiting.to_facility_id, "up"]
    )
    now = timezone.now()
    scope.enter(world.chief.actor)
    file = volumes.receive(
        table((world.clinic.code, "outpatient_visits", "2025-09", 1200)).read(),
        by=world.chief.actor,
        name="九月月报.csv",
        kind="volumes",
        is_trial=True,
        now=now,
    )
    scope.enter(manager.actor)
    wanted = exports.ask(
        {"kind": "indicators", "format": "csv"}, by=manager.actor, language="zh-hans", now=now
    )
    as_system()
    return [
        Place("order", reader, f"/orders/{order}/"),
        *of_advice(world),
        Place("work", world.office, "/work/waiting/"),
        Place("together", world.office, "/boxes/inbox/", ticked, "referral:together"),
        Place("figures-file", world.chief, f"/insights/volumes/{file.pk}/"),
        Place(
            "figures-of-region", world.authority, f"/insights/volumes/region/{world.region.code}/"
        ),
        Place("export", manager, f"/insights/exports/{wanted.pk}/"),
        Place("behind-step", manager, "/insights/steps/up-submitted/referrals/"),
        Place("behind-stage", manager, "/insights/stages/answer/referrals/"),
        Place("behind-tiers", manager, "/insights/tiers/1/3/referrals/"),
        Place("behind-stream", manager, stream),
    ]


def of_advice(world: World) -> list[Place]:
    """Return a question to the hospital: the form, the list, and the page of whoever answers."""
    scope.enter(world.doctor.actor)
    asked = advising.ask(
        world.patient.pk,
        by=world.doctor.actor,
        to_facility_id=world.hospital.pk,
        diagnosis="高血压3级",
        question="三药联用两个月，血压仍在 160/100 上下，是否需要上转？" * 4,
    )
    as_system()
    return [
        Place("advice-new", world.doctor, f"/advice/new/{world.patient.pk}/"),
        Place("advices", world.doctor, "/advice/?box=sent"),
        Place("advice", world.office, f"/advice/{asked.pk}/"),
    ]


def let_in(page: Page, *, cookie: str) -> None:
    """Come in as the browser that has opened a link; a link opens once."""
    page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": page.url}])
    page.reload()


def with_password(page: Page) -> None:
    """Say the password, which is half of it."""
    page.fill("[name=username]", "doctor-with-code")
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/sign-in/code/")


def locked(page: Page) -> None:
    """Lock it, as whoever leaves the desk does."""
    if not page.locator("[name=unlock-password]").count():
        page.click("[data-menu] > summary")
        page.click("form[action$='/lock/'] button")
    page.wait_for_selector("[name=unlock-password]")


def ticked(page: Page) -> None:
    """Tick a row and ask to decline it, which asks why."""
    page.locator("[data-pick]").first.check()
    page.click("[name=verb][value=decline]")
    page.wait_for_url("**/together/")
