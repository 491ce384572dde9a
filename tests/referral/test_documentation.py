"""An emergency goes with one word of what ails the patient; its sender writes the rest within 24 hours."""

from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from referral import actions, documentation, tasks
from referral.models import Documentation, Referral, Reminder
from referral.states import Status, Urgency
from tests.factories import Person, World, as_system, reload
from tests.referral.expect import audited, do, heard, hidden_from, history, refused, well_mannered
from tests.referral.hours import HOUR, SECOND
from tests.referral.raw import run
from tests.referral.test_completeness import HARD, want
from tests.referral.test_record_no_show import backdate

DAY: Final = timedelta(days=1)
BARE: Final[dict[str, Any]] = {"diagnosis_code": "", "reason_code": "", "reason": "", "plan": ""}
REST: Final = {"reason_code": "critical", "reason": "突发胸痛两小时, 心电图ST段抬高"}


def rushed(world: World, **fields: Any) -> Referral:
    """Return an emergency that was sent with a first impression and nothing else."""
    draft = world.draft(urgency=Urgency.EMERGENCY, **{**BARE, "diagnosis": "疑似心梗", **fields})
    return world.move(draft, "submit", world.doctor)


def shown(who: Person, leg: Referral) -> dict[str, Any]:
    answer = who.api.get(f"/referrals/{leg.pk}/documentation/")
    assert answer.status == 200, answer
    return answer.body


def missing(who: Person, leg: Referral) -> list[str]:
    return [each["item"] for each in shown(who, leg)["missing"]]


def listed(who: Person) -> list[dict[str, Any]]:
    answer = who.api.get("/tasks/documentation/")
    assert answer.status == 200, answer
    return answer.results


# What an emergency goes without.


@pytest.mark.parametrize("word", ["diagnosis", "reason"])
def test_one_word_of_what_ails_him_is_enough(world: World, word: str) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY, **{**BARE, "diagnosis": "", word: "胸痛"})
    before = timezone.now()
    answer = do(world.doctor, "submit", draft)
    assert (answer.status, answer.body["status"]) == (200, "accepted")
    as_system()
    asked = Documentation.objects.get(referral=draft)
    assert asked.items == [each for each in ("diagnosis", "reason_code", "reason") if each != word]
    assert before + DAY <= asked.due_at <= timezone.now() + DAY
    assert (asked.met_at, asked.met_by_id) == (None, None)


def test_it_goes_so_from_the_first_request_too(world: World) -> None:
    body = world.body(submit=True, urgency="emergency", **BARE)
    answer = world.doctor.api.post("/referrals/", body)
    assert (answer.status, answer.body["status"]) == (201, "accepted")
    as_system()
    assert Documentation.objects.get().items == ["reason_code", "reason"]


def test_not_without_any_word(world: World) -> None:
    draft = world.draft(urgency=Urgency.EMERGENCY, **{**BARE, "diagnosis": ""})
    answer = refused(world.doctor, "submit", draft, 422, "incomplete")
    assert set(answer.body["errors"]) == {"diagnosis", "reason"}
    check = world.doctor.api.get(f"/referrals/{draft.pk}/completeness/").body
    assert [each["item"] for each in check["blocking"]] == ["diagnosis", "reason"]
    assert [each["item"] for each in check["recommended"]] == ["reason_code"]


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.ROUTINE])
def test_no_other_urgency_goes_so(world: World, urgency: int) -> None:
    draft = world.draft(urgency=urgency, **{**BARE, "diagnosis": "疑似心梗"})
    answer = refused(world.doctor, "submit", draft, 422, "incomplete")
    assert set(answer.body["errors"]) == {"reason_code", "reason"}


def test_a_complete_emergency_is_asked_for_nothing(world: World) -> None:
    sent = world.emergency()
    as_system()
    assert not Documentation.objects.exists()
    assert shown(world.doctor, sent)["due_at"] is None
    refused(world.doctor, "documentation", sent, 409, "nothing-to-document", REST)


def test_what_the_destination_insists_on_follows_too(world: World) -> None:
    want(world, HARD)
    sent = world.emergency()
    assert missing(world.doctor, sent) == ["past_history"]
    want(world, {**HARD, "item": "allergies"})
    assert missing(world.doctor, sent) == ["past_history"], "a later need asks nothing"


def test_what_it_would_like_is_shown_beside(world: World) -> None:
    want(world, {"item": "ecg", "level": "soft"})
    found = shown(world.doctor, rushed(world))
    assert [each["item"] for each in found["missing"]] == ["reason_code", "reason"]
    assert found["missing"][1]["label"] == "现病史及转诊原因"
    assert [each["item"] for each in found["recommended"]] == ["ecg"]


# Written afterwards.


