"""What goes along with a patient: a report, questions between the doctors, the slip and what its code opens."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import Person, World
from tests.journeys.test_there_and_back import act, file, told
from tests.referral import files
from tests.referral.papers import A4, pages, printed_codes, text
from tests.referral.test_documents import opening

QUESTION, REPLY = "动态血压报告里夜间一栏看不清, 平均多少?", "夜间平均148/92"


@pytest.fixture(autouse=True)
def _files_apart(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the tokens of the codes that are printed, in their order."""
    return printed_codes(monkeypatch)


def unread(who: Person, leg: str) -> int:
    counts = who.api.get("/messages/unread/", {"referrals": leg}).results
    return sum(row["unread"] for row in counts if row["referral"] == leg)


def test_a_report_goes_along_and_does_nothing_when_opened(world: World) -> None:
    _ = world.alliance
    # Given a referral with a report of the ambulatory blood pressure that came with a script in it
    leg = file(world.doctor, world, world.hospital)
    report = files.pdf(opening)
    assert b"/JavaScript" in report
    made = world.doctor.api.upload(
        f"/referrals/{leg}/attachments/", SimpleUploadedFile("动态血压.pdf", report)
    )
    assert made.status == 201, made
    assert told(world.hospital)[-1] == "referral.document_added"
    # When the hospital opens it
    path = f"/referrals/{leg}/attachments/{made.body['id']}/"
    opened = world.office.api.get(path)
    # Then it is a download without the script, and a stranger finds neither it nor the list
    assert opened.status == 200
    assert opened.content.startswith(b"%PDF-")
    assert b"JavaScript" not in opened.content
    assert opened.headers["Content-Disposition"].startswith("attachment;")
    assert world.stranger.api.get(path).status == 404
    assert world.stranger.api.get(f"/referrals/{leg}/attachments/").status == 404
    # And a picture that is none does not come in, whoever brings it
    fake = SimpleUploadedFile("心电图.png", b"<script>alert(1)</script>")
    refused = world.office.api.upload(f"/referrals/{leg}/attachments/", fake)
    assert (refused.status, refused.code) == (422, "document-type")


def test_two_doctors_talk_about_a_patient(world: World) -> None:
    _ = world.alliance
    # Given a referral that has reached the hospital
    leg = file(world.doctor, world, world.hospital)
    # When the hospital asks in a message
    path = f"/referrals/{leg}/messages/"
    asked = world.office.api.post(path, {"text": QUESTION})
    assert asked.status == 201, asked
    # Then the clinic is told that there is one, not what it says, and sees it as unread
    assert told(world.clinic)[-1] == "referral.message"
    assert unread(world.doctor, leg) == 1
    # When the clinic reads it and answers
    marked = world.doctor.api.post(f"{path}read/", {"up_to": asked.body["id"]})
    assert marked.status == 200, marked
    assert world.doctor.api.post(path, {"text": REPLY}).status == 201
    # Then each sees whom the other has read, and the hospital has one to read in its turn
    assert unread(world.doctor, leg) == 0
    assert unread(world.office, leg) == 1
    newest, first = world.office.api.get(path).results
    assert (first["text"], newest["text"]) == (QUESTION, REPLY)
    assert first["read_at"] is not None
    assert newest["read_at"] is None
    # And a stranger can neither read nor write there
    assert world.stranger.api.get(path).status == 404
    assert world.stranger.api.post(path, {"text": REPLY}).status == 404


def test_the_slip_comes_with_the_acceptance_and_leads_the_patient(
    world: World, tokens: list[str]
) -> None:
    _ = world.alliance
    # Given a referral that nobody has accepted yet: there is no slip to carry
    leg = file(world.doctor, world, world.hospital)
    slip = f"/referrals/{leg}/slip.pdf"
    early = world.doctor.api.get(slip)
    assert (early.status, early.code) == (409, "slip-after-acceptance")
    # When the hospital accepts
    act(world.office, leg, "accept")
    # Then the clinic prints it on A4, with both parts of the way up
    paper = world.doctor.api.get(slip)
    assert paper.status == 200
    assert set(pages(paper.content)) == {A4}
    printed = text(paper.content)
    assert printed.index("存　根") < printed.index("双向转诊（转出）单")
    # And its code opens the patient's page without an account, which names the hospital and no illness
    [token] = tokens
    page = Client().get(f"/t/{token}/")
    said = page.content.decode()
    assert page.status_code == 200
    assert world.hospital.name in said
    assert "高血压" not in said
    # But a stranger gets no slip, and a made-up code opens nothing
    assert world.stranger.api.get(slip).status == 404
    assert Client().get(f"/t/{token[:-4]}AAAA/").status_code == 404
