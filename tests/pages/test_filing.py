"""The page on which a clinic files: it saves what there is, says what is missing, and sends once."""

import re
from typing import Any, Final
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from patients.models import Consent, ConsentPurpose
from referral.filing.forms import WORDS
from referral.models import Assessment, Attachment, Referral, RouteChoice
from referral.states import Status, Urgency
from tests.factories import SLIP, Person, World, as_system, consented, reload
from tests.pages.conftest import browser_of, text_of

QUIET: Final[Any] = {"HTTP_X_QUIET": "1"}
PICTURE: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0"
    "000003010100c9fe92ef0000000049454e44ae426082"
)


def page(referral: Referral) -> str:
    return f"/referrals/{referral.pk}/edit/"


def words(referral: Referral, **changes: Any) -> dict[str, Any]:
    """Return what the page of a draft posts when nothing was changed, with changes."""
    said = {
        "version": referral.version,
        "key": str(uuid4()),
        **{name: getattr(referral, name) for name in WORDS},
        "place": str(referral.to_facility_id or ""),
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def save(person: Person, referral: Referral, **changes: Any) -> Any:
    """Post the page as its script does while somebody types."""
    answer = browser_of(person).client.post(page(referral), words(referral, **changes), **QUIET)
    as_system()
    return answer


def send(person: Person, referral: Referral, **changes: Any) -> Any:
    return browser_of(person).post(page(referral), words(referral, send="1", **changes))


@pytest.fixture
def draft(world: World) -> Referral:
    """A draft as the page begins it: a patient and nothing else."""
    _ = world.alliance
    browser = browser_of(world.doctor)
    browser.post("/file/", {"patient": str(world.patient.pk), "key": str(uuid4())})
    return Referral.objects.latest("created_at")


def test_half_a_slip_is_saved_as_it_is(world: World, draft: Referral) -> None:
    answer = save(world.doctor, draft, diagnosis="高血压", reason="头晕", place="")
    assert answer.status_code == 200
    kept = reload(draft)
    assert (kept.diagnosis, kept.reason, kept.status) == ("高血压", "头晕", Status.DRAFT)
    assert answer["X-Version"] == str(kept.version)
    shown = text_of(answer)
    assert "转入机构" in shown
    assert "诊断或初步印象" not in shown


def test_what_was_not_changed_is_not_written(world: World) -> None:
    draft = world.draft()
    assert save(world.doctor, draft).status_code == 200
    assert reload(draft).version == draft.version


def test_an_older_version_does_not_overwrite(world: World) -> None:
    draft = world.draft()
    save(world.doctor, draft, reason="第一次")
    answer = save(world.doctor, draft, reason="第二次")
    assert answer.status_code == 412
    assert reload(draft).reason == "第一次"


def test_what_was_typed_survives_a_refusal(world: World, draft: Referral) -> None:
    answer = send(world.doctor, draft, reason="血压控制不佳，头晕", diagnosis="")
    assert answer.status_code == 422
    assert "血压控制不佳，头晕" in answer.content.decode()
    assert reload(draft).reason == "", "nothing is written by halves"
    assert "尚缺" in text_of(answer)


def test_too_long_a_text_is_named(world: World, draft: Referral) -> None:
    answer = save(world.doctor, draft, reason="长" * 5000)
    assert answer.status_code == 400
    assert reload(draft).reason == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"version": "x"},
        {"urgency": "9"},
        {"setting": ""},
        {"place": "nowhere"},
        {"place": f"{uuid4()}:x"},
        {"o_sbp": "high"},
        {"reason": "a\x00b"},
        {"visit": "never"},
    ],
)
def test_nonsense_is_no_server_error(world: World, changes: dict[str, Any]) -> None:
    draft = world.draft(diagnosis_code="I10")
    answer = save(world.doctor, draft, **changes)
    assert answer.status_code == 400, changes
    assert reload(draft).version == draft.version


def test_a_place_that_does_not_exist_is_refused(world: World, draft: Referral) -> None:
    assert save(world.doctor, draft, place=str(uuid4())).status_code == 422
    assert reload(draft).to_facility_id is None