def test_the_last_part_meets_it(world: World) -> None:
    sent = rushed(world)
    version = sent.version
    first = do(world.doctor, "documentation", sent, {"reason_code": "critical"})
    assert [each["item"] for each in first.body["missing"]] == ["reason"]
    assert first.headers["ETag"] == f'"{version + 1}"'
    second = do(
        world.colleague, "documentation", sent, {"reason": REST["reason"], "allergies": "无"}
    )
    assert (second.status, second.body["missing"]) == (200, [])
    after = reload(sent)
    assert (after.reason, after.allergies, after.status) == (REST["reason"], "无", "accepted")
    assert after.version == version + 2
    assert history(after) == ["create", "submit", "accept"]
    assert [each["item"] for each in second.body["called_for"]] == ["reason_code", "reason"]
    asked = Documentation.objects.get(referral=sent)
    assert asked.met_by_id == world.colleague.user.pk
    assert second.body["met_at"] == (asked.met_at and asked.met_at.isoformat())
    assert heard(after, "referral.documented") == {world.hospital.pk}
    assert audited(after, "referral.document", by=world.colleague) == 1
    refused(world.doctor, "documentation", sent, 409, "nothing-to-document", {"treatment": "吸氧"})


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.ARRIVED, Status.COMPLETED])
def test_however_far_the_patient_has_come(world: World, status: Status) -> None:
    sent = rushed(world)
    words: dict[str, dict[str, Any]] = {
        "schedule": {"scheduled_for": timezone.now() + HOUR},
        "complete": {"outcome": "improved", "no_return_reason": "recovered"},
    }
    steps = {Status.SCHEDULED: ["schedule"], Status.ARRIVED: ["arrive"]}
    for verb in steps.get(status, ["arrive", "complete"]):
        sent = world.move(sent, verb, world.office, **words.get(verb, {}))
    assert do(world.doctor, "documentation", sent, REST).status == 200
    assert reload(sent).status == status


def test_what_was_sent_stays(world: World) -> None:
    sent = rushed(world)
    body = {**REST, "diagnosis": "主动脉夹层"}
    answer = refused(world.doctor, "documentation", sent, 422, "written-already", body)
    assert set(answer.body["errors"]) == {"diagnosis"}
    do(world.doctor, "documentation", sent, {"reason": "胸痛"})
    refused(world.doctor, "documentation", sent, 422, "written-already", {"reason": "腹痛"})


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"urgency": "routine"}, {"to_facility": None}, {"reason_code": "x"}],
)
def test_what_is_no_documentation(world: World, body: dict[str, Any]) -> None:
    refused(world.doctor, "documentation", rushed(world), 400, "invalid", body)


def test_who_writes_it(world: World) -> None:
    sent = rushed(world)
    refused(world.office, "documentation", sent, 403, "not-sender", REST)
    refused(world.chief, "documentation", sent, 403, "no-permission", REST)
    refused(world.manager, "documentation", sent, 403, "no-permission", REST)
    hidden_from(world.stranger, "documentation", sent, REST)
    hidden_from(world.nurse, "documentation", sent, REST)


def test_who_reads_it(world: World) -> None:
    sent = rushed(world)
    assert shown(world.doctor, sent) == shown(world.office, sent) == shown(world.manager, sent)
    for who in (world.stranger, world.nurse, world.outsider):
        assert who.api.get(f"/referrals/{sent.pk}/documentation/").status == 404


def test_manners(world: World) -> None:
    well_mannered(world.doctor, "documentation", rushed(world), REST)


def test_nobody_writes_it_past_the_rules(world: World) -> None:
    sent = rushed(world)
    fill = "UPDATE referral_referral SET reason = 'x', version = version + 1 WHERE id = %s"
    change = "UPDATE referral_referral SET diagnosis = 'x' WHERE id = %s"
    for who, sql in ((world.office, fill), (world.office, change), (world.doctor, change)):
        scope.enter(who.actor)
        with pytest.raises(IntegrityError, match="what a referral is about does not change"):
            run(sql, [sent.pk])
    urgent = world.at(Status.ACCEPTED, urgency=Urgency.URGENT)
    scope.enter(world.doctor.actor)
    with pytest.raises(IntegrityError, match="what a referral is about does not change"):
        run("UPDATE referral_referral SET allergies = 'x' WHERE id = %s", [urgent.pk])
    assert run(fill, [sent.pk]) == 1
    with pytest.raises(IntegrityError, match="may change"):
        run("UPDATE referral_documentation SET items = '{plan}' WHERE referral_id = %s", [sent.pk])
    met = "UPDATE referral_documentation SET met_at = now() WHERE referral_id = %s"
    for who, rows in ((world.stranger, 0), (world.office, 0), (world.doctor, 1)):
        scope.enter(who.actor)
        assert run(met, [sent.pk]) == rows
    new = "INSERT INTO referral_documentation (referral_id, items, due_at) VALUES (%s, '{plan}', now())"
    other = world.at(Status.SUBMITTED)
    scope.enter(world.office.actor)
    with pytest.raises(DatabaseError):
        run(new, [other.pk])


