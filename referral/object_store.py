"""Keeps documents in a store that speaks S3; loaded only where DOCUMENTS_BUCKET names one."""

from typing import IO, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage

from referral.storage import StorageAway


class ObjectStore(S3Storage):  # type: ignore[misc]
    """Private objects under names of ours; the store answers a write when the object is durable.

    So the order of file and row holds here too: `save` has returned before the row commits.
    """

    def __init__(self, **options: Any) -> None:
        """Give up soon, since a transaction waits; names are new each time, so nothing is asked before a write."""
        soon = Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(default_acl=None, file_overwrite=True, client_config=soon, **options)

    def _save(self, name: str, content: File[Any] | IO[Any]) -> str:
        try:
            saved: str = super()._save(name, content)
        except (BotoCoreError, ClientError, OSError) as error:
            raise StorageAway(type(error).__name__) from error
        return saved

    def _open(self, name: str, mode: str = "rb") -> Any:
        """Fetch the object at once, so that what goes wrong goes wrong before an answer has begun."""
        try:
            found = super()._open(name, mode)
            _ = found.file
        except (BotoCoreError, ClientError, OSError) as error:
            raise StorageAway(type(error).__name__) from error
        return found
