"""Checks a document by its content and keeps it outside the web root under a name of ours."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind, Refused

MAX_BYTES: Final = 20 * 1024 * 1024
MAX_NAME: Final = 120
# The first bytes decide, never the name or the type that the sender claims.
SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that passed the check; `name` is only ever shown, never used as a path."""

    name: str
    media_type: str
    content: bytes
    sha256: bytes


def checked(name: str, content: bytes) -> Document:
    """Return the document; raises Refused `document-type` or `document-size` (1 byte to 20 MiB)."""
    if not 0 < len(content) <= MAX_BYTES:
        text = _("A document has at most 20 MB.")
        raise Refused("document-size", text, kind=Kind.UNPROCESSABLE)
    media_type = next((kind for start, kind in SIGNATURES if content.startswith(start)), None)
    if media_type is None:
        text = _("Only PDF, JPEG and PNG can be attached.")
        raise Refused("document-type", text, kind=Kind.UNPROCESSABLE)
    shown = "".join(char for char in Path(name).name if char.isprintable())[:MAX_NAME]
    return Document(shown or "document", media_type, content, hashlib.sha256(content).digest())


def path_of(attachment_id: UUID) -> Path:
    """Return where a document lies."""
    name = attachment_id.hex
    return Path(settings.MEDIA_ROOT) / "attachments" / name[-2:] / name


def store(attachment_id: UUID, document: Document) -> None:
    """Write the document and wait until the disk has it, so that no committed row lacks its file."""
    path = path_of(attachment_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("xb") as file:
        file.write(document.content)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