# Called for.


def test_it_stands_in_the_senders_list_until_it_is_met(world: World) -> None:
    late, later = rushed(world), rushed(world)
    world.emergency()
    as_system()
    Documentation.objects.filter(referral=late).update(due_at=timezone.now() - HOUR)
    rows = listed(world.doctor)
    assert [(row["referral"]["id"], row["overdue"]) for row in rows] == [
        (str(late.pk), True),
        (str(later.pk), False),
    ]
    assert [each["item"] for each in rows[0]["missing"]] == ["reason_code", "reason"]
    for nobody in (world.office, world.stranger, world.nurse):
        assert listed(nobody) == []
    do(world.doctor, "documentation", late, REST)
    world.move(later, "cancel", world.doctor, reason="condition_changed")
    assert listed(world.doctor) == []


def test_both_ends_see_it_on_the_clock(world: World) -> None:
    sent = rushed(world)
    for who in (world.doctor, world.office, world.manager):
        clock = who.api.get(f"/referrals/{sent.pk}/clock/").body
        assert clock["stage"] == "acknowledge"
        [beside] = clock["beside"]
        assert (beside["stage"], beside["overdue"]) == ("documentation", False)
        assert beside["owner"]["id"] == str(world.clinic.pk)
        assert beside["next_call"]["audience"] == "doctors"
        assert beside["due_at"] == beside["next_call"]["at"]


def test_it_is_called_for_daily_then_weekly_until_the_leg_has_ended(world: World) -> None:
    sent = world.move(rushed(world), "acknowledge", world.office)
    as_system()
    due = Documentation.objects.get(referral=sent).due_at
    assert made(sent, due) == []
    assert made(sent, due + SECOND) == [(1, 0)]
    assert made(sent, due + 3 * DAY) == [(2, 0), (3, 0), (4, 0)]
    assert made(sent, due + 10 * DAY - SECOND) == []
    assert made(sent, due + 10 * DAY) == [(4, 1)]
    assert made(sent, due + 17 * DAY) == [(4, 2)]
    world.move(sent, "arrive", world.office)
    now = due + 18 * DAY
    ended(world, sent)
    Referral.objects.filter(pk=sent.pk).update(ended_at=now)
    assert made(sent, due + 400 * DAY) == []
    clock = world.doctor.api.get(f"/referrals/{sent.pk}/clock/").body
    assert [each["stage"] for each in clock["beside"]] == ["documentation"]


def test_after_the_end_each_step_calls_once(world: World) -> None:
    sent = rushed(world)
    world.move(sent, "arrive", world.office)
    ended(world, sent)
    due = Documentation.objects.get(referral=sent).due_at
    assert made(sent, due + 400 * DAY) == [(1, 0), (2, 0), (3, 0), (4, 0)]
    assert made(sent, due + 800 * DAY) == []


def test_what_the_receiver_filled_in_meanwhile_is_called_for_no_more(world: World) -> None:
    want(world, {**HARD, "item": "results"})
    sent = world.move(world.emergency(), "arrive", world.office)
    words = {"outcome": "improved", "no_return_reason": "recovered", "results": "CT未见出血"}
    world.move(sent, "complete", world.office, **words)
    as_system()
    due = Documentation.objects.get(referral=sent).due_at
    assert made(sent, due + SECOND) == []
    assert shown(world.doctor, sent)["met_at"] is not None
    assert listed(world.doctor) == []


def test_the_sweep_finds_what_is_late(world: World) -> None:
    sent = world.move(rushed(world), "acknowledge", world.office)
    done = world.move(rushed(world), "acknowledge", world.office)
    backdate(sent, submitted_at=timedelta(hours=25))
    assert tasks.remind() == 0
    as_system()
    Documentation.objects.filter(referral__in=[sent, done]).update(due_at=timezone.now() - HOUR)
    do(world.doctor, "documentation", done, REST)
    assert (tasks.remind(), tasks.remind()) == (1, 0)
    as_system()
    assert list(Reminder.objects.values_list("referral_id", "stage")) == [
        (sent.pk, "documentation")
    ]
    assert documentation.overdue(timezone.now()).get() == sent


def made(leg: Referral, at: Any) -> list[tuple[int, int]]:
    """Let the sweep come by at a moment; return the calls for documentation that it made."""
    as_system()
    known = set(Reminder.objects.filter(referral=leg).values_list("pk", flat=True))
    actions.remind(leg.pk, by=Actor.system(), now=at)
    rows = Reminder.objects.filter(referral=leg, stage="documentation").exclude(pk__in=known)
    return sorted(rows.values_list("step", "window"))


def ended(world: World, leg: Referral) -> Referral:
    return world.move(
        leg, "complete", world.office, outcome="improved", no_return_reason="recovered"
    )
