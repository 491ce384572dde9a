"""The picture of an alliance: every number leads to the very referrals that it counts."""

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from facilities.vocabulary import AllianceForm
from referral.models import Referral
from referral.states import Status
from tests.facilities.factories import make_alliance
from tests.factories import World, as_system
from tests.pages.conftest import browser_of, text_of


def numbers(page: str) -> list[tuple[str, int]]:
    """Return every number of the page that is a link, with its address."""
    found = re.findall(r'href="(/alliance/referrals/[^"]*)"[^>]*>(.*?)</a>', page, re.DOTALL)
    counted = [
        (address.replace("&amp;", "&"), re.sub(r"<[^>]+>", " ", text)) for address, text in found
    ]
    return [(address, int(re.search(r"\d+", text)[0])) for address, text in counted]  # type: ignore[index]


def listed(world: World, address: str) -> int:
    page: str = browser_of(world.manager).get(address).content.decode()
    return page.count('class="row-link"')


def late(referral: Referral) -> None:
    """Let a referral wait for a month."""
    long_ago = timezone.now() - timedelta(days=30)
    Referral.objects.filter(pk=referral.pk).update(submitted_at=long_ago, created_at=long_ago)


def test_each_number_is_that_of_the_list_behind_it(world: World) -> None:
    for status in (Status.SUBMITTED, Status.SUBMITTED, Status.ACCEPTED, Status.DECLINED):
        world.at(status)
    late(world.at(Status.SUBMITTED))
    world.returning()
    page = browser_of(world.manager).get("/alliance/").content.decode()
    found = numbers(page)
    assert len(found) >= 6
    for address, number in found:
        assert listed(world, address) == number, address
    assert dict(found)["/alliance/referrals/"] == 6
    assert dict(found)["/alliance/referrals/?late=1"] == 1


def test_the_tree_names_members_and_who_leads(world: World) -> None:
    nested = make_alliance(world.hospital, world.sister, form=AllianceForm.COUNTY_COMMUNITY)
    nested.parent = world.alliance
    nested.save()
    shown = text_of(browser_of(world.manager).get("/alliance/"))
    for place in (world.lead, world.clinic, world.hospital, world.sister):
        assert place.name in shown
    assert world.stranger_clinic.name not in shown
    assert nested.name in shown


def test_another_alliance_is_not_counted(world: World) -> None:
    world.at(Status.SUBMITTED)
    shown = browser_of(world.outsider).get("/alliance/").content.decode()
    assert dict(numbers(shown)) == {
        "/alliance/referrals/": 0,
        "/alliance/referrals/?late=1": 0,
    }
    assert world.hospital.name not in shown
    asked = f"/alliance/referrals/?to={world.hospital.pk}"
    assert 'class="row-link"' not in browser_of(world.outsider).get(asked).content.decode()


def test_who_looks_over_nothing_has_no_such_page(world: World) -> None:
    for person in (world.doctor, world.office, world.chief, world.auditor):
        assert browser_of(person).get("/alliance/").status_code == 403
        assert browser_of(person).get("/alliance/referrals/").status_code == 403


def test_filters_that_are_none(world: World) -> None:
    browser = browser_of(world.manager)
    for words in ("from=x", "to=1", "cursor=nonsense"):
        assert browser.get(f"/alliance/referrals/?{words}").status_code == 400, words


def test_an_empty_alliance(world: World) -> None:
    shown = text_of(browser_of(world.manager).get("/alliance/"))
    assert "成员之间目前没有在途转诊" in shown


def test_the_picture_costs_the_same_for_any_number(
    world: World, django_assert_max_num_queries: Any
) -> None:
    client, asked = browser_of(world.manager).client, []
    world.at(Status.SUBMITTED)
    client.get("/alliance/")
    for _more in range(2):
        as_system()
        world.at(Status.SUBMITTED)
        with django_assert_max_num_queries(14) as captured:
            client.get("/alliance/")
        asked.append(len(captured))
    assert asked[0] == asked[1]
