"""What a leg carries: prefilled, replaced as a whole, sent on, seen by both ends, unchanged once submitted."""

from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from referral.models import Medicine, Referral
from referral.states import Status
from tests.factories import Person, World, as_system, reload
from tests.referral.expect import do, refused, snapshot
from tests.referral.plans import REASON, long_prescription, medicine, sent
from tests.referral.raw import run, seen

VISITS: Final = [
    {"side": "down", "due_in_days": 14, "purpose": "复查血压"},
    {"side": "up", "due_in_days": 84},
]
SIGNS: Final = [
    {"code": "blood_pressure_high", "action": "go_up"},
    {"text": "头晕加重", "action": "call_clinic"},
]
TABLES: Final = ("medicine", "nextvisit", "warningsign", "longprescription")


def whole(**changes: Any) -> dict[str, Any]:
    """Return the body of a return with every part of a plan."""
    parts = {
        "next_visits": VISITS,
        "warning_signs": SIGNS,
        "long_prescription": long_prescription(),
        **changes,
    }
    return sent(medicine(60), medicine(14, name="阿托伐他汀钙片"), **parts)


def planned(world: World, **changes: Any) -> Referral:
    """Return a submitted return with every part of a plan."""
    answer = do(world.office, "return", world.at(Status.ARRIVED), whole(**changes))
    assert answer.status == 201, answer
    as_system()
    return reload(Referral.objects.get(pk=answer.body["id"]))


def read(who: Person, leg: Referral) -> dict[str, Any]:
    answer = who.api.get(f"/referrals/{leg.pk}/")
    assert answer.status == 200, answer
    return answer.body


def test_both_ends_read_the_whole_plan_in_its_order(world: World) -> None:
    leg = planned(world)
    for who in (world.office, world.doctor, world.manager):
        shown = read(who, leg)
        assert [row["name"] for row in shown["medicines"]] == ["苯磺酸氨氯地平", "阿托伐他汀钙片"]
        assert shown["medicines"][0]["frequency"] == "每日一次"
        assert [row["side"] for row in shown["next_visits"]] == ["down", "up"]
        assert [row["code"] for row in shown["warning_signs"]] == ["blood_pressure_high", ""]
        assert shown["long_prescription"]["signature_method"] == "paper"
        assert (shown["feedback"], shown["warnings"]) == (None, [])
    assert world.stranger.api.get(f"/referrals/{leg.pk}/").status == 404


def test_medicines_are_prefilled_from_the_way_up(world: World) -> None:
    taken = [medicine(None), medicine(30, name="二甲双胍片", note="餐后")]
    body = world.body(medicines=taken, submit=True)
    up = world.doctor.api.post("/referrals/", body).body["id"]
    for verb in ("accept", "arrive"):
        assert world.office.api.post(f"/referrals/{up}/{verb}/").status == 200
    shown = world.office.api.get(f"/referrals/{up}/").body["medicines"]
    answer = world.office.api.post(f"/referrals/{up}/return/", {**REASON, "submit": True})
    assert answer.status == 201, answer
    carried = answer.body["medicines"]
    assert [row["name"] for row in carried] == [row["name"] for row in shown]
    assert carried[1]["note"] == "餐后"
    # For how long is the hospital's decision, not that of whoever prescribed before.
    assert [row["days"] for row in carried] == [None, None]


def test_what_is_given_replaces_what_was_prefilled(world: World) -> None:
    up = world.at(Status.ARRIVED)
    as_system()
    Medicine.objects.create(referral=up, position=0, name="旧药")
    for given in ([medicine(7)], []):
        leg = do(world.office, "return", up, {**REASON, "medicines": given})
        assert [row["name"] for row in leg.body["medicines"]] == [row["name"] for row in given]
        do(world.office, "cancel", Referral(pk=leg.body["id"]), {"reason": "duplicate"})


def test_a_draft_replaces_each_part_it_names_as_a_whole(world: World) -> None:
    body = {**whole(), "submit": False}
    leg = f"/referrals/{do(world.office, 'return', world.at(Status.ARRIVED), body).body['id']}/"
    answer = world.office.api.patch(leg, {"medicines": [medicine(3)], "next_visits": []})
    assert answer.status == 200, answer
    assert [row["days"] for row in answer.body["medicines"]] == [3]
    assert answer.body["next_visits"] == []
    assert len(answer.body["warning_signs"]) == 2
    assert answer.body["long_prescription"] is not None
    gone = world.office.api.patch(leg, {"long_prescription": None})
    assert gone.body["long_prescription"] is None
    assert gone.headers["ETag"] == '"3"'


