"""The places that every picture, every look for barriers and every width is taken of.

A part of the pages adds a line here for each page it brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.utils import timezone

from referral import links
from referral.models import LinkKind, Referral
from referral.states import Status
from tests.factories import Person, World

if TYPE_CHECKING:
    from playwright.sync_api import Page

LONG: str = "新疆生产建设兵团第十二师一〇四团中心社区卫生服务中心西山分中心预防保健与慢性病管理科"


class Place(NamedTuple):
    """A page as somebody sees it: its name among the pictures, who opens it, and its address."""

    name: str
    person: Person | None
    address: str


@dataclass(frozen=True, slots=True)
class Scenery:
    """What was made for the places to show."""

    submitted: Referral
    draft: Referral
    arrived: Referral
    down: Referral
    token: str


def scenery(world: World) -> Scenery:
    """Make it: a referral in each phase, and a name that is longer than any line."""
    world.clinic.name = LONG
    world.clinic.save(update_fields=["name"])
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
    )


def places(world: World, made: Scenery) -> list[Place]:
    """Return the places in the order of a walk."""
    return [
        Place("sign-in", None, "/sign-in/"),
        Place("tracking", None, f"/t/{made.token}/"),
        Place("tracking-gone", None, "/t/no-such-code/"),
        Place("today-clinic", world.doctor, "/"),
        Place("sent", world.doctor, "/boxes/sent/"),
        Place("draft", world.doctor, f"/referrals/{made.draft.pk}/"),
        Place("search-empty", world.doctor, "/search/"),
        Place("down", world.doctor, f"/referrals/{made.down.pk}/"),
        Place("not-there", world.doctor, "/referrals/00000000-0000-7000-8000-000000000000/"),
        Place("today-hospital", world.office, "/"),
        Place("inbox", world.office, "/boxes/inbox/"),
        Place("submitted", world.office, f"/referrals/{made.submitted.pk}/"),
        Place("arrived", world.office, f"/referrals/{made.arrived.pk}/"),
        Place("episode", world.office, f"/episodes/{made.arrived.episode_id}/"),
        Place("empty-box", world.office, "/boxes/drafts/"),
        Place("all", world.manager, "/boxes/all/"),
        Place("forbidden", world.auditor, "/boxes/inbox/"),
    ]


def open_all(page: Page) -> None:
    """Unfold what can be unfolded, so that it is looked at too."""
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
