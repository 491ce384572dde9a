"""What the outermost layers do: uploads within bounds, answers that nobody keeps, paths that say nothing."""

import logging

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from config import uploads
from referral.states import Status
from tests.factories import World
from tests.referral.files import pdf

pytestmark = pytest.mark.django_db
NUMBER = "11010519491231002X"


def _file(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("心电图.pdf", b"%PDF-" + bytes(size))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bound uploads to little, so that the test stays quick."""
    monkeypatch.setattr(uploads, "MAX_BODY", 4096)


@pytest.mark.usefixtures("small")
def test_a_huge_upload_is_refused_before_it_is_kept() -> None:
    world = World()
    path = f"/referrals/{world.at(Status.SUBMITTED).pk}/attachments/"
    answer = world.doctor.api.upload(path, _file(5000))
    assert (answer.status, answer.code) == (413, "body-too-large")
    fits = SimpleUploadedFile("心电图.pdf", pdf())
    assert world.doctor.api.upload(path, fits).status == 201


@pytest.mark.usefixtures("small")
def test_nobody_fills_the_disk_through_the_sign_in_page(client: Client) -> None:
    assert client.post("/sign-in/", {"file": _file(5000)}).status_code == 400


def test_no_answer_about_patients_is_kept_by_browsers_or_proxies() -> None:
    world = World()
    leg = world.at(Status.SUBMITTED)
    paths = ["/patients/", f"/patients/{leg.patient_id}/", "/referrals/", f"/referrals/{leg.pk}/"]
    for path in paths:
        assert world.doctor.api.get(path).headers["Cache-Control"] == "no-store"


def test_the_access_log_keeps_no_number_typed_into_an_address(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="access"):
        for path in (f"/api/v1/patients/{NUMBER}/", f"/{NUMBER}"):
            assert client.get(path).status_code == 404
    assert [record.__dict__["path"] for record in caplog.records] == ["", ""]
