"""The pages of trouble, in both languages, without anything that tells one case from another."""

import pytest
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults

from accounts import scope
from accounts.actors import Actor
from tests.factories import World, reload
from tests.pages.conftest import browser_of, text_of

WORDS = {
    "zh-hans": {400: "无法识别该网址", 403: "您的岗位没有此权限", 404: "没有可供您查看的内容"},
    "en": {
        400: "This address is not understood",
        403: "Your post may not do this",
        404: "There is nothing here for you",
    },
}


@pytest.mark.parametrize("language", WORDS)
def test_trouble_is_told_in_the_readers_language(world: World, language: str) -> None:
    auditor = browser_of(world.auditor).speak(language)
    doctor = browser_of(world.doctor).speak(language)
    answers = (
        doctor.get("/boxes/sent/?cursor=x"),
        auditor.get("/boxes/inbox/"),
        doctor.get("/nothing-here/"),
    )
    for answer in answers:
        assert WORDS[language][answer.status_code] in text_of(answer)
        assert f'lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "出现错误"), ("en", "Something went")])
def test_a_defect_is_told_without_details(language: str, words: str) -> None:
    with translation.override(language):
        answer = defaults.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert words in text_of(answer)


def test_a_page_that_is_not_there_asks_nobody_to_sign_in(db: None) -> None:
    assert Client().get("/nothing-here/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_else_holds_is_told_in_words() -> None:
    world = World()
    with scope.transaction_as(Actor.system()):
        referral = world.at("submitted")
        browser = browser_of(world.office)
    holder = connections["default"].copy()
    statement = "SELECT 1 FROM referral_referral WHERE id = %s FOR UPDATE"
    try:
        holder.set_autocommit(False)
        with holder.cursor() as cursor:
            cursor.execute("SELECT set_config('scope.system', 'on', true)")
            cursor.execute(statement, [referral.pk])
        address = f"/referrals/{referral.pk}/accept/"
        answer = browser.client.post(address, {"version": referral.version})
    finally:
        holder.rollback()
        holder.close()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert "未作任何更改" in text_of(answer)
    with scope.transaction_as(Actor.system()):
        assert reload(referral).status == "submitted"
