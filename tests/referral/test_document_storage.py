"""Where documents lie: durable files, or a store that speaks S3; and the sweep of what has no row."""

import os
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from accounts.ids import uuid7
from referral import documents
from referral.documents import Document
from referral.models import Attachment
from referral.states import Status
from referral.storage import StorageAway
from tests.factories import World, as_system
from tests.referral import files
from tests.referral.test_attachments import kept, media, paper, path

__all__ = ["media"]
PAPER = Document("a.pdf", "application/pdf", b"content", bytes(32))


class Store:
    """A stand-in for a store that speaks S3, in memory: PUT, GET, HEAD, DELETE and the list of a folder."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.away = False

    def answer(self, request: Request) -> Response:
        name = unquote(request.path).removeprefix("/papers").removeprefix("/")
        self.asked.append((request.method, name))
        if self.away:
            return Response("<Error><Code>SlowDown</Code></Error>", 503)
        assert "AWS4-HMAC-SHA256" in request.headers["Authorization"]
        if request.method == "PUT":
            self.objects[name] = request.get_data()
            return Response("", 200)
        if request.method == "DELETE":
            self.objects.pop(name, None)
            return Response("", 204)
        if not name:
            return Response(self._list(request.args.get("prefix", "")), 200)
        if name not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        body = self.objects[name]
        head = {"Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT", "Content-Length": str(len(body))}
        return Response(body if request.method == "GET" else b"", 200, head)

    def _list(self, prefix: str) -> str:
        below = [name.removeprefix(prefix) for name in self.objects if name.startswith(prefix)]
        folders = {name.partition("/")[0] for name in below if "/" in name}
        lines = [
            f"<CommonPrefixes><Prefix>{prefix}{each}/</Prefix></CommonPrefixes>" for each in folders
        ]
        lines += [
            f"<Contents><Key>{prefix}{name}</Key><Size>1</Size></Contents>"
            for name in below
            if "/" not in name
        ]
        return f"<ListBucketResult><Name>papers</Name>{''.join(lines)}</ListBucketResult>"


@pytest.fixture
def store(httpserver: HTTPServer, settings: Any) -> Store:
    """A store, and settings that name it."""
    made = Store()
    httpserver.expect_request(re.compile(".*")).respond_with_handler(made.answer)
    options = {
        "bucket_name": "papers",
        "endpoint_url": httpserver.url_for("/").rstrip("/"),
        "region_name": "local",
        "access_key": "key",
        "secret_key": "secret",
    }
    place = {"BACKEND": "referral.object_store.ObjectStore", "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "documents": place}
    return made


def test_a_file_is_ours_alone_and_has_no_address(media: Path) -> None:
    made = uuid7()
    documents.store(made, PAPER)
    [file] = kept(media)
    assert file == media / documents.name_of(made)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    with pytest.raises(ValueError, match="URL"):
        storages["documents"].url(documents.name_of(made))
    with documents.opened(made) as back:
        assert back.read() == b"content"


def test_nothing_is_written_over(media: Path) -> None:
    made = uuid7()
    documents.store(made, PAPER)
    with pytest.raises(StorageAway):
        documents.store(made, PAPER)


def test_file_and_folders_are_on_the_disk_before_save_returns(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    numbers = Path("/proc/self/fd")
    monkeypatch.setattr(
        os, "fsync", lambda number: synced.append(str((numbers / str(number)).readlink()))
    )
    made = uuid7()
    documents.store(made, PAPER)
    file = media / documents.name_of(made)
    assert synced == [str(file), str(file.parent), str(file.parent.parent)]


def test_a_full_disk_leaves_no_row(
    world: World, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    sent = world.at(Status.SUBMITTED)
    monkeypatch.setattr(os, "fsync", full)
    answer = world.doctor.api.upload(path(sent), paper())
    assert (answer.status, answer.code) == (503, "documents-away")
    assert answer.headers["Retry-After"] == "1"
    as_system()
    assert not Attachment.objects.exists()


def test_a_lost_file_is_told_and_not_called_foreign(world: World, media: Path) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper()).body
    for file in kept(media):
        file.unlink()
    answer = world.doctor.api.get(f"{path(sent)}{made['id']}/")
    assert (answer.status, answer.code) == (503, "documents-away")
    assert world.stranger.api.get(f"{path(sent)}{made['id']}/").status == 404


def test_a_document_goes_to_the_store_and_comes_back(
    world: World, store: Store, media: Path
) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper())
    assert made.status == 201, made
    name = documents.name_of(UUID(made.body["id"]))
    assert list(store.objects) == [name]
    assert kept(media) == []
    answer = world.office.api.get(f"{path(sent)}{made.body['id']}/")
    assert (answer.status, answer.content) == (200, store.objects[name])
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_a_store_that_is_away_leaves_no_row(world: World, store: Store) -> None:
    sent = world.at(Status.SUBMITTED)
    made = world.doctor.api.upload(path(sent), paper()).body
    store.away = True
    answer = world.doctor.api.upload(path(sent), paper(files.picture("PNG")))
    assert (answer.status, answer.code) == (503, "documents-away")
    answer = world.doctor.api.get(f"{path(sent)}{made['id']}/")
    assert (answer.status, answer.code) == (503, "documents-away")
    as_system()
    assert Attachment.objects.count() == 1


def swept(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("sweep_documents", *arguments, stdout=out)
    return out.getvalue().split()


def aged(file: Path, days: float) -> None:
    then = (timezone.now() - timedelta(days=days)).timestamp()
    os.utime(file, (then, then))


def test_the_sweep_names_what_has_no_row_and_removes_it_only_when_told(
    world: World, media: Path
) -> None:
    sent = world.at(Status.SUBMITTED)
    world.doctor.api.upload(path(sent), paper())
    [mine] = kept(media)
    stray, young = uuid7(), uuid7()
    documents.store(stray, PAPER)
    documents.store(young, PAPER)
    aged(mine, 40)
    aged(media / documents.name_of(stray), 1.1)
    aged(media / documents.name_of(young), 0.9)
    assert swept()[:2] == [stray.hex, "1"]
    assert len(kept(media)) == 3
    assert swept("--delete")[:2] == [stray.hex, "1"]
    assert set(kept(media)) == {mine, media / documents.name_of(young)}


def test_the_sweep_of_an_empty_place(db: None, media: Path) -> None:
    assert swept("--delete")[0] == "0"


def test_the_sweep_of_a_store(world: World, store: Store) -> None:
    sent = world.at(Status.SUBMITTED)
    world.doctor.api.upload(path(sent), paper())
    [mine] = store.objects
    stray = uuid7()
    documents.store(stray, PAPER)
    assert swept("--delete")[:2] == [stray.hex, "1"]
    assert list(store.objects) == [mine]
