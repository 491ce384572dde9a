"""What words an alliance may set for messages, and that a mail goes in them: names filled in once, nothing run."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Refused
from accounts.ids import uuid7
from audit.models import Event as Audited
from facilities.vocabulary import AllianceForm, Direction
from notifications import letters, worker
from notifications.models import ChannelKind, Subscription
from referral import actions, message_texts, messages
from referral.managing.messages import CHANNELS, EVENTS, TO, VARIABLES
from referral.models import MessageText
from referral.policy import message_texts as policy
from referral.queries import message_texts as queries
from referral.states import Status
from tests.facilities.factories import make_alliance
from tests.factories import Person, World, as_system
from tests.notifications.helpers import make_due

DAY = timedelta(days=1)
ZH = "{sender}有转诊{number}，{time}。"
EN = "{sender} has referral {number}, {time}."
N001 = message_texts.kinds()["N001"]
EXAMPLE: dict[str, str] = dict.fromkeys(N001.variables, "x")


def put(world: World, code: str = "N001", who: Person | None = None, **said: Any) -> MessageText:
    words = {"zh": ZH, "en": EN, **said}
    by = (who or world.manager).actor
    made = actions.set_message_text(world.alliance.pk, code, by=by, **words)
    as_system()
    return made


def mailed(world: World, facility: Any) -> None:
    """Let a facility hear of everything by mail."""
    Subscription.objects.create(
        recipient_id=facility.pk,
        address="office@hospital.example",
        channel=ChannelKind.EMAIL,
        topics=["*"],
    )


def test_the_data_file_is_whole() -> None:
    kinds = message_texts.kinds()
    assert sorted(kinds) == [*(f"N00{n}" for n in range(1, 7)), *(f"S00{n}" for n in range(1, 4))]
    known = {*messages.TOPICS.values(), messages.OVERDUE, messages.ESCALATED}
    now = timezone.now()
    for kind in kinds.values():
        assert kind.topics <= known
        assert kind.directions <= set(Direction.values)
        assert kind.code in EVENTS
        assert (kind.to in TO, kind.channel in CHANNELS) == (True, True)
        assert set(kind.variables) <= set(VARIABLES)
        for text in (kind.zh, kind.en):
            assert policy.may_say(kind, text, queries.example(kind, now)).allowed, kind.code
    sent = [kind for kind in kinds.values() if kind.is_sent]
    pairs = [(topic, way) for kind in sent for topic in kind.topics for way in kind.directions]
    assert len(pairs) == len(set(pairs))
    assert {kind.code for kind in sent} == {"N001", "N002", "N003", "N004", "N005"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("转诊{number}", ""),
        ("没有变量", ""),
        ("", "message-empty"),
        ("   ", "message-empty"),
        ("{patient}请就诊", "message-unknown-variable"),
        ("{diagnosis}", "message-unknown-variable"),
        ("{number.__class__}", "message-unbalanced"),
        ("{number!r}", "message-unbalanced"),
        ("{number:>9999999}", "message-unbalanced"),
        ("{0}", "message-unbalanced"),
        ("{}", "message-unbalanced"),
        ("{{number}}", "message-unbalanced"),
        ("{number", "message-unbalanced"),
        ("number}", "message-unbalanced"),
        ("{Number}", "message-unbalanced"),
        ("%(number)s ${number}", ""),
        ("a\nb", "message-control-character"),
        ("a\x00b", "message-control-character"),
        ("a\x1b[31mb", "message-control-character"),
        ("a\u202eb", "message-control-character"),
        ("a\u200bb", "message-control-character"),
        ("a\u2028b", "message-control-character"),
        ("字" * 200, ""),
        ("字" * 201, "message-too-long"),
        ("字" * 199 + "{number}", ""),
        ("字" * 199 + "{number}{number}", "message-too-long"),
    ],
)
def test_what_words_may_be(text: str, code: str) -> None:
    assert policy.may_say(N001, text, EXAMPLE).code == code


def test_a_value_is_filled_in_once_and_as_it_is() -> None:
    values = {"sender": "{number}", "number": "{sender.__init__}", "time": "%s"}
    found = message_texts.filled("{sender} {number} {time} {receiver}", values)
    assert found == "{number} {sender.__init__} %s {receiver}"


def test_a_mail_goes_in_the_words_of_the_alliance_of_the_leg(world: World) -> None:
    mailed(world, world.hospital)
    put(world)
    leg = world.at(Status.SUBMITTED)
    make_due()
    worker.drain()
    [letter] = mail.outbox
    sent = timezone.localtime(leg.submitted_at).strftime("%Y-%m-%d %H:%M")
    assert f"{world.clinic.name}有转诊{leg.number}，{sent}。" in letter.body
    assert f"{world.clinic.name} has referral {leg.number}" in letter.body
    assert leg.number not in letter.subject
    for secret in (leg.diagnosis, leg.reason, str(leg.pk), str(leg.patient_id)):
        assert secret not in letter.body


@pytest.mark.parametrize("change", ["none", "planned", "withdrawn", "other", "down", "standard"])
def test_the_standard_goes_where_no_words_hold(world: World, change: str) -> None:
    mailed(world, world.hospital)
    starts = timezone.localdate() + DAY
    if change in {"planned", "withdrawn"}:
        row = put(world, starts=starts)
        if change == "withdrawn":
            actions.withdraw_message_text(world.alliance.pk, row.pk, by=world.manager.actor)
    elif change == "down":
        put(world, "N005")
    elif change == "standard":
        put(world, zh="", en="")
    elif change == "other":
        _ = world.alliance
        other = make_alliance(world.second, world.sister, form=AllianceForm.COUNTY_COMMUNITY)
        MessageText.objects.create(
            alliance=other,
            code="N001",
            zh=ZH,
            en=EN,
            starts=timezone.localdate(),
            created_at=timezone.now(),
        )
    leg = world.at(Status.SUBMITTED)
    as_system()
    make_due()
    worker.drain()
    [letter] = mail.outbox
    assert leg.number not in letter.body
    assert "sign in" in letter.body


def test_one_statement_where_nobody_worded_anything(world: World) -> None:
    leg = world.at(Status.SUBMITTED)
    event = _event(leg)
    with CaptureQueriesContext(connection) as captured:
        assert queries.words([event]) == {}
    asked = [each["sql"] for each in captured if each["sql"].startswith('SELECT "')]
    assert len(asked) == 1
    put(world)
    with CaptureQueriesContext(connection) as captured:
        assert set(queries.words([event, _event(leg)])) != set()
    asked = [each["sql"] for each in captured if each["sql"].startswith('SELECT "')]
    assert len(asked) == 2


def _event(leg: Any) -> Any:
    payload = messages.payload(leg, timezone.now())
    return SimpleNamespace(id=uuid7(), topic="referral.submitted", payload=payload)


def test_words_that_cannot_be_read_hold_up_no_message(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_events: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("referral.queries.message_texts.words", broken)
    mailed(world, world.hospital)
    world.at(Status.SUBMITTED)
    make_due()
    report = worker.drain()
    assert report.delivered >= 1
    assert len(mail.outbox) == 1


def test_nothing_is_asked_for_messages_that_nobody_reads() -> None:
    assert letters.worded([]) == []


@pytest.mark.parametrize(
    ("code", "zh", "refusal"),
    [
        ("N001", "{patient}", "message-unknown-variable"),
        ("N001", "{", "message-unbalanced"),
        ("N001", "", "message-empty"),
        ("S001", "转诊{number}", "message-unknown-variable"),
        ("X001", "好", "not-found"),
    ],
)
def test_what_is_refused_changes_nothing(world: World, code: str, zh: str, refusal: str) -> None:
    with pytest.raises(Refused) as refused:
        put(world, code, zh=zh, en="{sender}")
    assert refused.value.code == refusal
    assert not MessageText.objects.exists()


def test_who_may_not(world: World) -> None:
    for who in (world.doctor, world.office, world.chief, world.stranger, world.outsider):
        with pytest.raises(Refused) as refused:
            put(world, who=who)
        assert refused.value.code in {"role-lacks-right", "not-its-manager"}
    assert not MessageText.objects.exists()


def test_a_change_is_a_new_row_and_what_is_planned_is_withdrawn(world: World) -> None:
    first = put(world)
    later = timezone.localdate() + 5 * DAY
    second = put(world, zh="转诊{number}", en="{number}", starts=later)
    first.refresh_from_db()
    assert first.ends == later
    withdrawn = actions.withdraw_message_text(world.alliance.pk, second.pk, by=world.manager.actor)
    assert withdrawn.is_withdrawn
    with pytest.raises(Refused) as refused:
        actions.withdraw_message_text(world.alliance.pk, first.pk, by=world.manager.actor)
    assert refused.value.code == "term-begun"
    with pytest.raises(Refused) as refused:
        actions.withdraw_message_text(world.alliance.pk, uuid7(), by=world.manager.actor)
    assert refused.value.code == "not-found"
    names = ["alliance.message_set", "alliance.message_withdrawn"]
    assert [Audited.objects.filter(what=name).count() for name in names] == [2, 1]


def test_the_database_keeps_one_text_a_day_in_both_languages(world: World) -> None:
    row = put(world)
    for words in ({"zh": "一", "en": ""}, {"zh": "一", "en": "one"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            MessageText.objects.create(
                alliance=world.alliance,
                code="N001",
                starts=row.starts,
                created_at=datetime.now(tz=timezone.get_default_timezone()),
                **words,
            )
