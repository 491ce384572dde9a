"""The way back on its page: medicines with days, visits, warning signs, and what more than four weeks need."""

import re
from typing import Any

from django.utils import timezone

from referral.models import DownReview, LongPrescription, Medicine, NextVisit, Referral, WarningSign
from referral.states import Status
from tests.factories import World, as_system
from tests.pages.conftest import browser_of, text_of
from tests.referral.plans import REASON
from tests.referral.test_down_candidates import LIMP, STABLE, review

TAKEN = {"name": "苯磺酸氨氯地平", "strength": "片剂 5mg", "dose": "5mg", "frequency": "每日一次"}
SIGNED = {
    "assessment": "血压平稳三个月",
    "signature_method": "paper",
    "signed_by": "patient",
    "signed_at": "2026-01-05T09:30",
}
TICKS = (
    "diagnosis_clear",
    "regimen_stable",
    "adherence_good",
    "condition_controlled",
    "long_term_needed",
)


def arrived(world: World, *medicines: dict[str, Any]) -> Referral:
    """Return an arrived leg whose sender wrote these medicines."""
    up = world.at(Status.ARRIVED)
    as_system()
    for place, words in enumerate(medicines):
        Medicine.objects.create(referral=up, position=place, **words)
    return up


def row(part: str, place: int, **words: Any) -> dict[str, Any]:
    return {f"{part}-{place}-{name}": value for name, value in words.items()}


def send(world: World, up: Referral, **words: Any) -> Any:
    body = {"version": up.version, **REASON, "planned": "1", **words}
    return browser_of(world.office).post(f"/referrals/{up.pk}/return/", body)


def back(up: Referral) -> Referral:
    as_system()
    return Referral.objects.get(previous=up)


def test_the_medicines_of_the_way_up_stand_there_without_their_days(world: World) -> None:
    up = arrived(world, {**TAKEN, "days": 7})
    html = browser_of(world.office).get(f"/referrals/{up.pk}/?open=return").content.decode()
    assert 'name="medicines-0-name" value="苯磺酸氨氯地平"' in html
    assert re.search(r'name="medicines-0-days"(?! value)', html)
    for part in ("next_visits-0-due_on", "warning_signs-0-code", "long_prescription-0-signed_at"):
        assert f'name="{part}"' in html
    assert "（待核对" not in html
    theirs = browser_of(world.doctor).get(f"/referrals/{up.pk}/").content.decode()
    assert "medicines-0-name" not in theirs


def test_the_return_begins_with_what_the_rules_of_the_way_down_ask_for(world: World) -> None:
    up = arrived(world)
    Referral.objects.filter(pk=up.pk).update(plan="")
    assert review(world.office, up, observations=STABLE).status == 201
    as_system()
    html = browser_of(world.office).get(f"/referrals/{up.pk}/?open=return").content.decode()
    [form] = re.findall(rf'(?s)<form[^>]*action="/referrals/{up.pk}/return/".*?</form>', html)
    assert re.search(r'value="stable_continue" selected', form)
    kept = DownReview.objects.filter(referral=up).latest("id").results
    days = [each["follow_up_days"] for each in kept if each["outcome"] == "met"]
    [plan] = re.findall(r'(?s)<textarea name="plan".*?>\s?(.*?)</textarea>', form)
    assert plan == (f"{days[0]} 天内在基层随访。" if days[0] else "")


def test_the_return_begins_empty_where_no_rule_says_that_the_patient_may_go_down(
    world: World,
) -> None:
    up = arrived(world)
    review(world.office, up, observations=LIMP)
    as_system()
    html = browser_of(world.office).get(f"/referrals/{up.pk}/?open=return").content.decode()
    [form] = re.findall(rf'(?s)<form[^>]*action="/referrals/{up.pk}/return/".*?</form>', html)
    assert 'value="stable_continue" selected' not in form


