"""Who may open and send which page: every address with its methods, one column for each actor.

d clinic doctor, m clinic manager (both at the sender), h hospital doctor, o referral office,
i integrator (at the receiver), a alliance manager (at the lead), u auditor, s doctor of a stranger,
g health authority of their region, n nobody. The referral is submitted and well-formed words are sent.

    +  done or shown     -  403     .  404     c  409     u  422     >  asked to sign in
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.permissions import Role
from referral.models import Referral
from referral.states import Status
from tests.factories import Person, World, as_system, make_person
from tests.keeping import kept
from tests.pages import endpoints, institutions, orders
from tests.pages.conftest import browser_of
from tests.pages.rules import RULED, ruled
from tests.pages.test_exchange import attached
from tests.pages.test_moves import picked
from tests.security.matrix import SECRET
from tests.security.routes import routes

ACTORS: Final = "dmhoiausgn"
TABLE: Final = """
# address                   method dmhoiausgn
facilities:switch-post      POST   +++++++++>
facilities:settings         GET    +++++++++>
facilities:webhooks         GET    -+-++---->
facilities:webhooks         POST   -+-++---->
facilities:webhook          GET    -.-++---->
facilities:webhook          POST   -.-++---->
facilities:webhook-deed     GET    -.-++---->
facilities:webhook-deed     POST   -.-++---->
facilities:undelivered      GET    ++++++-+->
facilities:undelivered-done POST   ......-.->
accounts:account            GET    +++++++++>
accounts:lock               POST   +++++++++>
accounts:password           GET    +++++++++>
accounts:password           POST   uuuuuuuuu>
accounts:second-factor      GET    +++++++++>
accounts:second-factor      POST   uuuuuuuuu>
accounts:later              POST   +++++++++>
accounts:recovery-codes     POST   .........>
accounts:end-session        POST   .........>
accounts:end-others         POST   +++++++++>
accounts:link-identity      POST   .........>
accounts:unlink-identity    POST   .........>
accounts:name-identity      POST   --------->
accounts:access             GET    --------->
accounts:administer         POST   --------->
referral:trail              GET    ------+-->
referral:trail              POST   ------+-->
referral:trail-check        POST   ------+-->
referral:trail-export       POST   ------+-->
referral:today              GET    +++++++++>
referral:work               GET    +-+++--+->
referral:box                GET    ++++++-+->
referral:search             GET    ++++++-+->
referral:search             POST   ++++++-+->
referral:counters           GET    ++++++-+->
referral:arrivals           GET    +-+++--+->
referral:arrivals           POST   +-+++--+->
referral:ready              GET    +-+++--+->
referral:stay               GET    +-+++--+->
referral:stay               POST   --ccc--.->
referral:together           GET    +-+++--+->
referral:together           POST   +-+++--+->
referral:alliance           GET    -----+--->
referral:under-way          GET    -----+--->
insights:dashboard          GET    ++++++-++>
insights:indicator          GET    ++++++-++>
insights:rows               GET    ++++++-+->
insights:forecast           GET    ++++++-+->
insights:forecast           POST   ++++++-+->
insights:what-ifs           GET    ++++++-+->
insights:what-ifs           POST   uuuuuu-u->
insights:what-if            GET    ......-.->
insights:what-if-repeat     POST   ......-.->
insights:demand             GET    +++++.-+->
insights:what-if-base       GET    ......-.->
insights:step               GET    ++++++-+->
insights:stage              GET    ++++++-+->
insights:edge               GET    ++++++-+->
insights:stream             GET    ++++++-+->
insights:stuck              GET    ++++++-+->
insights:courses            GET    ++++++-++>
insights:members            GET    ++++++-++>
insights:exports            GET    ++++++-++>
insights:exports            POST   ++++++-++>
insights:export             GET    ......-..>
insights:export-file        GET    ......-..>
referral:limits             GET    -----+--->
referral:limit              GET    -----+--->
referral:limit              POST   -----+--->
referral:automatic          GET    -----+--->
referral:automatic          POST   -----+--->
referral:withdraw-rule      GET    -----+--->
referral:withdraw-rule      POST   -----.--->
referral:criteria           GET    -----+--->
referral:criterion          GET    -----+--->
referral:criterion          POST   -----+--->
referral:criterion-turned   GET    -----+--->
referral:withdraw-criterion GET    -----+--->
referral:withdraw-criterion POST   -----.--->
referral:messages           GET    -----+--->
referral:message            GET    -----+--->
referral:message            POST   -----+--->
referral:withdraw-message   GET    -----+--->
referral:withdraw-message   POST   -----.--->
referral:file               GET    +-+++--+->
referral:file               POST   +-+++--+->
referral:file-person        GET    +-+++--+->
referral:file-person        POST   +-+++--+->
referral:file-diagnoses     POST   +-+++--+->
referral:file-places        POST   +-+++--+->
referral:edit               GET    +-+++--.->
referral:edit               POST   +------.->
referral:seat               GET    +------.->
referral:seat               POST   +------.->
referral:resend             POST   +------.->
referral:referral           GET    ++++++-.->
referral:episode            GET    ++++++-.->
referral:slip               GET    c-ccc--.->
referral:consent-form       GET    +-+++--.->
referral:patient-link       GET    +-+++--.->
referral:patient-link       POST   +-+++--.->
referral:feedback           GET    -+-+----->
referral:hide-feedback      POST   -+-+----->
referral:submit             GET    ++++++-.->
referral:submit             POST   c------.->
referral:request-review     GET    ++++++-.->
referral:request-review     POST   c------.->
referral:approve            GET    ++++++-.->
referral:approve            POST   -c-----.->
referral:send-back          GET    ++++++-.->
referral:send-back          POST   -c-----.->
referral:open               GET    ++++++-.->
referral:open               POST   --+++--.->
referral:ask-information    GET    ++++++-.->
referral:ask-information    POST   --+++--.->
referral:answer             GET    ++++++-.->
referral:answer             POST   c------.->
referral:accept             GET    ++++++-.->
referral:accept             POST   --+++--.->
referral:acknowledge        GET    ++++++-.->
referral:acknowledge        POST   --ccc--.->
referral:decline            GET    ++++++-.->
referral:decline            POST   --+++--.->
referral:redirect           GET    ++++++-.->
referral:redirect           POST   --++++-.->
referral:schedule           GET    ++++++-.->
referral:schedule           POST   --ccc--.->
referral:reschedule         GET    ++++++-.->
referral:reschedule         POST   --ccc--.->
referral:put-off            GET    ++++++-.->
referral:put-off            POST   c-ccc--.->
referral:arrive             GET    ++++++-.->
referral:arrive             POST   --ccc--.->
referral:record-no-show     GET    ++++++-.->
referral:record-no-show     POST   --ccc--.->
referral:complete           GET    ++++++-.->
referral:complete           POST   --ccc--.->
referral:cancel             GET    ++++++-.->
referral:cancel             POST   +------.->
referral:expire             GET    ++++++-.->
referral:expire             POST   -----c-.->
referral:void               GET    ++++++-.->
referral:void               POST   +------.->
referral:return             GET    ++++++-.->
referral:return             POST   --ccc--.->
referral:refer-again        GET    ++++++-.->
referral:refer-again        POST   --ccc--.->
referral:record-follow-up   GET    ++++++-.->
referral:record-follow-up   POST   --ccc--.->
referral:send-message       GET    ++++++-.->
referral:send-message       POST   +-+++--.->
referral:mark-read          GET    ++++++-.->
referral:mark-read          POST   u-uuu--.->
referral:attachment         GET    +-+++--.->
referral:document           GET    ++++++-.->
referral:document           POST   c------.->
"""
# Pages that are about no single referral.
ALONE: Final = {
    f"referral:{name}"
    for name in (
        *("trail", "trail-check", "trail-export", "advices"),
        *("today", "feedback", "orders", "search", "counters", "arrivals", "ready", "together"),
        *(
            "limits",
            "criteria",
            "messages",
            "alliance",
            "under-way",
            "file",
            "file-person",
            "file-diagnoses",
            "file-places",
        ),
    )
}
# Addresses of others: the REST door has a matrix of its own, Django guards its administration.
ELSEWHERE: Final = ("api/", "admin/")
# Open to everybody, held by test_sign_in.py, test_lock.py and the tests of config; or opened by a secret alone.
OPEN: Final = {
    "healthz",
    "readyz",
    "set_language",
    "appearance",
    "accounts:sign-in",
    "accounts:sign-in-code",
    "accounts:to-provider",
    "accounts:provider-back",
    "accounts:sign-out",
    "accounts:unlock",
    *SECRET,
}


def rows() -> dict[tuple[str, str], str]:
    """Return the signs by address and method."""
    table = f"{TABLE}{institutions.TABLE}{orders.TABLE}"
    lines = [line.split() for line in table.splitlines() if line and not line.startswith("#")]
    return {(name, method): signs for name, method, signs in lines}


def test_every_page_has_a_row() -> None:
    wanted = {
        (route.name, method)
        for route in routes()
        if not route.template.startswith(ELSEWHERE) and route.name not in OPEN
        for method in route.methods
    }
    assert wanted == set(rows())


def words(world: World, name: str, referral: Referral) -> dict[str, Any]:
    """Return well-formed words for every form at once; each takes its own."""
    if name == "insights:exports":
        return {"kind": "indicators", "format": "csv"}
    return {
        **institutions.WORDS,
        "version": referral.version,
        "note": "说明",
        "reason": {
            "referral:cancel": "duplicate",
            "referral:stay": "other_stay",
            "referral:put-off": "other_time",
        }.get(name, "capacity"),
        "scheduled_for": picked(),
        "to_facility_id": str(world.lead.pk),
        "outcome": "improved",
        "no_return_reason": "recovered",
        "reason_code": "other",
        "urgency": "2",
        "plan": "随访",
        "method": "phone",
        "findings": "平稳",
        "text": "请电话联系",
        "up_to": str(referral.pk),
        "pick": f"{referral.pk}:{referral.version}",
        "verb": "open",
        "q": "欧阳",
        "blank": "1",
        **orders.words(world),
        **RULED,
        "starts": str(timezone.localdate() + timedelta(days=1)),
        **endpoints.WORDS,
    }


NUMBERS: Final[dict[str, list[Any]]] = {
    "insights:indicator": ["acceptance-rate"],
    "insights:rows": ["acceptance-rate"],
    "insights:what-if": [UUID(int=0)],
    "insights:what-if-repeat": [UUID(int=0)],
    "insights:demand": ["all"],
    "insights:what-if-base": [UUID(int=0), UUID(int=0)],
    "insights:step": ["up-submitted"],
    "insights:stage": ["answer"],
    "insights:edge": [1, 3],
    "insights:export": [uuid4()],
    "insights:export-file": [uuid4()],
}
LISTS: Final = {"referral:box": "inbox", "referral:work": "waiting"}


def address(name: str, referral: Referral) -> str:
    """Return the address of a page about the referral."""
    if found := ruled(name, referral.alliance_id):
        return found
    arguments = {**institutions.ARGUMENTS, **endpoints.ARGUMENTS, **orders.ARGUMENTS}
    if name in arguments:
        return reverse(name, args=arguments[name](referral))
    if name in NUMBERS:
        return reverse(name, args=NUMBERS[name])
    if name == "insights:stream":
        return reverse(name, args=[referral.from_facility_id, referral.to_facility_id, "up"])
    if name in LISTS:
        return reverse(name, args=[LISTS[name]])
    if name == "referral:episode":
        return reverse(name, args=[referral.episode_id])
    if name == "referral:attachment":
        return reverse(name, args=[referral.pk, attached(referral).pk])
    about = name.startswith("referral:") and name not in ALONE
    return reverse(name, args=[referral.pk] if about else [])


def sign(answer: Any) -> str:
    """Return the sign of an answer; a download is read to its end, which closes its file."""
    if answer.streaming:
        b"".join(answer.streaming_content)
    if answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/"):
        return ">"
    signs = {200: "+", 302: "+", 403: "-", 404: ".", 409: "c", 422: "u"}
    return signs.get(answer.status_code, str(answer.status_code))


def people(world: World) -> dict[str, Person | None]:
    """Return one person for each sign of the heading."""
    return {
        "d": world.doctor,
        "m": world.chief,
        "h": make_person(world.hospital, Role.HOSPITAL_DOCTOR),
        "o": world.office,
        "i": make_person(world.hospital, Role.INTEGRATOR),
        "a": world.manager,
        "u": world.auditor,
        "s": world.stranger,
        "g": world.authority,
        "n": None,
    }


@dataclass(frozen=True)
class Stage:
    """One submitted referral, everybody who may come by, and the cookie of each who has signed in."""

    world: World
    referral: Referral
    people: dict[str, Person | None]
    cookies: dict[str, str]

    def browser(self, actor: str) -> Client:
        """Return a browser that knows nothing but that somebody has signed in."""
        client = Client()
        if actor in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[actor]
        return client


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """One world for all rows: each cell puts back what it changes."""
    with kept(django_db_blocker):
        world = World()
        referral, everybody = world.at(Status.SUBMITTED), people(world)
        browsers = {actor: browser_of(person) for actor, person in everybody.items() if person}
        name = settings.SESSION_COOKIE_NAME
        cookies = {actor: each.client.cookies[name].value for actor, each in browsers.items()}
        as_system()
        connection.check_constraints()
        yield Stage(world, referral, everybody, cookies)


def answer_to(stage: Stage, actor: str, name: str, method: str) -> str:
    """Return the sign of a request that is undone at once, and with it the scope that it has set."""
    browser, referral = stage.browser(actor), stage.referral
    with transaction.atomic():
        if method == "GET":
            answer = browser.get(address(name, referral))
        else:
            said = words(stage.world, name, referral)
            person = stage.people[actor]
            if name == "facilities:switch-post" and person:
                said = {"facility": str(person.facility.pk)}
            answer = browser.post(address(name, referral), said)
        found = sign(answer)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(("name", "method"), rows())
def test_a_page_answers_each_actor_as_the_table_says(stage: Stage, name: str, method: str) -> None:
    found = "".join(answer_to(stage, actor, name, method) for actor in ACTORS)
    assert found == rows()[name, method]
