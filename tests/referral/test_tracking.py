"""The patient's page: what the code on the slip opens, what it never says, and how it ends."""

import io
import re
from datetime import timedelta
from typing import Any

import pikepdf
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.permissions import Role
from audit.models import Event
from referral import tracking
from referral.actions import printing
from referral.models import Link, Referral
from referral.states import Status
from tests.facilities.factories import make_hospital
from tests.factories import Person, World, as_system, join, make_person
from tests.referral.expect import hidden_from, refused
from tests.referral.papers import printed_codes
from tests.referral.test_slip import slip


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the tokens of the codes that are printed, in their order."""
    return printed_codes(monkeypatch)


def page(token: str, **query: str) -> Any:
    return Client().get(f"/t/{token}/", query)


def shown(token: str, **query: str) -> str:
    answer = page(token, **query)
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def printed(who: Person, referral: Referral) -> None:
    assert slip(who, referral).status == 200


def live() -> int:
    as_system()
    return Link.objects.filter(revoked_at__isnull=True).count()


def test_the_code_on_the_slip_opens_the_page(world: World, tokens: list[str]) -> None:
    world.hospital.phone, world.hospital.address = "021-68383000", "浦建路160号"
    world.hospital.save(update_fields=["phone", "address"])
    scheduled = world.at(Status.SCHEDULED)
    answer = slip(world.doctor, scheduled)
    with pikepdf.open(io.BytesIO(answer.content)) as document:
        assert len(document.pages) == 1
    text = shown(tokens[0])
    when = timezone.localtime(scheduled.scheduled_for).strftime("%Y-%m-%d")
    for said in (
        scheduled.number,
        "仁济医院",
        "浦建路160号",
        "021-68383000",
        when,
        "星期",
        f"{timezone.localtime(scheduled.scheduled_for):%H:%M}",
        str(tracking.STANDS[Status.SCHEDULED][0]),
        str(tracking.BRING[0]),
        "120",
    ):
        assert said in text, said


def test_it_tells_neither_illness_nor_name(world: World, tokens: list[str]) -> None:
    accepted = world.at(
        Status.ACCEPTED, past_history="乙肝", diagnosis="抑郁症", allergies="青霉素"
    )
    printed(world.doctor, accepted)
    text = shown(tokens[0])
    secrets = ("欧阳", "小明", "抑郁", "乙肝", "青霉素", "血压", "I10", "张医生", str(accepted.pk))
    for secret in (*secrets, str(accepted.patient_id), tokens[0]):
        assert secret not in text, secret
    assert "<script" not in text


def test_nobody_keeps_a_copy_and_no_other_page_learns_the_address(
    world: World, tokens: list[str]
) -> None:
    printed(world.doctor, world.at(Status.ACCEPTED))
    for answer in (page(tokens[0]), page("x"), Client().post(f"/t/{tokens[0]}/")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not answer.cookies
    assert Client().put(f"/t/{tokens[0]}/").status_code == 405


def test_in_english_too(world: World, tokens: list[str]) -> None:
    printed(world.doctor, world.at(Status.ACCEPTED))
    assert "What to bring" in shown(tokens[0], language="en")
    assert "What to bring" not in shown(tokens[0])
    assert "What to bring" not in shown(tokens[0], language="<script>")


def test_what_opens_nothing_always_answers_the_same(world: World, tokens: list[str]) -> None:
    accepted = world.at(Status.ACCEPTED)
    printed(world.doctor, accepted)
    world.doctor.api.post(f"/referrals/{accepted.pk}/tracking/revoke/")
    bodies = {
        (answer.status_code, answer.content, tuple(sorted(answer.headers.items())))
        for answer in (page(each) for each in (tokens[0], "x", "a" * 43, "é", "%00", "a" * 3000))
    }
    assert len(bodies) == 1
    assert bodies.pop()[0] == 404


def test_it_follows_the_referral(world: World, tokens: list[str]) -> None:
    accepted = world.at(Status.ACCEPTED)
    printed(world.doctor, accepted)
    assert str(tracking.STANDS[Status.ACCEPTED][0]) in shown(tokens[0])
    world.move(accepted, "arrive", world.office)
    text = shown(tokens[0])
    assert str(tracking.STANDS[Status.ARRIVED][0]) in text
    assert str(tracking.BRING[0]) not in text
    world.move(accepted, "void", world.doctor, note="误登记")
    assert page(tokens[0]).status_code == 404


def test_it_expires(world: World, tokens: list[str]) -> None:
    printed(world.doctor, world.at(Status.ACCEPTED))
    for days, status in ((29, 200), (31, 404)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=True):
            assert page(tokens[0]).status_code == status


def test_paper_that_was_handed_out_goes_on_working(world: World, tokens: list[str]) -> None:
    accepted = world.at(Status.ACCEPTED)
    for _each in range(printing.LIVE_A_SIDE + 1):
        printed(world.doctor, accepted)
    for _each in range(printing.LIVE_A_SIDE):
        printed(world.office, accepted)
    assert len(set(tokens)) == len(tokens)
    assert [page(each).status_code for each in tokens] == [404, *[200] * (len(tokens) - 1)]
    assert live() == 2 * printing.LIVE_A_SIDE


def test_each_side_takes_back_its_own(world: World, tokens: list[str]) -> None:
    accepted = world.at(Status.ACCEPTED)
    printed(world.doctor, accepted)
    printed(world.office, accepted)
    path = f"/referrals/{accepted.pk}/tracking/revoke/"
    answer = world.doctor.api.post(path)
    assert (answer.status, answer.body) == (200, {"revoked": 1})
    assert [page(each).status_code for each in tokens] == [404, 200]
    assert world.doctor.api.post(path).body == {"revoked": 0}
    assert world.office.api.post(path).body == {"revoked": 1}
    hidden_from(world.stranger, "tracking/revoke", accepted)
    refused(world.chief, "tracking/revoke", accepted, 403, "role-lacks-right")
    refused(world.manager, "tracking/revoke", accepted, 403, "not-a-party")


def test_where_the_journey_began_takes_back_what_it_printed(
    world: World, tokens: list[str]
) -> None:
    province = make_hospital("省人民医院", tier=4)
    join(world.alliance, province)
    above = make_person(province, Role.REFERRAL_OFFICE)
    up = world.at(Status.ARRIVED)
    onward = world.start_return(up, to_facility_id=province.pk, reason="需上级手术", submit=True)
    onward = world.move(onward, "accept", above)
    printed(world.doctor, onward)
    printed(above, onward)
    path = f"/referrals/{onward.pk}/tracking/revoke/"
    assert world.doctor.api.post(path).body == {"revoked": 1}
    assert [page(each).status_code for each in tokens] == [404, 200]
    refused(world.chief, "tracking/revoke", onward, 403, "not-a-party")


def test_a_refused_print_makes_no_code(world: World, tokens: list[str]) -> None:
    assert slip(world.doctor, world.at(Status.SUBMITTED)).status == 409
    assert (tokens, live()) == ([], 0)


def test_the_token_is_kept_nowhere(world: World, tokens: list[str]) -> None:
    printed(world.doctor, world.at(Status.ACCEPTED))
    as_system()
    link = Link.objects.get()
    assert tokens[0].encode() not in bytes(link.token_hash)
    assert re.fullmatch(r"[\w-]{43}", tokens[0])


def test_a_look_is_recorded(world: World, tokens: list[str]) -> None:
    accepted = world.at(Status.ACCEPTED)
    printed(world.doctor, accepted)
    shown(tokens[0])
    as_system()
    seen = Event.objects.filter(what="referral.track", referral_ids__contains=[accepted.pk])
    assert seen.count() == 1


def test_every_state_that_a_patient_may_meet_has_its_words() -> None:
    hidden = {Status.DRAFT, Status.INTERNAL_REVIEW, Status.ENTERED_IN_ERROR}
    assert set(tracking.STANDS) == set(Status) - hidden
