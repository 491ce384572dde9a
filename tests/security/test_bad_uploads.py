"""Files that are none, or not what they say: refused, or kept under a name of ours and only ever shown."""

from typing import Final

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from accounts.permissions import Role
from accounts.rest.problems import CONTENT_TYPE
from tests.security.objects import PDF, Asked, Objects
from tests.security.routes import api_routes
from tests.security.test_bad_input import contents


def _part(disposition: str, content: bytes, kind: str = "application/pdf") -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n"
    return f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n"


END: Final = f"--{BOUNDARY}--\r\n".encode()
FILE: Final = 'name="file"; filename="a.pdf"'
UPLOADS: Final[dict[str, tuple[bytes, int]]] = {
    "nothing": (b"", 400),
    "no part": (END, 400),
    "no end": (_part(FILE, PDF)[:-10], 400),
    "an empty file": (_part(FILE, b"") + END, 422),
    "no file name": (_part('name="file"', PDF) + END, 400),
    "an empty file name": (_part('name="file"; filename=""', PDF) + END, 400),
    "another field": (_part('name="other"; filename="a.pdf"', PDF) + END, 400),
    "an unknown field besides": (_part(FILE, PDF) + _part('name="status"', b"accepted") + END, 400),
    "a long name": (_part(f'name="file"; filename="{"a" * 300}.pdf"', PDF) + END, 400),
    "a page": (_part(FILE, b"<html><script>alert(1)</script>") + END, 422),
    "a page after a space": (_part(FILE, b" %PDF-1.7") + END, 422),
    "a program": (_part(FILE, b"MZ\x90\x00") + END, 422),
    "a picture of text": (_part(FILE, b"<svg xmlns='http://www.w3.org/2000/svg'/>") + END, 422),
    "a PDF in name only": (_part(FILE, b"%PDF-1.7\n%%EOF\n") + END, 422),
    "half a PDF": (_part(FILE, PDF[: len(PDF) // 2]) + END, 422),
    "an archive": (_part(FILE, b"PK\x03\x04") + END, 422),
    "too much text besides": (_part(FILE, PDF) + _part('name="note"', b"x" * 1_100_000) + END, 413),
    "too many fields": (_part(FILE, PDF) + _part('name="a"', b"1") * 1_100 + END, 400),
}


@pytest.mark.parametrize("what", list(UPLOADS))
def test_bad_uploads_are_refused(what: str, objects: Objects, client: Client) -> None:
    before = contents()
    body, status = UPLOADS[what]
    path = objects.path(api_routes()["referral-attachments"], "submitted")
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    answer = Asked("POST", path, body or b"\r\n", MULTIPART_CONTENT).send(client, person)
    connection.check_constraints()
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert contents() == before


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\x.pdf",
        "/abs.pdf",
        "\u202efdp.exe",
        "心电图.pdf",
        "a\"b';.pdf",
        "a\r\nX: y",
        "a\x00b.pdf",
    ],
)
def test_a_file_name_is_only_ever_shown(name: str, objects: Objects, client: Client) -> None:
    """It chooses no path and breaks no header, whatever it says."""
    path = objects.path(api_routes()["referral-attachments"], "submitted")
    person = objects.world.who("sender", Role.CLINIC_DOCTOR)
    escaped = name.replace("\\", "\\\\").replace('"', "%22").replace("\r\n", "%0D%0A")
    body = _part(f'name="file"; filename="{escaped}"', PDF) + END
    answer = Asked("POST", path, body, MULTIPART_CONTENT).send(client, person)
    assert answer.status_code in {201, 400}, answer.content
    if answer.status_code == 201:
        made = orjson.loads(answer.content)
        assert not set(made["name"]) & set("/\x00\r\n\u202e")
        shown = Asked("GET", f"{path}{made['id']}/").send(client, person)
        assert shown.getvalue() == PDF
        assert shown.headers["Content-Type"] == "application/octet-stream"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert shown.headers["Content-Disposition"].startswith("attachment;")
        assert "X" not in shown.headers
