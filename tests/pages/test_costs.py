"""What each page costs: its SQL statements are pinned, and do not grow with what the page shows."""

from typing import Final

from django.db import connection
from django.test.utils import CaptureQueriesContext

from referral import clocks
from referral.criteria import held
from tests.browser.place import Place
from tests.browser.places import places, scenery
from tests.factories import World, as_system
from tests.pages.conftest import browser_of
from tests.referral.many import copies

# Savepoints and what frames the request are counted, as elsewhere; what is kept for some seconds is kept already.
PINNED: Final[dict[str, int]] = {
    "sign-in": 0,
    "tracking": 11,
    "tracking-gone": 5,
    "today-clinic": 14,
    "sent": 12,
    "draft": 17,
    "filing": 11,
    "filing-draft": 23,
    "account": 9,
    "new-password": 7,
    "second-factor": 8,
    "filing-person": 7,
    "search-empty": 7,
    "down": 18,
    "not-there": 12,
    "today-hospital": 14,
    "inbox": 12,
    "arrivals": 10,
    "ready": 10,
    "deputies": 9,
    "orders": 9,
    "order-new": 16,
    "feedback": 9,
    "submitted": 29,
    "arrived": 21,
    "episode": 13,
    "empty-box": 10,
    "all": 11,
    "alliance": 11,
    "alliance-late": 11,
    "rates": 40,
    "rates-of-clinic": 40,
    "rates-of-region": 48,
    "rate": 46,
    "rate-rows": 12,
    "rates-refused": 7,
    "rate-courses": 14,
    "rate-members": 29,
    "stuck": 10,
    "exports": 8,
    "forecast": 11,
    "forecast-drawn": 10,
    "capitation": 15,
    "agreement": 12,
    "statements": 11,
    "statement": 10,
    "what-ifs": 15,
    "what-if": 9,
    "what-if-base": 14,
    "demand": 12,
    "settings": 7,
    "trail": 17,
    "trail-empty": 15,
    "webhooks": 8,
    "webhook": 10,
    "undelivered": 9,
    "limits": 11,
    "limit": 11,
    "automatic": 10,
    "directory": 10,
    "institution": 19,
    "institution-new": 7,
    "alliances": 9,
    "alliance-members": 11,
    "alliance-new": 7,
    "member-add": 8,
    "relation-add": 9,
    "events": 9,
    "event-new": 8,
    "seat": 14,
    "needs": 10,
    "needs-set": 9,
    "capacity": 10,
    "capacity-plan": 8,
    "capacity-session": 9,
    "import": 7,
    "staff": 10,
    "post-give": 8,
    "roles": 7,
    "legs": 12,
    "capability-add": 11,
    "institution-edit": 10,
    "criteria": 9,
    "criterion": 9,
    "messages": 9,
    "volumes": 11,
    "equity": 8,
    "figures": 9,
    "forbidden": 7,
    "access": 11,
    "event-end": 9,
    "institution-rating": 10,
    "department": 11,
    "needs-of-ward": 10,
    "department-add": 9,
    "relation-end": 10,
    "capability-end": 11,
    "capability-effect": 14,
    "alliance-edit": 9,
    "alliance-lead": 8,
    "alliance-end": 8,
    "member-end": 10,
    "post-end": 8,
    "criterion-turned": 12,
    "outside-enter": 9,
    "outside-gone": 5,
    "order": 12,
    "advice-new": 10,
    "advices": 10,
    "advice": 10,
    "work": 11,
    "figures-file": 8,
    "figures-of-region": 9,
    "export": 8,
    "behind-step": 14,
    "behind-stage": 14,
    "behind-tiers": 14,
    "behind-stream": 15,
}
MANY: Final = 60


def cost(place: Place) -> int:
    """Return how many statements a page takes that was opened before."""
    browser = browser_of(place.person)
    # What is kept for some seconds is read by the first opening, so that it does not grow old in the second.
    clocks.forget()
    held.forget()
    browser.get(place.address)
    with CaptureQueriesContext(connection) as asked:
        browser.client.get(place.address)
    as_system()
    return len(asked)


def costs(walk: list[Place]) -> dict[str, int]:
    """Return the cost of each place that is reached by its address alone."""
    return {place.name: cost(place) for place in walk if place.then is None}


def test_no_page_costs_more_than_is_pinned_or_asks_for_each_row(world: World) -> None:
    """A page of a day or a week takes fewer when nothing falls into it."""
    made = scenery(world)
    walk = places(world, made)
    few = costs(walk)
    assert few.keys() == PINNED.keys()
    dear = {name: (took, PINNED[name]) for name, took in few.items() if took > PINNED[name]}
    copies(made.submitted, MANY, submitted_at="now() - n * interval '1 hour'")
    copies(made.arrived, MANY, number="'YY-' || n")
    copies(made.draft, MANY, number="'XX-' || n")
    many = costs(walk)
    growing = {name: (few[name], many[name]) for name in few if many[name] > few[name]}
    assert (dear, growing) == ({}, {})
