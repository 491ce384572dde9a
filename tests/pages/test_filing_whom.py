"""For whom a referral is filed: found by what is known of them, or registered with both consents."""

import pytest

from patients.models import Consent, ConsentPurpose, Patient
from referral.models import Referral
from referral.states import Status
from tests.factories import World, as_system
from tests.pages.conftest import browser_of, text_of


def test_a_patient_is_found_by_name_pinyin_number_and_telephone(world: World) -> None:
    Patient.objects.filter(pk=world.patient.pk).update(gender="2")
    browser = browser_of(world.doctor)
    for typed in ("欧阳", "ouyang", "oyxm"):
        shown = text_of(browser.post("/file/", {"q": typed}))
        assert "欧阳**" in shown, typed
        assert "欧阳小明" not in shown
    assert "欧阳**" not in text_of(browser.post("/file/", {"q": "wang"}))


def test_what_was_typed_is_in_no_address(world: World) -> None:
    answer = browser_of(world.doctor).post("/file/", {"q": "310115196103041234"})
    assert answer.redirect_chain == []
    assert answer.request["QUERY_STRING"] == ""


def test_patients_of_others_are_not_found(world: World) -> None:
    _ = world.patient
    shown = text_of(browser_of(world.stranger).post("/file/", {"q": "欧阳"}))
    assert "欧阳*" not in shown
    answer = browser_of(world.stranger).post("/file/", {"patient": str(world.patient.pk)})
    assert answer.status_code == 422
    assert not Referral.objects.filter(patient=world.patient).exists()


@pytest.mark.parametrize("sent", ["", "no-id", "00000000-0000-0000-0000-000000000000"])
def test_nobody_is_no_patient(world: World, sent: str) -> None:
    answer = browser_of(world.doctor).post("/file/", {"patient": sent})
    assert answer.status_code in {404, 422}


def test_a_button_pressed_twice_begins_one_draft(world: World) -> None:
    browser, said = browser_of(world.doctor), {"patient": str(world.patient.pk), "key": "k"}
    first, second = (browser.post("/file/", said) for _press in range(2))
    assert first.redirect_chain == second.redirect_chain
    assert Referral.objects.filter(patient=world.patient).count() == 1


def test_somebody_new_is_registered_with_both_consents(world: World) -> None:
    _ = world.alliance
    browser = browser_of(world.doctor)
    blank = browser.post("/file/person/", {"blank": "1", "q": "13812345678"})
    assert 'value="13812345678"' in blank.content.decode()
    said = {
        "key": "one",
        "name": "单雄信",
        "kind": "passport",
        "number": "",
        "gender": "1",
        "birth_date": "1970-05-06",
        "phone": "13812345678",
        "method": "screen",
    }
    first, second = (browser.post("/file/person/", said) for _press in range(2))
    assert first.redirect_chain == second.redirect_chain
    patient = Patient.objects.latest("created_at")
    given = Consent.objects.filter(patient=patient)
    purposes = set(given.values_list("purpose", flat=True))
    assert purposes == {ConsentPurpose.REGISTRATION, ConsentPurpose.REFERRAL}
    assert Referral.objects.filter(patient=patient).count() == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"method": ""}, "method"),
        ({"name": ""}, "name"),
        ({"number": "310115196103041230", "kind": "resident_id"}, "number"),
        ({"birth_date": "2099-01-01"}, "birth_date"),
        ({"given_by": "guardian"}, "guardian_name"),
    ],
)
def test_who_cannot_be_registered_is_told_by_the_field(
    world: World, changes: dict[str, str], told: str
) -> None:
    said = {
        "name": "单雄信",
        "kind": "passport",
        "gender": "1",
        "birth_date": "1970-05-06",
        "method": "paper",
        "given_by": "self",
        **changes,
    }
    as_system()
    before = Patient.objects.count()
    answer = browser_of(world.doctor).post("/file/person/", said)
    assert answer.status_code in {400, 422}
    assert f'id="id_{told}_error"' in answer.content.decode()
    as_system()
    assert Patient.objects.count() == before


def test_a_declined_referral_is_begun_again_once(world: World) -> None:
    declined = world.at(Status.DECLINED)
    browser = browser_of(world.doctor)
    assert "重新发起" in text_of(browser.get(f"/referrals/{declined.pk}/"))
    assert "重新发起" not in text_of(browser_of(world.office).get(f"/referrals/{declined.pk}/"))
    first, second = (
        browser.post(f"/referrals/{declined.pk}/resend/", {"key": "k"}) for _press in range(2)
    )
    assert first.redirect_chain == second.redirect_chain
    again = Referral.objects.get(previous=declined)
    assert again.reason == declined.reason
    assert browser_of(world.office).post(f"/referrals/{declined.pk}/resend/", {}).status_code == 403


def test_diagnoses_and_places_are_suggested(world: World) -> None:
    browser = browser_of(world.doctor)
    found = browser.post("/file/diagnoses/", {"q": "gxy"}).content.decode()
    assert found.index('data-code="I10"') < found.index('data-code="I11.0"')
    assert browser.post("/file/diagnoses/", {"q": ""}).content.decode().strip() == ""
    _ = world.hospital
    places = browser.post("/file/places/", {"place": "仁济"}).content.decode()
    assert str(world.hospital.pk) in places
    assert "没有这个名称的机构" in text_of(browser.post("/file/places/", {"place": "火星"}))
