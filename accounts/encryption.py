"""Encrypts personal fields at rest (AES-256-GCM, key ids) and makes blind indexes to find them.

Stored form: version 1, key id, 12-byte nonce, ciphertext with tag. The additional data binds a value
to its table, column and row, so a ciphertext copied to another row does not open. See
docs/adr/0001-identifiers-and-encryption.md.
"""

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, Any, Self, overload

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models

from accounts.keys import blind_index_key, field_keys

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

VERSION = 1
NONCE_BYTES = 12


class CannotDecrypt(Exception):
    """A stored value does not open: wrong key, wrong row, or altered bytes."""


def seal(text: str, *, context: str) -> bytes:
    """Encrypt `text` with the active key, bound to `context`."""
    return seal_bytes(text.encode(), context=context)


def seal_bytes(content: bytes, *, context: str) -> bytes:
    """Encrypt the content of a file in the same way."""
    keys = field_keys()
    nonce = secrets.token_bytes(NONCE_BYTES)
    header = bytes((VERSION, keys.active))
    body = AESGCM(keys.by_id[keys.active]).encrypt(nonce, content, header + context.encode())
    return header + nonce + body


def unseal(token: bytes, *, context: str) -> str:
    """Decrypt what `seal` made; raises CannotDecrypt."""
    return unseal_bytes(token, context=context).decode()


def unseal_bytes(token: bytes, *, context: str) -> bytes:
    """Decrypt what `seal_bytes` made; raises CannotDecrypt."""
    header, nonce, body = token[:2], token[2 : 2 + NONCE_BYTES], token[2 + NONCE_BYTES :]
    key = field_keys().by_id.get(header[1]) if len(header) == 2 and header[0] == VERSION else None
    if key is None:
        raise CannotDecrypt("the key of this value is not configured")
    try:
        return AESGCM(key).decrypt(nonce, body, header + context.encode())
    except (InvalidTag, ValueError) as error:
        raise CannotDecrypt("the value does not open with its key") from error


def blind_index(value: str, *, purpose: str) -> bytes:
    """Return HMAC-SHA-256 of a normalised value, 32 bytes; equal values of one purpose are equal."""
    return hmac.digest(blind_index_key(), f"{purpose}\x00{value}".encode(), hashlib.sha256)


def blind_token(value: str, *, purpose: str) -> int:
    """Return a 63-bit search token of a value, for bigint[] columns under a GIN index."""
    return int.from_bytes(blind_index(value, purpose=purpose)[:8], "big") >> 1


class _Sealed:
    """Opens the stored bytes of a field when, and only when, somebody reads the attribute."""

    def __init__(self, field: "EncryptedTextField") -> None:
        self.field = field

    @overload
    def __get__(self, instance: None, owner: type[models.Model]) -> Self: ...
    @overload
    def __get__(self, instance: models.Model, owner: type[models.Model]) -> str | None: ...
    def __get__(
        self, instance: models.Model | None, owner: type[models.Model]
    ) -> "Self | str | None":
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, (bytes, memoryview)):
            value = unseal(bytes(value), context=self.field.context(instance))
            instance.__dict__[name] = value
        return value  # type: ignore[no-any-return]

    def __set__(self, instance: models.Model, value: str | bytes | memoryview | None) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.BinaryField[str | bytes | None, Any]):
    """Text that the database only ever sees encrypted; `max_length` counts characters.

    It cannot be filtered or written by `QuerySet.update`: the row id is part of the encryption.
    """

    descriptor_class = _Sealed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the options of a binary field; `max_length` is checked by the API, in characters."""
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        """Install the descriptor in place of the plain attribute."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Sealed(self))

    def context(self, instance: models.Model) -> str:
        """Return the additional data of this value: table, column and row."""
        return f"{instance._meta.db_table}.{self.column}:{instance.pk}"

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        """Encrypt a text; pass stored bytes that nobody has opened through untouched."""
        value = model_instance.__dict__.get(self.attname)
        if value is None:
            return None
        if isinstance(value, (bytes, memoryview)):
            return bytes(value)
        return seal(value, context=self.context(model_instance))

    def get_db_prep_value(
        self, value: Any, connection: "BaseDatabaseWrapper", prepared: bool = False
    ) -> Any:
        """Refuse text that did not come through `pre_save`, so that no plaintext is ever written."""
        if isinstance(value, str):
            raise TypeError("an encrypted field is written through its instance only")
        return super().get_db_prep_value(value, connection, prepared)

    def value_to_string(self, obj: models.Model) -> str:
        """Keep plaintext out of dumps: the stored bytes, in hexadecimal."""
        value = self.pre_save(obj, add=False)
        return value.hex() if value else ""
