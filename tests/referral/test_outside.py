"""A receiver outside the network: a link opens one referral once, drives it, and gives away nothing else."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from audit.models import Event
from facilities.models import Facility
from referral.models import Link, Referral
from referral.states import Status
from tests.facilities.factories import make_hospital
from tests.factories import World, as_system, new_key
from tests.referral.plans import medicine

WHY: dict[str, Any] = {"outside": True, "skip_reason": "known_there"}


class Sent:
    """A referral to a hospital outside the network, and the address that its sender was given."""

    def __init__(self, world: World, **words: Any) -> None:
        self.world = world
        self.facility: Facility = make_hospital("外院", tier=3)
        body = world.body(
            to_facility=str(self.facility.pk), to_department=None, submit=True, **WHY, **words
        )
        answer = world.doctor.api.post("/referrals/", body, key=new_key())
        assert answer.status == 201, answer.body
        self.id = answer.body["id"]
        self.address = self.fresh()

    def fresh(self) -> str:
        """Ask for a new address, which takes the earlier one back."""
        answer = self.world.doctor.api.post(f"/referrals/{self.id}/outside-link/", key=new_key())
        assert answer.status == 201, answer.body
        address: str = answer.body["outside_link"]
        return address[address.index("/o/") :]

    @property
    def referral(self) -> Referral:
        """As the database has it."""
        as_system()
        return Referral.objects.get(pk=self.id)

    def opened(self, address: str = "") -> Client:
        """A browser that has opened the address."""
        client = Client()
        answer = client.post(address or self.address)
        assert (answer.status_code, answer["Location"]) == (302, "/o/")
        return client


@pytest.fixture
def sent(db: None) -> Sent:
    """A submitted referral with its address."""
    return Sent(World())


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_looking_at_the_address_uses_nothing_up(sent: Sent) -> None:
    """Mail filters and chat programs fetch addresses; they press no button."""
    for _time in range(3):
        page = Client().get(sent.address)
        assert page.status_code == 200
        assert sent.referral.diagnosis not in text(page)
        assert page["Cache-Control"] == "no-store"
        assert page["Referrer-Policy"] == "no-referrer"
    assert sent.opened().get("/o/").status_code == 200


def test_the_opened_referral_is_shown_whole_and_read_in_the_audit(sent: Sent) -> None:
    answer = sent.opened().get("/o/")
    assert answer.status_code == 200
    for said in (sent.referral.number, sent.referral.diagnosis, sent.referral.reason):
        assert said in text(answer)
    assert answer["Cache-Control"] == "no-store"
    as_system()
    kinds = Event.objects.filter(facility_id=sent.facility.pk, referral_ids__contains=[sent.id])
    assert set(kinds.values_list("what", flat=True)) >= {"referral.link_opened", "referral.view"}


def test_the_medicines_that_the_patient_takes_are_shown_while_it_lives(db: None) -> None:
    sent = Sent(World(), medicines=[medicine(None)])
    client = sent.opened()
    assert "苯磺酸氨氯地平" in text(client.get("/o/"))
    version = sent.referral.version
    client.post("/o/move/decline/", {"version": version, "reason": "capacity"})
    assert sent.referral.status == Status.DECLINED
    assert "苯磺酸氨氯地平" not in text(client.get("/o/"))


def test_a_link_that_does_not_open_says_what_to_do(db: None) -> None:
    for address in ("/o/", f"/o/{'x' * 43}/", "/o/move/accept/"):
        answer = Client().get(address)
        assert answer.status_code == 404
        assert "请向转出机构索取新链接" in text(answer)
        assert answer["Cache-Control"] == "no-store"
        assert "sign-in" not in text(answer)


def test_the_link_drives_the_same_states(sent: Sent) -> None:
    client = sent.opened()
    for verb, words, status in (
        ("open", {}, Status.RECEIVED),
        ("accept", {}, Status.ACCEPTED),
        ("arrive", {}, Status.ARRIVED),
        ("complete", {"outcome": "cured", "no_return_reason": "recovered"}, Status.COMPLETED),
    ):
        version = sent.referral.version
        answer = client.post(f"/o/move/{verb}/", {"version": version, **words})
        assert (answer.status_code, sent.referral.status) == (302, status), text(answer)
    moves = sent.referral.transitions.order_by("version").exclude(verb__in=["create", "submit"])
    assert {(move.facility_id, move.by_id) for move in moves} == {(sent.facility.pk, None)}
    ended = client.get("/o/")
    assert ended.status_code == 200
    assert sent.referral.diagnosis not in text(ended), "afterwards it only says how it ended"


def test_a_decline_needs_its_reason_and_keeps_what_was_typed(sent: Sent) -> None:
    client = sent.opened()
    answer = client.post(
        "/o/move/decline/", {"version": sent.referral.version, "reason": "", "note": "床位紧张"}
    )
    assert answer.status_code == 400
    assert "床位紧张" in text(answer)
    assert sent.referral.status == Status.SUBMITTED


def test_what_changed_meanwhile_is_told_and_no_longer_offered(sent: Sent) -> None:
    client = sent.opened()
    assert 'action="/o/move/accept/"' in text(client.get("/o/"))
    sent.world.refuse_referral(sent.world.patient)
    answer = client.post("/o/move/accept/", {"version": sent.referral.version})
    assert (answer.status_code, sent.referral.status) == (409, Status.SUBMITTED)
    assert 'action="/o/move/accept/"' not in text(client.get("/o/"))


@pytest.mark.parametrize("verb", ["void", "cancel", "redirect", "expire", "return", "nonsense"])
def test_verbs_that_are_not_a_strangers_do_not_exist(sent: Sent, verb: str) -> None:
    client = sent.opened()
    assert client.post(f"/o/move/{verb}/", {"version": 2}).status_code == 404
    assert sent.referral.status == Status.SUBMITTED


def test_a_replayed_address_opens_nothing(sent: Sent) -> None:
    sent.opened()
    assert Client().post(sent.address).status_code == 404
    assert Client().get(sent.address).status_code == 404


def test_the_browser_that_opened_it_comes_in_again(sent: Sent) -> None:
    """By a second click on the button, or by the same message once more; nobody else does."""
    client = sent.opened()
    for answer in (client.post(sent.address), client.get(sent.address)):
        assert (answer.status_code, answer.headers["Location"]) == (302, "/o/")
    stranger = Client().get(sent.address)
    assert stranger.status_code == 404
    assert 'href="/o/"' in text(stranger), "where the cookie does not come along from elsewhere"
    assert 'href="/o/"' not in text(Client().get("/o/"))
    as_system()
    opened = Event.objects.filter(what="referral.link_opened", referral_ids__contains=[sent.id])
    assert opened.count() == 1
    other = Sent(sent.world, diagnosis_code="E11.9", diagnosis="2型糖尿病")
    assert client.post(other.address).headers["Location"] == "/o/"
    assert client.get(sent.address).status_code == 404, "the cookie is the other link's now"
    other.fresh()
    assert client.get(other.address).status_code == 404, "a newer address has ended it"


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("open", {}),
        ("accept", {"scheduled_for": f"{timezone.localdate() + timedelta(days=2)}T09:30"}),
        ("ask_information", {"note": "请补充心电图"}),
        ("decline", {"reason": "capacity"}),
    ],
)
def test_a_second_click_is_answered_as_the_first(
    sent: Sent, verb: str, words: dict[str, str]
) -> None:
    client = sent.opened()
    address = f"/o/move/{verb.replace('_', '-')}/"
    form = {"version": sent.referral.version, **words}
    answers = [client.post(address, form) for _time in range(2)]
    assert [(each.status_code, each.headers["Location"]) for each in answers] == [(302, "/o/")] * 2
    as_system()
    assert sent.referral.transitions.filter(verb=verb).count() == 1


def test_what_was_done_earlier_or_otherwise_is_no_second_click(sent: Sent) -> None:
    client = sent.opened()
    form = {"version": sent.referral.version}
    assert client.post("/o/move/open/", form).status_code == 302
    assert client.post("/o/move/accept/", form).status_code == 412
    with time_machine.travel(timezone.now() + timedelta(seconds=30), tick=False):
        late = client.post("/o/move/open/", form)
    assert late.status_code == 412
    assert "期间已有人更改该转诊" in text(late)


def test_words_that_can_no_longer_be_sent_are_shown_to_be_copied(sent: Sent) -> None:
    client = sent.opened()
    stale = {"version": sent.referral.version, "note": "请补充近一周血压"}
    client.post("/o/move/accept/", {"version": sent.referral.version})
    body = text(client.post("/o/move/ask-information/", stale))
    assert 'action="/o/move/ask-information/"' not in body
    assert "<blockquote>请补充近一周血压</blockquote>" in body


def test_a_second_click_gets_in_where_the_first_answer_never_arrived(sent: Sent) -> None:
    """On a slow line the browser gives up the first answer, and its cookie with it."""
    client = Client()
    assert client.get(sent.address).status_code == 200
    assert client.post(sent.address).status_code == 302
    del client.cookies["outside"]
    again = client.post(sent.address)
    assert (again.status_code, again.headers["Location"]) == (302, "/o/")
    assert client.get("/o/").status_code == 200
    sent.fresh()
    assert client.get(sent.address).status_code == 404, "a newer address has ended it"
    looked = Client()
    fresh = sent.fresh()
    assert looked.get(fresh).status_code == 200
    sent.opened(fresh)
    assert looked.post(fresh).status_code == 404, "who only looked has not opened it"


def test_a_new_address_ends_the_old_one_and_what_it_opened(sent: Sent) -> None:
    client = sent.opened()
    newer = sent.fresh()
    assert client.get("/o/").status_code == 404
    assert sent.opened(newer).get("/o/").status_code == 200


def test_an_expired_address_and_an_expired_session_open_nothing(sent: Sent) -> None:
    now = timezone.now()
    with time_machine.travel(now + timedelta(hours=73), tick=False):
        assert Client().post(sent.address).status_code == 404
    client = sent.opened()
    with time_machine.travel(timezone.now() + timedelta(hours=11), tick=False):
        assert client.get("/o/").status_code == 404
        assert client.post("/o/move/accept/", {"version": 2}).status_code == 404


def test_a_cookie_leads_to_its_own_referral_only(sent: Sent) -> None:
    """Signed, so that nobody writes another link's id into it; without a path to any other page."""
    client = sent.opened()
    cookie = client.cookies["outside"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/o/", True, "Strict")
    other = Sent(sent.world, diagnosis_code="E11.9", diagnosis="2型糖尿病")
    forged = Client()
    forged.cookies["outside"] = cookie.value.replace(cookie.value[:8], "x" * 8)
    assert forged.get("/o/").status_code == 404
    page = client.get("/o/")
    assert other.referral.number not in text(page)
    for path in (f"/referrals/{sent.id}/", f"/api/v1/referrals/{sent.id}/", "/"):
        assert client.get(path).status_code in (302, 401)


def test_every_wrong_token_is_answered_alike(sent: Sent) -> None:
    """Unknown, used, of a patient's page, malformed: byte for byte the same page."""
    sent.opened()
    wrong = [sent.address, "/o/nothing/", f"/o/{'A' * 43}/", "/o/%00/", f"/o/{'x' * 500}/"]
    answers = [Client().get(path) for path in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_another_site_cannot_send_the_forms(sent: Sent) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(sent.address).status_code == 302, "the address itself is the secret"
    answer = strict.post(
        "/o/move/accept/", {"version": 2}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert sent.referral.status == Status.SUBMITTED


def test_a_receiver_in_the_network_gets_no_address(world: World) -> None:
    inside = world.at(Status.SUBMITTED)
    answer = world.doctor.api.post(f"/referrals/{inside.pk}/outside-link/", key=new_key())
    assert (answer.status, answer.code) == (409, "not-outside")


def test_a_cancelled_referral_closes_its_page(sent: Sent) -> None:
    client = sent.opened()
    path = f"/referrals/{sent.id}/cancel/"
    answer = sent.world.doctor.api.post(path, {"reason": "condition_changed"}, key=new_key())
    assert answer.status == 200, answer.body
    assert client.get("/o/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_who_open_one_address_one_gets_in() -> None:
    with transaction.atomic():
        as_system()
        sent = Sent(World())
    start, codes = Barrier(16), []

    def press() -> None:
        start.wait()
        try:
            codes.append(Client().post(sent.address).status_code)
        finally:
            connection.close()

    racers = [Thread(target=press) for _racer in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(codes) == [302] + [404] * 15
    with transaction.atomic():
        as_system()
        assert Link.objects.filter(used_at__isnull=False).count() == 1