def test_a_plan_is_written_on_the_page(world: World) -> None:
    up = arrived(world)
    today = timezone.localdate().isoformat()
    answer = send(
        world,
        up,
        **row("medicines", 0, **TAKEN, days="28"),
        # The second row was left empty, and the third one filled in.
        **row("medicines", 2, name="阿托伐他汀钙片", days="14", drug_class=""),
        **row("next_visits", 0, side="down", due_on=today, purpose="测血压"),
        **row("warning_signs", 0, code="blood_pressure_high", action="go_up"),
        **row("warning_signs", 1, text="剧烈头痛", action="emergency"),
    )
    leg = back(up)
    assert answer.redirect_chain == [(f"/referrals/{leg.pk}/", 302)]
    assert "苯磺酸氨氯地平" in text_of(answer)
    assert leg.status == Status.SUBMITTED
    medicines = Medicine.objects.filter(referral=leg).order_by("position")
    assert [(each.name, each.days) for each in medicines] == [
        ("苯磺酸氨氯地平", 28),
        ("阿托伐他汀钙片", 14),
    ]
    assert NextVisit.objects.get(referral=leg).purpose == "测血压"
    signs = WarningSign.objects.filter(referral=leg).order_by("position")
    assert [each.action for each in signs] == ["go_up", "emergency"]
    assert not LongPrescription.objects.filter(referral=leg).exists()


def test_twelve_weeks_with_assessment_and_signature_and_not_a_day_more(world: World) -> None:
    up = arrived(world)
    signed = row("long_prescription", 0, **SIGNED, **dict.fromkeys(TICKS, "on"))
    late = send(world, up, **row("medicines", 0, **TAKEN, days="85"), **signed)
    assert late.status_code == 422
    assert 'id="return_medicines-0-days_error"' in late.content.decode()
    bare = send(world, up, **row("medicines", 0, **TAKEN, days="84"))
    assert bare.status_code == 422
    html = bare.content.decode()
    assert 'name="medicines-0-days" value="84"' in html, "what was typed stays"
    assert 'id="return_long_prescription-0-assessment_error"' in html
    whole = send(world, up, **row("medicines", 0, **TAKEN, days="84"), **signed)
    leg = back(up)
    assert whole.redirect_chain == [(f"/referrals/{leg.pk}/", 302)]
    long = LongPrescription.objects.get(referral=leg)
    assert (long.assessment, long.assessed_by_id) == ("血压平稳三个月", world.office.user.pk)


def test_an_excluded_class_is_refused_at_its_row(world: World) -> None:
    up = arrived(world)
    answer = send(
        world,
        up,
        **row("medicines", 1, **TAKEN, days="14"),
        **row("medicines", 3, name="艾司唑仑片", days="30"),
    )
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'id="return_medicines-3-drug_class_error"' in html
    assert "待核对" in text_of(answer)
    as_system()
    assert not Referral.objects.filter(previous=up).exists()


def test_what_is_wrong_with_a_row_is_said_there(world: World) -> None:
    up = arrived(world)
    answer = send(
        world,
        up,
        **row("medicines", 0, strength="5mg", days="two"),
        **row("next_visits", 0, side="down"),
        **row("warning_signs", 0, code="fever"),
        **row("long_prescription", 0, signed_by="patient"),
    )
    assert answer.status_code == 400
    html = answer.content.decode()
    for field in (
        "medicines-0-name",
        "medicines-0-days",
        "next_visits-0-due_on",
        "warning_signs-0-action",
        "long_prescription-0-signed_at",
    ):
        assert f'id="return_{field}_error"' in html, field


def test_all_medicines_taken_off_are_off(world: World) -> None:
    up = arrived(world, TAKEN)
    send(world, up, **row("medicines", 0, name=""))
    assert not Medicine.objects.filter(referral=back(up)).exists()


def test_without_the_rows_the_medicines_go_along(world: World) -> None:
    up = arrived(world, TAKEN)
    body = {"version": up.version, **REASON}
    browser_of(world.office).post(f"/referrals/{up.pk}/return/", body)
    assert [each.name for each in Medicine.objects.filter(referral=back(up))] == [TAKEN["name"]]


def test_as_many_rows_as_are_needed(world: World) -> None:
    many = [{"name": f"某药{number}"} for number in range(11)]
    up = arrived(world, *many)
    html = browser_of(world.office).get(f"/referrals/{up.pk}/?open=return").content.decode()
    assert 'name="medicines-12-name"' in html
    assert 'name="medicines-13-name"' not in html
    sent = {key: each for n in range(60) for key, each in row("medicines", n, name="某药").items()}
    answer = send(world, up, **sent)
    assert answer.status_code in {200, 400}
    as_system()
    assert not Medicine.objects.filter(referral__previous=up).count() > 50