def test_nothing_of_a_plan_goes_upwards_but_medicines(world: World) -> None:
    draft = world.draft()
    for name, part in (
        ("next_visits", VISITS),
        ("warning_signs", SIGNS),
        ("long_prescription", long_prescription()),
    ):
        answer = world.doctor.api.patch(f"/referrals/{draft.pk}/", {name: part})
        assert (answer.status, answer.code) == (422, "no-plan-upwards")
        assert set(answer.body["errors"]) == {name}
    answer = world.doctor.api.patch(f"/referrals/{draft.pk}/", {"medicines": [medicine()]})
    assert [row["name"] for row in answer.body["medicines"]] == ["苯磺酸氨氯地平"]


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ({"medicines": [{"days": 7}]}, "medicines.0.name"),
        ({"medicines": [medicine(0)]}, "medicines.0.days"),
        ({"medicines": [medicine(7, drug_class="sweet")]}, "medicines.0.drug_class"),
        ({"medicines": [medicine(7, price=3)]}, "medicines.0.price"),
        ({"medicines": [medicine("7")]}, "medicines.0.days"),  # type: ignore[arg-type]
        ({"medicines": [medicine(7)] * 51}, "medicines"),
        ({"next_visits": [{"side": "down"}]}, "next_visits.0.due_on"),
        ({"next_visits": [{**VISITS[0], "due_on": "2099-01-01"}]}, "next_visits.0.due_on"),
        ({"next_visits": [{"side": "left", "due_in_days": 1}]}, "next_visits.0.side"),
        ({"warning_signs": [{"action": "go_up"}]}, "warning_signs.0.code"),
        ({"warning_signs": [{"text": "x", "action": "wait"}]}, "warning_signs.0.action"),
        ({"long_prescription": {"diagnosis_clear": "yes"}}, "long_prescription.diagnosis_clear"),
    ],
)
def test_a_bad_field_is_named(world: World, part: dict[str, Any], field: str) -> None:
    up = world.at(Status.ARRIVED)
    answer = refused(world.office, "return", up, 400, "invalid", {**REASON, **part})
    assert any(name.startswith(field) for name in answer.body["errors"]), answer


@pytest.mark.parametrize(("days", "good"), [(-1, False), (0, True), (366, True), (367, False)])
def test_a_visit_is_from_today_on_within_a_year(world: World, days: int, good: bool) -> None:
    day = timezone.localdate() + timedelta(days=days)
    body = sent(next_visits=[{"side": "down", "due_on": str(day)}])
    answer = do(world.office, "return", world.at(Status.ARRIVED), body)
    assert answer.status == (201 if good else 422), answer
    assert answer.code == ("" if good else "next-visit-day")


def test_a_plan_goes_with_a_leg_that_is_sent_on(world: World) -> None:
    leg = planned(world)
    _ = world.sister
    answer = do(world.doctor, "redirect", leg, {"to_facility": str(world.sister.pk)})
    assert answer.status == 200, answer
    as_system()
    onward = Referral.objects.get(previous=leg)
    shown, before = read(world.nurse, onward), read(world.office, leg)
    for name in ("medicines", "next_visits", "warning_signs"):
        rows = [{key: row[key] for key in row if key != "id"} for row in shown[name]]
        assert rows == [{key: row[key] for key in row if key != "id"} for row in before[name]]
    assert shown["long_prescription"] == before["long_prescription"]


def test_medicines_go_with_a_leg_upwards_that_is_sent_on(world: World) -> None:
    body = world.body(medicines=[medicine()], submit=True)
    up = Referral(pk=world.doctor.api.post("/referrals/", body).body["id"])
    do(world.office, "redirect", up, {"to_facility": str(world.second.pk)})
    as_system()
    onward = Referral.objects.get(previous=up.pk)
    assert len(read(world.second_office, onward)["medicines"]) == 1


# By plain SQL, as the application's role.


def test_the_rows_show_themselves_as_their_leg_does(world: World) -> None:
    leg = planned(world)
    sees = (world.office.actor, world.doctor.actor, world.manager.actor, Actor.system())
    for actor in sees:
        scope.enter(actor)
        assert [seen(table, "referral_id", leg.pk) for table in TABLES] == [2, 2, 2, 1]
    for who in (world.stranger, world.outsider, world.nurse):
        scope.enter(who.actor)
        assert [seen(table, "referral_id", leg.pk) for table in TABLES] == [0, 0, 0, 0]


def test_a_draft_shows_its_rows_to_its_author_alone(world: World) -> None:
    answer = do(world.office, "return", world.at(Status.ARRIVED), {**whole(), "submit": False})
    pk = answer.body["id"]
    for who, expected in ((world.office, 2), (world.doctor, 0), (world.manager, 0)):
        scope.enter(who.actor)
        assert seen("medicine", "referral_id", pk) == expected


def test_what_was_submitted_stays_whoever_tries(world: World) -> None:
    leg = planned(world)
    before = snapshot(*(f"referral_{table}" for table in TABLES))
    names = {"medicine": "note", "nextvisit": "purpose", "warningsign": "text"}
    for actor in (world.office.actor, world.doctor.actor, world.manager.actor, Actor.system()):
        scope.enter(actor)
        for table in TABLES:
            column = names.get(table, "assessment")
            sql = f"UPDATE referral_{table} SET {column} = 'x' WHERE referral_id = %s"
            assert run(sql, [leg.pk]) == 0, (table, actor)
            assert run(f"DELETE FROM referral_{table} WHERE referral_id = %s", [leg.pk]) == 0
    assert snapshot(*(f"referral_{table}" for table in TABLES)) == before


def test_nobody_adds_to_what_was_submitted_nor_to_anothers_draft(world: World) -> None:
    leg, draft = planned(world), world.draft()
    sql = (
        "INSERT INTO referral_warningsign (id, referral_id, position, code, text, action)"
        " VALUES (gen_random_uuid(), %s, 9, '', 'x', 'go_up')"
    )
    for target, people in (
        (leg, (world.office, world.doctor, world.manager, world.stranger)),
        (draft, (world.office, world.stranger)),
    ):
        for who in people:
            scope.enter(who.actor)
            with pytest.raises(DatabaseError, match="row-level security"):
                run(sql, [target.pk])
    scope.enter(world.doctor.actor)
    assert run(sql, [draft.pk]) == 1


@pytest.mark.parametrize("table", [*TABLES, "returnfeedback"])
def test_the_owner_obeys_too(db: None, table: str) -> None:
    sql = "SELECT 1 FROM pg_class WHERE relname = %s AND relrowsecurity AND relforcerowsecurity"
    assert run(sql, [f"referral_{table}"]) == 1
