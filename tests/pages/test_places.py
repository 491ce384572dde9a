"""Every page that a person can reach by an address is among the places that are looked at."""

from typing import Any, Final

from django.test import Client
from django.urls import resolve

from tests.browser.place import Place
from tests.browser.places import places, scenery
from tests.factories import World
from tests.pages.conftest import browser_of
from tests.security.routes import Route, routes

# Addresses for machines; what they answer is no page.
MACHINES: Final = ("api/v1/",)
# Answers that are no page of ours, and why nobody has to look at them for barriers.
LEAD_ON: Final = "leads on, so that nobody who reloads after a form is lost"
FILE: Final = "answers a file, which a program of its own shows"
NO_PAGE: Final[dict[str, str]] = {
    "healthz": "for machines that watch the server",
    "readyz": "for machines that watch the server",
    "schema": "the document of the REST door, for programs",
    "docs": "another project's page; tests/browser/test_policy.py opens it",
    "set_language": "takes forms only, and leads back",
    "appearance": "takes forms only, and leads back",
    "accounts:sign-out": "takes forms only",
    "accounts:to-provider": "leads to the provider of an organisation",
    "accounts:provider-back": "leads on from the provider of an organisation, or back to the sign-in",
    "accounts:unlock": LEAD_ON,
    "facilities:webhook-deed": LEAD_ON,
    "facilities:carry-out": LEAD_ON,
    "facilities:import-template": FILE,
    "insights:volumes-template": FILE,
    "insights:export-file": FILE,
    "referral:slip": FILE,
    "referral:consent-form": FILE,
    "referral:attachment": FILE,
    "referral:order-document": FILE,
    "referral:counters": "numbers for the script that keeps them fresh",
    "referral:outside-move": LEAD_ON,
    "referral:stay": LEAD_ON,
    **{
        f"referral:{name}": LEAD_ON
        for name in (
            *("withdraw-rule", "withdraw-criterion", "withdraw-message"),
            *("order-receive", "order-report", "order-file", "order-cancel"),
            *("advice-answer", "advice-convert", "advice-avoid", "advice-withdraw"),
        )
    },
}
# Django's own pages for operators: its own tests hold them, and test_policy.py opens one under our policy.
ADMINISTRATION: Final = "admin/"


def pages() -> dict[str, Route]:
    """Return the addresses that answer a person's GET, by name; what makes a move only leads back from GET."""
    return {
        route.name: route
        for route in routes()
        if "GET" in route.methods
        and not route.template.startswith((*MACHINES, ADMINISTRATION))
        and route.view.__name__ != "Move"
    }


def shown(place: Place) -> str:
    """Return the name of the page that somebody sees at a place."""
    return place.shows or resolve(place.address.split("?")[0]).view_name


def test_every_page_is_a_place_that_is_looked_at(world: World) -> None:
    walk = places(world, scenery(world))
    looked_at = {shown(place) for place in walk}
    known = set(pages())
    assert known - looked_at - set(NO_PAGE) == set(), "nobody looks at these"
    assert set(NO_PAGE) - known == set(), "these are no addresses"
    assert set(NO_PAGE) & looked_at == set(), "these are looked at, and need no excuse"
    assert looked_at <= known | {"referral:together"}, "no such pages"
    names = [place.name for place in walk]
    assert len(set(names)) == len(names)


def test_places_answer_as_pages_and_what_is_excused_does_not(world: World) -> None:
    """A place without a page, or an excuse for a page, would hide what nobody has looked at."""
    for place in places(world, scenery(world)):
        answer: Any = browser_of(place.person).get(place.address)
        assert answer.status_code in {200, 400, 403, 404}, (place.name, answer.status_code)
        assert b"<!doctype html>" in answer.content[:200].lower(), place.name
    assert Client().get("/i18n/setlang/").status_code == 302
    for name in ("/appearance/", "/sign-out/"):
        assert Client().get(name).status_code == 405
