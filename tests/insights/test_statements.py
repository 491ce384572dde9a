"""Indicators that are no numbers: who states them, what is kept of what was stated, who reads them where."""

from datetime import date
from typing import Any

import pytest
from django.db import Error, transaction
from django.utils import timezone

from accounts.errors import Refused
from audit.models import Event
from insights import numbers
from insights.actions import statements as actions
from insights.asking import Asked
from insights.indicators import definitions
from insights.models import Standing, Statement
from insights.papers import evaluation
from insights.periods import Length, around
from insights.queries import statements
from insights.statements import stated
from tests.factories import Person, World, as_system
from tests.insights.taken import taken
from tests.pages.conftest import browser_of, text_of

CODE = "unified-resources"
WORDS = {"standing": "partly", "evidence": "甲医共体〔2025〕3号: 药品目录统一"}


@pytest.fixture
def world(db: None) -> World:
    made = World()
    _ = made.alliance
    return made


def address(world: World, year: int = 2025, code: str = CODE) -> str:
    return f"/insights/statements/{world.alliance.pk}/{year}/{code}/"


def said(who: Person, world: World, **other: Any) -> Any:
    answer = browser_of(who).post(address(world), {**WORDS, **other})
    as_system()
    return answer


def ask(who: Person, **query: Any) -> Any:
    return who.api.get(f"/indicators/{CODE}/", query)


def test_every_one_says_what_is_asked_and_by_whom() -> None:
    assert len(stated()) == 3
    for one in stated().values():
        assert all((one.name.zh, one.name.en, one.asks.zh, one.asks.en, one.source))


def test_a_manager_states_and_everybody_of_the_alliance_who_looks_over_it_reads(
    world: World,
) -> None:
    page = text_of(browser_of(world.manager).get("/insights/statements/?year=2025"))
    assert page.count("2025年尚无声明") == 3
    assert "声明已保存" in text_of(said(world.manager, world))
    page = text_of(browser_of(world.manager).get("/insights/statements/?year=2025"))
    assert page.count("2025年尚无声明") == 2
    assert all(
        each in page for each in ("部分落实", WORDS["evidence"], world.manager.user.full_name)
    )
    body = ask(world.manager, alliance=world.alliance.pk, period="2025").body
    assert (body["kind"], body["value"], body["reason"]) == ("statement", None, None)
    assert body["statement"]["standing"] == "partly"
    assert body["statement"]["evidence"] == WORDS["evidence"]
    other = ask(world.manager, alliance=world.alliance.pk, period="2024").body
    assert (other["statement"], other["reason"]) == (None, "not-stated")
    [event] = Event.objects.filter(what="statement.made")
    assert event.detail["fields"] == ["unified_resources"], "the trail names what, not the words"


def test_others_learn_nothing_of_it(world: World) -> None:
    said(world.manager, world)
    for who in (world.office, world.chief, world.doctor, world.stranger):
        assert browser_of(who).get(address(world)).status_code == 403
        assert said(who, world).status_code == 403
        assert ask(who, alliance=world.alliance.pk, period="2025").status == 404
    assert browser_of(world.outsider).get(address(world)).status_code == 404
    assert said(world.outsider, world).status_code == 404
    assert ask(world.outsider, alliance=world.alliance.pk, period="2025").status == 404
    own = ask(world.office, period="2025").body
    assert (own["statement"], own["reason"]) == (None, "not-stated"), "of a house there is none"
    assert Statement.objects.count() == 1


def test_a_correction_keeps_what_was_stated(world: World) -> None:
    said(world.manager, world)
    said(world.manager, world, standing="done", evidence="新文件")
    former, now = Statement.objects.order_by("stated_at")
    assert (former.superseded_at, now.superseded_at) == (now.stated_at, None)
    page = text_of(browser_of(world.manager).get("/insights/statements/?year=2025"))
    assert all(each in page for each in ("已落实", "新文件", "部分落实", WORDS["evidence"]))
    for change in ({"evidence": "x"}, {"superseded_at": None}):
        with pytest.raises(Error), transaction.atomic():
            Statement.objects.filter(pk=former.pk).update(**change)
    with pytest.raises(Error), transaction.atomic():
        Statement.objects.filter(pk=now.pk)._raw_delete("default")


def test_the_same_again_changes_nothing(world: World) -> None:
    said(world.manager, world)
    said(world.manager, world)
    assert Statement.objects.count() == 1


def test_what_is_no_statement_is_refused(world: World) -> None:
    for odd in ({"evidence": ""}, {"evidence": "x" * 2001}, {"standing": "perhaps"}):
        assert said(world.manager, world, **odd).status_code == 422
    year = timezone.localdate().year
    browser = browser_of(world.manager)
    for other in (address(world, 1999), address(world, year + 1), address(world, code="beds")):
        assert browser.get(other).status_code == 404
    assert browser.get(address(world, year)).status_code == 200
    for wrong in (1999, year + 1):
        with pytest.raises(Refused, match="statement-year"):
            actions.state(
                world.alliance.pk, by=world.manager.actor, code=CODE, year=wrong,
                standing=Standing.DONE, evidence="x", now=timezone.now(),
            )  # fmt: skip
    assert not Statement.objects.exists()


@pytest.mark.parametrize("query", ["", "?year=1", "?year=9999", "?year=二〇二五"])
def test_an_odd_year_shows_one_that_is_there(world: World, query: str) -> None:
    assert browser_of(world.manager).get(f"/insights/statements/{query}").status_code == 200


def test_the_yearly_evaluation_prints_what_is_stated(world: World) -> None:
    """And of what is not stated that it is not; of a house nothing is asked."""
    said(world.manager, world)
    asked = Asked("alliance", (str(world.alliance.pk),), around(Length.YEAR, date(2025, 1, 1)))
    found = numbers.answers([definitions()["up-count"]], asked, world.manager.actor)
    rows = statements.holding(world.alliance.pk, 2025)
    told = evaluation.data(found, "x", None, said=rows)["told"]
    assert len(told) == 1 + len(stated())
    assert WORDS["evidence"] in {words for _head, words in told[1]["lines"]}
    assert "尚无声明。" in {words for _head, words in told[2]["lines"]}
    assert len(evaluation.data(found, "x", None)["told"]) == 1
    wanted = {"period": "2025", "alliance": str(world.alliance.pk)}
    assert taken(world.manager, "evaluation", "pdf", **wanted).startswith(b"%PDF")