def test_observations_are_kept_and_the_criteria_answer(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    answer = save(
        world.doctor, draft, o_sbp="190", u_sbp="mmHg", o_dbp="115", u_dbp="mmHg", t_headache="on"
    )
    assert answer.status_code == 200
    kept = Assessment.objects.get(referral=draft)
    assert kept.observations == {
        "sbp": {"value": 190, "unit": "mmHg"},
        "dbp": {"value": 115, "unit": "mmHg"},
        "headache": {"value": True},
    }
    assert 'name="o_sbp"' in answer.content.decode()
    assert "live-criteria" in answer.content.decode()


def test_nothing_observed_keeps_no_assessment(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    save(world.doctor, draft, reason="另写")
    assert not Assessment.objects.filter(referral=draft).exists()


def test_an_observation_taken_back_is_gone(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    save(world.doctor, draft, o_sbp="150", u_sbp="mmHg")
    save(world.doctor, reload(draft))
    assert Assessment.objects.get(referral=draft).observations == {}


def test_all_that_is_not_ticked_is_absent(world: World) -> None:
    draft = world.draft(diagnosis_code="I10", patient=world.make_patient(gender="2"))
    save(world.doctor, draft, t_headache="on", rest_no="on")
    kept = Assessment.objects.get(referral=draft).observations
    assert kept["headache"] == {"value": True}
    assert kept["pregnant"] == {"value": False}
    assert "sbp" not in kept, "what is measured is not absent because nobody measured it"


def test_a_destination_brings_the_department_of_its_row(world: World, draft: Referral) -> None:
    from_page = browser_of(world.doctor).get(page(draft)).content.decode()
    [value] = set(re.findall(rf'name="place" value="({world.hospital.pk}[^"]*)"', from_page))
    save(world.doctor, draft, place=value)
    kept = reload(draft)
    assert kept.to_facility_id == world.hospital.pk


def test_a_whole_slip_is_sent_and_shown(world: World, draft: Referral) -> None:
    filled = {name: value for name, value in SLIP.items() if name != "urgency"}
    answer = send(world.doctor, draft, **filled, place=str(world.hospital.pk))
    assert answer.redirect_chain == [(f"/referrals/{draft.pk}/", 302)]
    sent = reload(draft)
    assert sent.status == Status.SUBMITTED
    assert sent.to_facility_id == world.hospital.pk


def test_a_line_that_breaks_sends_once(world: World) -> None:
    """The same words with the same key, as the script repeats them, find what was sent."""
    draft = world.draft()
    said = words(draft, send="1")
    client = browser_of(world.doctor).client
    answers = [client.post(page(draft), said, **QUIET) for _try in range(3)]
    as_system()
    assert [(each.status_code, each["X-Location"]) for each in answers] == [
        (204, f"/referrals/{draft.pk}/")
    ] * 3
    assert reload(draft).version == draft.version + 1


def test_without_consent_nothing_is_sent_and_with_it_it_is_recorded(world: World) -> None:
    patient = world.make_patient(consent=consented(ConsentPurpose.REGISTRATION))
    draft = world.draft(patient=patient)
    assert send(world.doctor, draft).status_code == 422
    assert reload(draft).status == Status.DRAFT
    answer = send(world.doctor, draft, method="paper", given_by="self")
    assert answer.status_code == 200
    assert reload(draft).status == Status.SUBMITTED
    kept = Consent.objects.get(patient=patient, purpose=ConsentPurpose.REFERRAL)
    assert (kept.given, kept.method, kept.facility_id) == (True, "paper", world.clinic.pk)


def test_a_refusal_is_recorded_and_nothing_is_sent(world: World) -> None:
    patient = world.make_patient(consent=consented(ConsentPurpose.REGISTRATION))
    draft = world.draft(patient=patient)
    answer = send(world.doctor, draft, method="paper", given_by="self", refuses="on")
    assert answer.status_code == 422
    assert reload(draft).status == Status.DRAFT
    kept = Consent.objects.get(patient=patient, purpose=ConsentPurpose.REFERRAL)
    assert not kept.given


def test_a_guardian_without_a_name_is_asked_for_it(world: World) -> None:
    patient = world.make_patient(consent=consented(ConsentPurpose.REGISTRATION))
    draft = world.draft(patient=patient)
    answer = send(world.doctor, draft, method="paper", given_by="guardian")
    assert answer.status_code == 400
    asked = Consent.objects.filter(patient=patient, purpose=ConsentPurpose.REFERRAL)
    assert not asked.exists()


def test_an_open_referral_of_the_illness_is_decided_upon_here(world: World) -> None:
    first = world.at(Status.SUBMITTED)
    draft = world.draft(patient=world.patient)
    answer = send(world.doctor, draft)
    assert answer.status_code == 409
    assert first.number in text_of(answer)
    assert 'name="decision"' in answer.content.decode()
    half = send(world.doctor, draft, decision="override")
    assert half.status_code == 400
    done = send(world.doctor, draft, decision="override", why="两处同时会诊")
    assert done.status_code == 200
    assert reload(draft).status == Status.SUBMITTED


def test_a_destination_outside_the_network_gets_an_address_shown_once(world: World) -> None:
    draft = world.draft()
    _ = world.outside
    save(world.doctor, draft, place=str(world.outside.pk))
    assert reload(draft).to_facility_id == world.outside.pk
    shown = browser_of(world.doctor).get(page(draft)).content.decode()
    assert 'name="skip_reason"' in shown
    answer = send(
        world.doctor, reload(draft), place=str(world.outside.pk), skip_reason="known_there"
    )
    assert reload(draft).status == Status.SUBMITTED
    assert RouteChoice.objects.get(referral=draft).outside
    assert len(re.findall(r"/o/[\w-]{20,}/", text_of(answer))) == 1
    again = browser_of(world.doctor).get(f"/referrals/{draft.pk}/")
    assert "/o/" not in text_of(again)


def test_an_emergency_goes_with_little(world: World, draft: Referral) -> None:
    said = {
        "urgency": Urgency.EMERGENCY.value,
        "diagnosis": "胸痛",
        "place": str(world.hospital.pk),
    }
    assert send(world.doctor, draft, **said).status_code == 200
    assert reload(draft).status == Status.ACCEPTED


def test_files_come_along(world: World, draft: Referral) -> None:
    picture = SimpleUploadedFile("心电图.png", PICTURE, content_type="image/png")
    answer = save(world.doctor, draft, file=picture)
    assert answer.status_code == 200
    assert Attachment.objects.get(referral=draft).name == "心电图.png"
    assert "心电图.png" in text_of(answer)


def test_a_file_that_comes_again_after_a_lost_answer_is_kept_once(world: World) -> None:
    draft = world.draft()
    for _try in range(2):
        picture = SimpleUploadedFile("心电图.png", PICTURE, content_type="image/png")
        assert save(world.doctor, draft, file=picture).status_code == 200
    assert Attachment.objects.filter(referral=draft).count() == 1


def test_files_chosen_with_the_button_that_sends_come_along_once(world: World) -> None:
    draft = world.draft()
    said = words(draft, send="1")
    client = browser_of(world.doctor).client
    for _try in range(2):
        picture = SimpleUploadedFile("心电图.png", PICTURE, content_type="image/png")
        assert client.post(page(draft), {**said, "file": picture}).status_code == 302
    as_system()
    assert reload(draft).status == Status.SUBMITTED
    assert Attachment.objects.filter(referral=draft).count() == 1


def test_a_file_that_is_none_is_refused_and_nothing_saved(world: World, draft: Referral) -> None:
    virus = SimpleUploadedFile("a.exe", b"MZ", content_type="application/pdf")
    answer = save(world.doctor, draft, file=virus, reason="一起")
    assert answer.status_code == 422
    assert reload(draft).reason == ""


def test_others_see_no_draft(world: World) -> None:
    draft = world.draft()
    for person in (world.stranger, world.office):
        assert browser_of(person).get(page(draft)).status_code == 404
        assert save(person, draft, reason="偷改").status_code == 404
    assert reload(draft).reason == draft.reason


def test_a_colleague_goes_on_with_a_draft(world: World) -> None:
    draft = world.draft()
    assert save(world.colleague, draft, reason="同事补充").status_code == 200
    assert reload(draft).reason == "同事补充"


def test_what_has_gone_is_shown_and_not_changed(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = save(world.doctor, sent, reason="晚了")
    assert (answer.status_code, answer["X-Location"]) == (204, f"/referrals/{sent.pk}/")
    assert reload(sent).reason == sent.reason
    assert save(world.office, sent, reason="改").status_code == 403
    opened = browser_of(world.doctor).get(page(sent), follow=True)
    assert opened.redirect_chain == [(f"/referrals/{sent.pk}/", 302)]


def test_the_page_speaks_english_too(world: World) -> None:
    draft = world.draft(diagnosis_code="I10")
    shown = text_of(browser_of(world.doctor).speak("en").get(page(draft)))
    assert "Where to" in shown
    chinese = text_of(browser_of(world.doctor).get(page(draft)))
    assert not re.findall(r"(Where to|Please choose|Systolic|Saved)", chinese)


def test_statements_of_the_page(world: World, django_assert_max_num_queries: Any) -> None:
    draft = world.draft(diagnosis_code="I10")
    browser = browser_of(world.doctor)
    browser.get(page(draft))
    with django_assert_max_num_queries(30):
        assert browser.client.get(page(draft)).status_code == 200
    said = words(draft, reason="另写", o_sbp="150", u_sbp="mmHg")
    with django_assert_max_num_queries(50):
        assert browser.client.post(page(draft), said, **QUIET).status_code == 200
