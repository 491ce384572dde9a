"""The year of birth: what it opens, for how long, and how slowly it is guessed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from accounts.models import CounterKind, TryCounter
from audit.models import Event, Result
from referral import tracking_views as views
from referral.models import Link
from referral.states import Status
from tests.facilities.factories import make_department
from tests.factories import World, as_system
from tests.pages.test_weight import compressed, files_of
from tests.referral.tracking import YEAR, Telephone, known, token_for

LIGHT: Final = 10_000


def test_the_right_year_shows_names_and_what_may_be_said(world: World) -> None:
    department = make_department(world.hospital, "03.04", "心血管内科")
    leg = world.at(Status.SCHEDULED, to_department_id=department.pk)
    telephone = Telephone(token_for(leg, world.doctor))
    before = telephone.text()
    answer = telephone.year()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{telephone.token}/")
    after = telephone.text()
    for said in ("心血管内科", "张医生", "李主任", "我会来", "这个时间我不能来"):
        assert said not in before, said
        assert said in after, said
    for secret in ("欧阳", "小明", "高血压", "I10", "血压控制"):
        assert secret not in after, secret
    assert "<script" not in after
    assert ' style="' not in after


def test_it_may_be_typed_as_people_type(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    for typed in ("１９６１", "1961年", " 1961 "):
        telephone = Telephone(token_for(leg, world.doctor))
        assert telephone.year(typed).status_code == 302, typed


@pytest.mark.parametrize("typed", ["", "61", "19610304", "abcd", "欧阳"])
def test_what_is_no_year_is_not_a_try(world: World, typed: str) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    answer = telephone.year(typed)
    assert answer.status_code == 422
    assert str(views.NO_YEAR) in answer.content.decode()
    assert not TryCounter.objects.exists()


def test_a_wrong_year_says_nothing_else(world: World) -> None:
    """The same answer whatever is wrong, to the byte."""
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    first, second = telephone.year("1962"), telephone.year("1900")
    assert first.status_code == second.status_code == 422
    assert first.content == second.content
    assert not first.cookies
    assert "1962" not in first.content.decode()
    assert telephone.year().status_code == 302


def test_the_tries_of_a_link_come_to_an_end(world: World) -> None:
    """Eight years are tried at most as long as the link lives, the right one being no better than others.

    Somebody tries in each hour of three days and in each sixth hour after them.
    """
    leg = world.at(Status.SCHEDULED)
    telephone = Telephone(token_for(leg, world.doctor))
    judged, now = 0, timezone.now()
    for hour in (*range(3 * 24), *range(3 * 24, 29 * 24, 6)):
        with time_machine.travel(now + timedelta(hours=hour), tick=False):
            answer = telephone.year("1950")
            judged += answer.status_code == 422
            assert answer.status_code in {422, 429}
    assert judged == 8
    with time_machine.travel(now + timedelta(days=29), tick=False):
        refused = telephone.year(YEAR)
        assert refused.status_code == 429
        assert str(views.ENOUGH) in refused.content.decode()
        assert int(refused.headers["Retry-After"]) > 0
        assert not refused.cookies
        other = Telephone(token_for(leg, world.doctor, place=2))
        assert other.year().status_code == 302, "a new slip begins anew"


def test_an_address_tries_slowly_over_many_links(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    place = 0
    codes = []
    for place in range(12):
        telephone = Telephone(token_for(leg, world.doctor, place=place % 3))
        codes += [telephone.year("1950").status_code for _each in range(3)]
    assert codes.count(422) == 30
    assert codes[-1] == 429
    kinds = set(TryCounter.objects.values_list("kind", flat=True))
    assert kinds == {CounterKind.LINK, CounterKind.ADDRESS}


def test_a_right_year_is_not_counted(world: World) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    for _each in range(20):
        assert telephone.year().status_code == 302
    assert set(TryCounter.objects.values_list("failures", flat=True)) == {0}


def test_it_is_remembered_for_some_minutes(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    cookie = telephone.client.cookies[views.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/t/", True, "Strict")
    assert cookie["max-age"] == cookie["expires"] == "", "it ends with the browser"
    assert telephone.token not in cookie.value
    for minutes, knows in ((14, True), (16, False)):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=True):
            assert ("我会来" in telephone.text()) is knows


def test_one_link_is_not_another(world: World) -> None:
    telephone = known(world, world.at(Status.SCHEDULED))
    other = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor), telephone.client)
    assert "我会来" in telephone.text()
    assert "我会来" not in other.text()


@pytest.mark.parametrize("value", ["", "x", "a:b:c", None, [], "[]", 5])
def test_a_cookie_that_was_made_up_opens_nothing(world: World, value: object) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    text = value if isinstance(value, str) else signing.dumps(value, salt=views.SALT)
    telephone.client.cookies[views.COOKIE] = text
    assert "我会来" not in telephone.text()


def test_robots_that_look_change_nothing(world: World) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    for method in ("get", "head", "get"):
        answer = getattr(telephone.client, method)(f"/t/{telephone.token}/", {"say": "confirm"})
        assert answer.status_code == 200
        assert not answer.cookies
    as_system()
    assert Link.objects.get().used_at is None
    telephone.year()
    assert Link.objects.get().used_at is not None


def test_what_opens_nothing_takes_no_year_either(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = known(world, leg)
    world.doctor.api.post(f"/referrals/{leg.pk}/tracking/revoke/")
    bodies = {telephone.year().content, Telephone("x").year().content}
    bodies |= {Telephone("x").get().content, Telephone("x").say("nothing").content}
    bodies |= {telephone.get().content, telephone.say("confirm").content}
    assert len(bodies) == 1
    assert telephone.year().status_code == 404


def test_each_try_is_recorded(world: World) -> None:
    leg = world.at(Status.SCHEDULED)
    telephone = Telephone(token_for(leg, world.doctor))
    telephone.year("1950")
    telephone.year()
    rows = Event.objects.filter(what="referral.track_known", referral_ids__contains=[leg.pk])
    assert set(rows.values_list("result", flat=True)) == {Result.OK, Result.REFUSED}


def test_in_english_it_stays_english(world: World) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    answer = telephone.client.post(
        f"/t/{telephone.token}/?language=en", {"say": "year", "year": YEAR}
    )
    as_system()
    assert answer.headers["Location"] == f"/t/{telephone.token}/?language=en"
    assert "Yes, I will come" in telephone.text(language="en")


def test_a_year_that_is_not_known_is_wrong_like_any_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    telephone = Telephone(token_for(world.at(Status.SCHEDULED), world.doctor))
    wrong = telephone.year("1950")
    monkeypatch.setattr("referral.tracking_views.patients.find", lambda *_words: None)
    nobody = telephone.year("1951")
    assert (nobody.status_code, nobody.content) == (wrong.status_code, wrong.content)


def test_it_is_light_and_costs_a_fixed_number_of_statements(
    world: World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    """A slow telephone loads one page, one style and one small picture, and no script."""
    telephone = known(world, world.at(Status.SCHEDULED))
    html = telephone.get().content
    files = files_of(html.decode())
    assert sorted(files) == ["referral/mark.svg", "referral/tracking.css"]
    sizes = [compressed(each) for each in (html, *files.values())]
    assert sum(sizes) < LIGHT, sizes
    # Two transactions: the link in the scope lent for it; then the leg, what was said, who looked.
    with django_assert_num_queries(12):
        telephone.client.get(f"/t/{telephone.token}/")
    stranger = Telephone(telephone.token)
    with django_assert_num_queries(11):
        stranger.client.get(f"/t/{telephone.token}/")
