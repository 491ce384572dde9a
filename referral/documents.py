"""Checks a document by opening it, and keeps the clean copy outside the web root under a name of ours."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import connection
from django.http import FileResponse
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused
from referral import examination
from referral.storage import StorageAway

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_NAME: Final = 120
# The first bytes decide, never the name or the type that the sender claims: offset, bytes, type, examiner.
SIGNATURES: Final[tuple[tuple[int, bytes, str, str], ...]] = (
    (0, b"%PDF-", "application/pdf", "pdf"),
    (0, b"\xff\xd8\xff", "image/jpeg", "picture"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "picture"),
    (128, b"DICM", "application/dicom", "dicom"),
)
DICOM: Final = "application/dicom"
# A viewer names its files after the patient, so this one is named by us.
DICOM_NAME: Final = "image.dcm"
# Seconds by the clock that an examination may take, and that the transaction waits for it.
PATIENCE: Final = 20
FOLDER: Final = "attachments"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that passed the check; `name` is only ever shown, never used as a path."""

    name: str
    media_type: str
    content: bytes
    sha256: bytes

    @property
    def described(self) -> dict[str, Any]:
        """Return what its row says of it, by the fields of models.sharing.StoredDocument."""
        return {
            "name": self.name,
            "media_type": self.media_type,
            "size": len(self.content),
            "sha256": self.sha256,
        }


def checked(name: str, content: bytes) -> Document:
    """Return the clean copy of a document.

    Raises Refused: `document-size` (1 byte to 20 MiB), `document-type`, `document-encrypted`,
    `document-pixels`, `document-broken`.
    """
    if not 0 < len(content) <= MAX_BYTES:
        text = _("A document has at most 20 MB.")
        raise Refused("document-size", text, kind=Kind.UNPROCESSABLE)
    found = next((each for each in SIGNATURES if content.startswith(each[1], each[0])), None)
    if found is None:
        text = _("Only PDF, JPEG, PNG and DICOM can be attached.")
        raise Refused("document-type", text, kind=Kind.UNPROCESSABLE)
    _offset, _mark, media_type, examiner = found
    clean = _examined(examiner, content)
    shown = "".join(char for char in Path(name).name if char.isprintable())[:MAX_NAME]
    if media_type == DICOM:
        shown = DICOM_NAME
    return Document(shown or "document", media_type, clean, hashlib.sha256(clean).digest())


def be_patient() -> None:
    """Let this transaction wait while a file is examined and stored, longer than others may be idle."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{3 * PATIENCE}s'")


def _examined(examiner: str, content: bytes) -> bytes:
    """Return what an examiner (referral/examination) makes of a file; it sees no secret of ours."""
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", f"referral.examination.{examiner}"],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _broken() from None
    if done.returncode == examination.CLEAN and 0 < len(done.stdout) <= 2 * MAX_BYTES:
        return done.stdout
    if done.returncode == examination.ENCRYPTED:
        text = _("The PDF asks for a password: attach it without.")
        raise Refused("document-encrypted", text, kind=Kind.UNPROCESSABLE)
    if done.returncode == examination.TOO_LARGE:
        text = _("A picture has at most 40 million pixels.")
        raise Refused("document-pixels", text, kind=Kind.UNPROCESSABLE)
    raise _broken()


def _broken() -> Refused:
    text = _("The file is damaged or incomplete and cannot be opened.")
    return Refused("document-broken", text, kind=Kind.UNPROCESSABLE)


def _storage() -> Storage:
    return storages["documents"]


def name_of(attachment_id: UUID) -> str:
    """Return the name under which a document is kept."""
    name = attachment_id.hex
    return f"{FOLDER}/{name[-2:]}/{name}"


def store(attachment_id: UUID, document: Document) -> None:
    """Store the document and return when it is safe there, so that no committed row lacks its file.

    Raises StorageAway.
    """
    name = name_of(attachment_id)
    if _storage().save(name, ContentFile(document.content)) != name:
        raise StorageAway("the name is taken")


def opened(attachment_id: UUID) -> IO[Any]:
    """Return a stored document, open for reading; raises StorageAway."""
    return _storage().open(name_of(attachment_id), "rb")


def handed(attachment_id: UUID, name: str) -> FileResponse:
    """Return a stored document as a download, which never opens inside a page; raises StorageAway."""
    be_patient()
    answer = FileResponse(
        opened(attachment_id),
        as_attachment=True,
        filename=name,
        content_type="application/octet-stream",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def stored(*, before: datetime) -> Iterator[UUID]:
    """Return the ids of all documents that were stored before a moment; other files there are nobody's."""
    storage = _storage()
    # A folder of a store is only the beginning of names, so nobody can ask whether it is there.
    if FOLDER not in storage.listdir("")[0]:
        return
    for folder in sorted(storage.listdir(FOLDER)[0]):
        for name in sorted(storage.listdir(f"{FOLDER}/{folder}")[1]):
            if len(name) != 32:
                continue
            if storage.get_modified_time(f"{FOLDER}/{folder}/{name}") < before:
                yield UUID(hex=name)


def remove(attachment_id: UUID) -> None:
    """Remove a stored document; only ever one without a row (`manage.py sweep_documents`)."""
    _storage().delete(name_of(attachment_id))
