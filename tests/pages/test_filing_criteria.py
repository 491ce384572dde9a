"""The criteria on the page that files: what they lack is named, a reason is asked where all of them spoke."""

from collections.abc import Mapping
from typing import Any, Final

from referral.models import Assessment
from referral.states import Status
from tests.criteria.cases import well
from tests.factories import World, reload
from tests.pages.conftest import browser_of, text_of
from tests.pages.test_filing import page, save, send

THREE_DRUGS: Final = "至少三种降压药物足量使用, 血压仍未达标"
DEPARTING: Final = "与标准建议不一致的理由"


def typed(observed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return how the page says observations of which nothing is ticked; the rest is said to be absent."""
    numbers = {name: said for name, said in observed.items() if said["value"] is not False}
    return {
        "visit": "first",
        "rest_no": "on",
        **{f"o_{name}": str(said["value"]) for name, said in numbers.items()},
        **{f"u_{name}": said["unit"] for name, said in numbers.items() if "unit" in said},
    }


def test_a_follow_up_is_judged_by_the_criteria_of_follow_ups(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    seen = {"o_antihypertensive_drugs_at_full_dose": "3", "t_bp_not_at_goal": "on"}
    unknown = save(world.doctor, draft, **seen).content.decode()
    assert 'name="visit"' in unknown
    assert THREE_DRUGS not in unknown
    assert THREE_DRUGS not in save(world.doctor, draft, **seen, visit="first").content.decode()
    assert THREE_DRUGS in save(world.doctor, draft, **seen, visit="follow-up").content.decode()
    assert Assessment.objects.get(referral=draft).visit == "follow-up"
    # Nothing of it is asked where no rule depends on it.
    assert (
        'name="visit"'
        not in browser_of(world.doctor)
        .client.get(page(world.draft(diagnosis_code="M54")))
        .content.decode()
    )


def test_reasons_still_to_be_given_are_among_what_is_missing(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    seen = typed(well("I10"))
    wanted = f'<a class="want" href="#id_override_reason">{DEPARTING}</a>'
    assert wanted in save(world.doctor, draft, **seen).content.decode()
    why = {"override_reason": "clinical_judgement", "override_note": "家族史明确"}
    assert wanted not in save(world.doctor, draft, **seen, **why).content.decode()


def test_what_the_criteria_lack_is_named_and_holds_nothing_up(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    seen = {"o_sbp": "150", "u_sbp": "mmHg"}
    shown = text_of(save(world.doctor, draft, **seen))
    assert DEPARTING not in shown
    assert "部分标准还无法判断，尚缺：" in shown
    assert "舒张压" in shown
    assert "可以照样发送" in shown
    assert "sbp" not in shown
    save(world.doctor, draft, **typed(well("I10", but=("onset_age",))))
    shown = text_of(save(world.doctor, reload(draft), **typed(well("I10", but=("onset_age",)))))
    assert "尚缺：发病年龄。" in shown
    met = {**seen, "o_sbp": "190", "visit": "first"}
    assert "尚缺" not in text_of(save(world.doctor, reload(draft), **met))


def test_it_is_sent_while_criteria_lack_something(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    assert send(world.doctor, draft, o_sbp="150", u_sbp="mmHg").status_code == 200
    assert reload(draft).status == Status.SUBMITTED
