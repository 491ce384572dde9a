"""What an alliance sets of the criteria: from tomorrow on, for its own legs, kept with what was judged by it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.errors import Refused
from audit.models import Event
from facilities.vocabulary import AllianceForm
from referral import actions
from referral.codes import CriterionMode
from referral.criteria import held, loading
from referral.criteria.shapes import Rule
from referral.models import Assessment, CriterionSetting, Referral
from referral.queries import criteria as queries_criteria
from tests.facilities.factories import make_alliance
from tests.factories import Person, World, as_system, make_person, reload

DAY = timedelta(days=1)
# Blood pressure of 180/110 or more at the first visit.
RULE = "HTN-I1"
BELOW: dict[str, Any] = {
    "sbp": {"value": 170, "unit": "mmHg"},
    "dbp": {"value": 90, "unit": "mmHg"},
}


def rule(name: str) -> Rule:
    [found] = [each for each in loading.book().rules if each.id == name]
    return found


def place_of(one: Rule, variable: str) -> int:
    return next(n for n, leaf in enumerate(one.when.leaves()) if leaf.variable == variable)


def tomorrow() -> date:
    return timezone.localdate() + DAY


def put(
    world: World,
    *,
    name: str = RULE,
    who: Person | None = None,
    alliance: Any = None,
    mode: CriterionMode = CriterionMode.OWN,
    thresholds: dict[str, str] | None = None,
    **said: Any,
) -> CriterionSetting:
    """Set a rule of the alliance as its manager, from tomorrow on unless it says otherwise."""
    one, by = rule(name), (who or world.manager).actor
    numbers = {place_of(one, key): Decimal(text) for key, text in (thresholds or {}).items()}
    words: dict[str, Any] = {
        "reason": "本地试点",
        "source": "医联体2026年第5号通知",
        "starts": tomorrow(),
        **said,
    }
    alliance_id = (alliance or world.alliance).pk
    made = actions.set_criterion(alliance_id, one, by=by, mode=mode, thresholds=numbers, **words)
    as_system()
    return made


@pytest.fixture
def next_day() -> Callable[[], Any]:
    """Return how a test goes on on the next day at noon."""

    def travel() -> Any:
        noon = timezone.localtime().replace(hour=12) + DAY
        return time_machine.travel(noon, tick=True)

    return travel


def observe(world: World, leg: Referral, observations: Any = None, **words: Any) -> dict[str, Any]:
    """Keep what was observed of a draft, and return what the rule says of it."""
    body = {"observations": observations or BELOW, "visit": "first", **words}
    answer = world.doctor.api.put(f"/referrals/{leg.pk}/assessment/", body)
    assert answer.status == 200, answer
    return said(answer.body["results"])


def said(results: list[dict[str, Any]], name: str = RULE) -> dict[str, Any]:
    """Return the result of a rule, nothing where it was not asked."""
    return next((each for each in results if each["rule"] == name), {})


def leg(world: World, **fields: Any) -> Referral:
    """Return a draft about high blood pressure."""
    found = world.draft(diagnosis_code="I10", **fields)
    as_system()
    return found


def test_it_holds_from_its_day_on_and_is_named_in_what_is_kept(
    world: World, next_day: Callable[[], Any]
) -> None:
    setting = put(world, thresholds={"sbp": "160"})
    today = observe(world, leg(world))
    assert (today["outcome"], today["own"], today["own_words"]) == ("not-met", None, "")
    with next_day():
        draft = leg(world)
        found = observe(world, draft)
        assert found["outcome"] == "met"
        assert found["own"] == {
            "alliance": str(world.alliance.pk),
            "since": str(setting.starts),
            "source": "医联体2026年第5号通知",
        }
        compared = found["compared"][0]
        assert (compared["threshold"], compared["standard"]) == (160, 180)
        assert found["compared"][1]["standard"] is None
        assert found["own_words"] == "本联盟标准：≥ 160 mmHg（文件为180）"
        sent = world.doctor.api.post(f"/referrals/{draft.pk}/submit/", {})
        assert sent.status == 200, sent
    as_system()
    kept = Assessment.objects.get(referral=draft)
    assert kept.met == [RULE]
    assert said(kept.results)["own"]["source"] == "医联体2026年第5号通知"


def test_what_was_sent_before_keeps_what_held_on_its_day(
    world: World, next_day: Callable[[], Any]
) -> None:
    put(world, thresholds={"sbp": "160"})
    old = leg(world)
    observe(world, old, override_reason="clinical_judgement", override_note="患者要求")
    assert world.doctor.api.post(f"/referrals/{old.pk}/submit/", {}).status == 200
    with next_day():
        shown = world.office.api.get(f"/referrals/{old.pk}/assessment/").body
    found = said(shown["results"])
    assert (found["outcome"], found["compared"][0]["threshold"]) == ("not-met", 180)


def test_what_was_kept_before_anything_could_be_set_is_still_read(world: World) -> None:
    draft = leg(world)
    observe(world, draft)
    as_system()
    kept = Assessment.objects.get(referral=draft)
    for result in kept.results:
        del result["own"]
        for compared in result["compared"]:
            del compared["standard"]
    kept.save(update_fields=["results"])
    shown = world.doctor.api.get(f"/referrals/{draft.pk}/assessment/")
    assert said(shown.body["results"])["own"] is None


def test_a_rule_that_is_switched_off_is_not_asked(
    world: World, next_day: Callable[[], Any]
) -> None:
    put(world, mode=CriterionMode.OFF)
    high = {"sbp": {"value": 200, "unit": "mmHg"}, "dbp": {"value": 90, "unit": "mmHg"}}
    assert observe(world, leg(world), high)["outcome"] == "met"
    with next_day():
        assert observe(world, leg(world), high) == {}


def test_follow_up_days_of_its_own(world: World, next_day: Callable[[], Any]) -> None:
    put(world, name="HTN-F5", follow_up_days=7)
    with next_day():
        body = {
            "diagnosis": "I10",
            "from_tier": 1,
            "to_tier": 2,
            "visit": "follow-up",
            "observations": {"bp_unsatisfactory_visits": {"value": 2}},
        }
        answer = world.doctor.api.post("/criteria/evaluate/", body)
        found = said(answer.body["results"], "HTN-F5")
        assert (found["outcome"], found["follow_up_days"]) == ("met", 7)
        assert found["own_words"] == "按本联盟规定"


def test_the_alliance_in_which_the_leg_goes_decides(
    world: World, next_day: Callable[[], Any]
) -> None:
    """The clinic is in two alliances; the second one, which it shares with the second hospital, holds 160."""
    other = make_alliance(world.second, world.clinic, form=AllianceForm.COUNTY_COMMUNITY)
    manager = _manager(world, world.second)
    put(world, who=manager, alliance=other, thresholds={"sbp": "160"})
    with next_day():
        here = leg(world)
        there = leg(world, to_facility_id=world.second.pk)
        assert observe(world, here)["outcome"] == "not-met"
        assert observe(world, there)["outcome"] == "met"


def _manager(world: World, facility: Any) -> Person:
    return make_person(facility, "alliance_manager")


def test_before_a_receiver_is_chosen_the_more_careful_one_speaks(
    world: World, next_day: Callable[[], Any]
) -> None:
    other = make_alliance(world.second, world.clinic, form=AllianceForm.COUNTY_COMMUNITY)
    _ = world.alliance
    put(world, who=_manager(world, world.second), alliance=other, thresholds={"sbp": "160"})
    put(world, mode=CriterionMode.OFF)
    with next_day():
        draft = leg(world, to_facility_id=None)
        assert observe(world, draft)["outcome"] == "met"
        high = {"sbp": {"value": 200, "unit": "mmHg"}, "dbp": {"value": 90, "unit": "mmHg"}}
        assert observe(world, draft, high)["outcome"] == "met"


def test_who_may_not(world: World) -> None:
    for who in (world.doctor, world.office, world.chief, world.stranger, world.outsider):
        with pytest.raises(Refused) as refused:
            put(world, who=who, thresholds={"sbp": "160"})
        assert refused.value.code in {"role-lacks-right", "not-its-manager"}
    assert not CriterionSetting.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "code"),
    [
        ({"sbp": "29.9"}, "threshold-out-of-range"),
        ({"sbp": "300.1"}, "threshold-out-of-range"),
        ({"sbp": "NaN"}, "threshold-out-of-range"),
        ({"sbp": "Infinity"}, "threshold-out-of-range"),
        ({"sbp": "180"}, "criterion-unchanged"),
        ({}, "criterion-unchanged"),
        ({"sbp": "30"}, ""),
        ({"sbp": "300"}, ""),
    ],
)
def test_a_threshold_lies_within_the_schema(
    world: World, numbers: dict[str, str], code: str
) -> None:
    if not code:
        assert put(world, thresholds=numbers).thresholds == {"0": numbers["sbp"]}
        return
    with pytest.raises(Refused) as refused:
        put(world, thresholds=numbers)
    assert refused.value.code == code


def test_what_is_no_number_has_no_threshold(world: World) -> None:
    one = rule("HTN-I2")
    flags = [n for n, leaf in enumerate(one.when.leaves()) if isinstance(leaf.threshold, bool)]
    for place in (flags[0], 99):
        with pytest.raises(Refused) as refused:
            actions.set_criterion(
                world.alliance.pk,
                one,
                by=world.manager.actor,
                mode=CriterionMode.OWN,
                thresholds={place: Decimal(1)},
                reason="x",
                source="x",
                starts=tomorrow(),
            )
        assert refused.value.code == "threshold-out-of-range"


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "criterion-from-tomorrow"), (0, "criterion-from-tomorrow"), (1, "")]
)
def test_it_begins_tomorrow_at_the_earliest(world: World, days: int, code: str) -> None:
    starts = timezone.localdate() + days * DAY
    if not code:
        assert put(world, mode=CriterionMode.OFF, starts=starts).starts == starts
        return
    with pytest.raises(Refused) as refused:
        put(world, mode=CriterionMode.OFF, starts=starts)
    assert refused.value.code == code


def test_a_change_is_a_new_row_and_a_planned_one_is_withdrawn(world: World) -> None:
    first = put(world, mode=CriterionMode.OFF)
    second = put(world, mode=CriterionMode.STANDARD, starts=tomorrow() + 5 * DAY)
    first.refresh_from_db()
    assert first.ends == second.starts
    actions.withdraw_criterion(world.alliance.pk, second.pk, by=world.manager.actor)
    second.refresh_from_db()
    assert second.is_withdrawn
    assert CriterionSetting.objects.get(pk=first.pk).ends is None
    later = timezone.now() + 2 * DAY
    with pytest.raises(Refused) as refused:
        actions.withdraw_criterion(world.alliance.pk, first.pk, by=world.manager.actor, now=later)
    assert refused.value.code == "term-begun"
    names = ["alliance.criterion_set", "alliance.criterion_withdrawn"]
    assert [Event.objects.filter(what=name).count() for name in names] == [2, 1]


def test_others_withdraw_nothing(world: World) -> None:
    row = put(world, mode=CriterionMode.OFF)
    other = make_alliance(world.second, world.sister, form=AllianceForm.COUNTY_COMMUNITY)
    manager = _manager(world, world.second)
    for alliance, code in ((world.alliance.pk, "not-its-manager"), (other.pk, "not-found")):
        with pytest.raises(Refused) as refused:
            actions.withdraw_criterion(alliance, row.pk, by=manager.actor)
        assert refused.value.code == code


def test_the_database_keeps_one_setting_a_day(world: World) -> None:
    row = put(world, mode=CriterionMode.OFF)
    with pytest.raises(IntegrityError), transaction.atomic():
        CriterionSetting.objects.create(
            alliance=world.alliance,
            rule=RULE,
            edition=row.edition,
            mode=CriterionMode.OFF,
            reason="x",
            source="x",
            starts=row.starts,
            created_at=timezone.now(),
        )


def test_a_setting_for_another_edition_says_nothing(world: World) -> None:
    row = put(world, thresholds={"sbp": "160"})
    row.edition -= DAY
    assert held.applied(rule(RULE), row) is rule(RULE)


def test_another_process_knows_it_from_the_first_moment_of_its_day(world: World) -> None:
    """What this process keeps was read a second before another one set the rule, ten seconds before midnight."""
    day = timezone.localdate()
    late = datetime.combine(day, datetime.min.time(), timezone.get_default_timezone())
    late += timedelta(hours=23, minutes=59, seconds=50)
    starts = day + DAY
    with time_machine.travel(late, tick=False) as clock:
        held.settings()
        kept = dict(held._kept)
        put(world, mode=CriterionMode.OFF, starts=starts)
        # Another process has not heard of it.
        held._kept.clear()
        held._kept.update(kept)
        assert held.versions([rule(RULE)], [world.alliance.pk], day) == [[rule(RULE)]]
        clock.shift(timedelta(seconds=10))
        assert held.versions([rule(RULE)], [world.alliance.pk], starts) == []


def test_nobody_pays_where_nothing_is_set(world: World, next_day: Callable[[], Any]) -> None:
    """Where somebody has set something, a leg costs one statement more, and its submission none."""
    places, today = (world.clinic.pk, world.hospital.pk), timezone.localdate()
    held.settings()

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            queries_criteria.judging(*places, today)
        return len(captured)

    assert asked() == 0
    put(world, mode=CriterionMode.OFF)
    with next_day():
        today = timezone.localdate()
        held.settings()
        assert asked() == 1


def test_submitting_asks_nothing_of_the_settings(world: World, next_day: Callable[[], Any]) -> None:
    def statements() -> int:
        draft = leg(world)
        observe(world, draft, override_reason="clinical_judgement", override_note="患者要求")
        held.settings()
        with CaptureQueriesContext(connection) as captured:
            answer = world.doctor.api.post(f"/referrals/{draft.pk}/submit/", {})
        assert answer.status == 200
        assert reload(draft).submitted_at is not None
        return len(captured)

    before = statements()
    put(world, thresholds={"sbp": "175"})
    with next_day():
        statements()
        assert statements() <= before
