"""Files of an examination: the centre adds them, whoever reads the report and sees the patient opens them."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import scope
from accounts.ids import uuid7
from audit.models import Event
from referral import documents, examinations
from referral.models import ExaminationFile
from referral.states import Status
from tests.api import Answer
from tests.factories import Person, World, as_system, new_key
from tests.referral import files
from tests.referral.expect import snapshot
from tests.referral.ordering import PATH, done, placed, told

PDF = documents.checked("", files.pdf()).content


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Keep files apart from everybody's."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def add(who: Person, order: str, content: bytes = PDF, **words: Any) -> Answer:
    paper = SimpleUploadedFile("胸部CT报告.pdf", content)
    return who.api.upload(f"{PATH}{order}/files/", paper, **words)


def added(who: Person, order: str) -> str:
    answer = add(who, order)
    assert answer.status == 201, answer
    return f"{PATH}{order}/files/{answer.body['id']}/"


def test_the_report_comes_with_its_file(world: World, reader: Person) -> None:
    leg = world.at(Status.SUBMITTED)
    order = placed(world, referral=leg.pk)
    path = added(reader, order)
    assert told("order.file_added") == [world.clinic.pk]
    done(reader, order, "report", conclusion="右肺上叶结节")
    for who in (world.doctor, world.office):
        [file] = who.api.get(f"{PATH}{order}/").body["files"]
        assert (file["name"], file["media_type"]) == ("胸部CT报告.pdf", "application/pdf")
        assert file["uploaded_by"] == "赵医生"
        answer = who.api.get(path)
        assert (answer.status, answer.content) == (200, PDF)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["Content-Security-Policy"] == "sandbox"
        line = Event.objects.get(what="order.file", actor_id=who.user.pk)
        assert line.patient_ids == [world.patient.pk]
    for who in (world.second_office, world.stranger):
        assert who.api.get(path).status == 404


def test_it_opens_as_long_as_the_patient_is_in_sight(world: World, reader: Person) -> None:
    """A file shows who it is about, whatever an answer leaves out."""
    leg = world.at(Status.SUBMITTED)
    order = placed(world, referral=leg.pk)
    path = added(reader, order)
    assert reader.api.get(path).status == 200
    done(reader, order, "report", conclusion="未见异常")
    # The centre keeps its record without the person; it may still add what was forgotten.
    assert reader.api.get(f"{PATH}{order}/").body["files"] == []
    assert reader.api.get(path).status == 404
    later = added(reader, order)
    assert world.doctor.api.get(later).status == 200
    world.move(leg, "decline", world.office, reason="capacity")
    assert world.office.api.get(path).status == 404


def test_only_the_centre_adds_and_not_to_what_was_withdrawn(world: World, reader: Person) -> None:
    order, other = placed(world), placed(world, examination="biochemistry")
    before = snapshot("referral_examinationfile")
    answer = add(world.doctor, order)
    assert (answer.status, answer.code) == (403, "not-the-centre")
    for who in (world.stranger, world.office, world.nurse):
        answer, nowhere = add(who, order), add(who, str(uuid7()))
        assert (answer.status, answer.content) == (404, nowhere.content)
    for who in (world.chief, world.auditor):
        assert add(who, order).status == 403
    done(world.doctor, other, "cancel", reason="改期")
    answer = add(reader, other)
    assert (answer.status, answer.code) == (409, "order-wrong-state")
    assert snapshot("referral_examinationfile") == before


def test_what_is_no_document_is_refused_and_the_same_key_adds_once(
    world: World, reader: Person, media: Path
) -> None:
    order, key = placed(world), new_key()
    assert add(reader, order, b"PK\x03\x04").code == "document-type"
    first, again = (add(reader, order, key=key) for _time in range(2))
    assert first.content == again.content
    as_system()
    assert ExaminationFile.objects.count() == 1
    assert len([each for each in media.rglob("*") if each.is_file()]) == 1


def test_a_file_under_another_order_is_not_there(world: World, reader: Person) -> None:
    order, other = placed(world), placed(world, examination="biochemistry")
    path = added(reader, order)
    assert world.doctor.api.get(path.replace(order, other)).status == 404
    assert world.doctor.api.get(f"{PATH}{order}/files/{uuid7()}/").status == 404


def test_the_sweep_of_files_knows_it(
    world: World, reader: Person, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(reader, placed(world))
    stray = uuid7()
    as_system()
    [known] = ExaminationFile.objects.values_list("pk", flat=True)
    monkeypatch.setattr(documents, "stored", lambda **_when: iter([known, stray]))
    removed: list[Any] = []
    monkeypatch.setattr(documents, "remove", removed.append)
    call_command("sweep_documents", "--delete")
    assert removed == [stray]


def test_the_database_lets_the_centre_alone_add_and_nobody_change(
    world: World, reader: Person
) -> None:
    order, withdrawn = placed(world), placed(world, examination="biochemistry")
    added(reader, order)
    done(world.doctor, withdrawn, "cancel", reason="改期")
    for who, on in (
        (world.doctor, order),
        (world.stranger, order),
        (world.office, order),
        (reader, withdrawn),
    ):
        scope.enter(who.actor)
        with pytest.raises(DatabaseError), transaction.atomic():
            ExaminationFile.objects.create(
                order_id=on,
                facility=who.facility,
                name="x",
                media_type="application/pdf",
                size=1,
                sha256=b"x" * 32,
                uploaded_at=timezone.now(),
            )
    for who, seen in ((world.doctor, 1), (reader, 1), (world.stranger, 0), (world.office, 0)):
        scope.enter(who.actor)
        assert ExaminationFile.objects.count() == seen
        assert ExaminationFile.objects.update(name="y") == 0


def test_an_order_carries_so_many_files_and_no_more(
    world: World, reader: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, other = placed(world), placed(world, examination="ct_abdomen")
    monkeypatch.setattr(examinations, "most_files", lambda: 2)
    for _file in range(2):
        assert add(reader, order).status == 201
    answer = add(reader, order)
    assert (answer.status, answer.code) == (409, "too-many-files")
    as_system()
    assert ExaminationFile.objects.filter(order=UUID(order)).count() == 2
    # Whoever may not add any is told that, and each order counts for itself.
    assert add(world.doctor, order).code == "not-the-centre"
    assert add(reader, other).status == 201
    done(reader, order, "report", conclusion="未见异常")
    assert add(reader, order).code == "too-many-files"
