"""Refuses uploads that are larger than any document of ours before a byte of them is kept."""

from typing import IO, Any, Final

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# The largest document (referral/documents.py) with room for the frame of multipart/form-data.
MAX_BODY: Final = 21 * 1024 * 1024


class Bounded(FileUploadHandler):
    """Stands before the handlers that keep files; without it anybody could fill the disk."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - the name that Django calls it by
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Raise RequestDataTooBig by the length that the web server holds the client to."""
        if content_length > MAX_BODY:
            raise RequestDataTooBig("an upload is larger than any document")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass each chunk on."""
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the handlers behind."""
        return None
