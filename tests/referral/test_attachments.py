"""Attachments: documents are checked by their content and kept under names of ours."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.ids import uuid7
from referral import documents
from referral.models import Attachment
from referral.states import Status
from tests.factories import World, as_system, new_key
from tests.referral import files
from tests.referral.expect import audited, heard, snapshot

# What cleaning leaves as it is; tests/referral/test_documents.py says what it takes away.
PDF, PNG, JPEG, DICOM = (
    documents.checked("", made).content
    for made in (files.pdf(), files.picture("PNG"), files.picture(), files.dicom())
)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Keep files apart from everybody's."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def path(referral: Any) -> str:
    return f"/referrals/{referral.pk}/attachments/"


def paper(content: bytes = PDF, name: str = "化验单.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/html")


def kept(media: Path) -> list[Path]:
    return [each for each in media.rglob("*") if each.is_file()]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (DICOM, "application/dicom"),
    ],
)
def test_a_document_is_attached(world: World, media: Path, content: bytes, media_type: str) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = world.doctor.api.upload(path(sent), paper(content))
    assert answer.status == 201, answer
    assert answer.body["media_type"] == media_type
    assert answer.body["size"] == len(content)
    assert answer.body["sha256"] == hashlib.sha256(content).hexdigest()
    assert answer.body["name"] == ("image.dcm" if content == DICOM else "化验单.pdf")
    assert answer.body["uploaded_by"] == "张医生"
    assert heard(sent, "referral.document_added") == {world.hospital.pk}
    assert audited(sent, "referral.document_added", by=world.doctor) == 1
    assert [each.read_bytes() for each in kept(media)] == [content]


def test_the_other_end_downloads_it(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper()).body
    assert world.office.api.get(path(sent)).results == [made]
    answer = world.office.api.get(f"{path(sent)}{made['id']}/")
    assert (answer.status, answer.content) == (200, PDF)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert audited(sent, "referral.attachment", by=world.office) == 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("报告\x00\r\n.pdf", "报告.pdf"),
        ("长" * 300 + ".pdf", None),
    ],
)
def test_a_name_is_only_shown(name: str, shown: str | None) -> None:
    document = documents.checked(name, PDF)
    assert document.name == (shown or document.name)
    assert len(document.name) <= documents.MAX_NAME
    assert "/" not in document.name


def test_the_stored_name_is_ours(world: World, media: Path) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper(name="x.pdf")).body
    [stored] = kept(media)
    assert stored.name == made["id"].replace("-", "")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "document-size"),
        (b"%PDF-1.7\n%%EOF\n", "document-broken"),
        (PNG[:-50], "document-broken"),
        (b"<html><script>alert(1)</script>", "document-type"),
        (b"MZ" + bytes(64), "document-type"),
        (b" %PDF-1.7", "document-type"),
        (b"PK\x03\x04", "document-type"),
    ],
    ids=["nothing", "hollow", "cut", "page", "program", "spaced", "archive"],
)
def test_the_content_decides(world: World, media: Path, content: bytes, code: str) -> None:
    sent = world.at(Status.SUBMITTED)
    before = snapshot()
    answer = world.doctor.api.upload(path(sent), paper(content))
    assert (answer.status, answer.code) == (422, code)
    assert snapshot() == before
    assert kept(media) == []


def test_at_most_20_megabytes(world: World, monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", len(PDF))
    sent = world.at(Status.SUBMITTED)
    assert world.doctor.api.upload(path(sent), paper(PDF)).status == 201
    answer = world.doctor.api.upload(path(sent), paper(PDF + b" "))
    assert (answer.status, answer.code) == (422, "document-size")
    assert len(kept(media)) == 1


def test_a_file_is_expected(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    answer = world.doctor.api.upload(path(sent), "words")
    assert (answer.status, set(answer.body["errors"])) == (400, {"file"})
    answer = world.doctor.api.post(path(sent), {"file": "words"})
    assert (answer.status, answer.code) == (415, "unsupported-media-type")


def test_who_may_not_attach(world: World, media: Path) -> None:
    sent = world.at(Status.SUBMITTED)
    for who, status, code in (
        (world.stranger, 404, "not-found"),
        (world.chief, 403, "role-lacks-right"),
        (world.manager, 403, "not-a-party"),
    ):
        answer = who.api.upload(path(sent), paper())
        assert (answer.status, answer.code) == (status, code)
    void = world.at(Status.ENTERED_IN_ERROR)
    assert world.doctor.api.upload(path(void), paper()).code == "wrong-state"
    assert kept(media) == []


def test_others_do_not_read_it(world: World) -> None:
    sent, other = world.at(Status.SUBMITTED), world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper()).body
    for who, referral in ((world.stranger, sent), (world.doctor, other)):
        theirs = who.api.get(f"{path(referral)}{made['id']}/")
        nowhere = who.api.get(f"{path(referral)}{uuid7()}/")
        assert (theirs.status, theirs.content) == (404, nowhere.content)


def test_who_may_not_know_the_patient_reads_no_document(world: World) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper()).body
    document = f"{path(sent)}{made['id']}/"
    for who in (world.manager, world.chief):
        for address in (path(sent), document):
            answer = who.api.get(address)
            assert (answer.status, answer.code) == (403, "no-permission")
    assert world.office.api.get(document).status == 200
    world.move(sent, "decline", world.office, reason="capacity")
    for address in (path(sent), document):
        answer = world.office.api.get(address)
        assert (answer.status, answer.code) == (404, "not-found")
    assert world.doctor.api.get(document).status == 200


def test_repeated_with_the_same_key(world: World, media: Path) -> None:
    sent, key = world.at(Status.SUBMITTED), new_key()
    first = world.doctor.api.upload(path(sent), paper(), key=key)
    again = world.doctor.api.upload(path(sent), paper(), key=key)
    assert (again.status, again.content) == (201, first.content)
    other = world.doctor.api.upload(path(sent), paper(PNG), key=key)
    assert (other.status, other.code) == (422, "idempotency-key-reused")
    renamed = world.doctor.api.upload(path(sent), paper(name="b.pdf"), key=key)
    assert renamed.code == "idempotency-key-reused"
    as_system()
    assert Attachment.objects.filter(referral=sent).count() == 1
    assert len(kept(media)) == 1
