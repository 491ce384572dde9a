"""Stores users, how they sign in, their tokens, and the first answer to every idempotent request."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.encryption import EncryptedTextField
from accounts.ids import uuid7


class User(AbstractBaseUser, PermissionsMixin):
    """A person or a partner system that signs in; what it may do hangs on its staff posts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        _("User name"), max_length=150, unique=True, validators=[UnicodeUsernameValidator()]
    )
    full_name = models.CharField(_("Full name"), max_length=100)
    email = models.EmailField(_("E-mail"), blank=True)
    language = models.CharField(
        _("Language"),
        max_length=10,
        default="zh-hans",
        choices=[("zh-hans", "中文"), ("en", "English")],
    )
    is_staff = models.BooleanField(_("May use the administration pages"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)
    date_joined = models.DateTimeField(_("Joined"), auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("User")
        verbose_name_plural = _("Users")

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        """Return the name to show on a form."""
        return self.full_name

    def get_short_name(self) -> str:
        """Return the name to greet with."""
        return self.full_name


class PastPassword(models.Model):
    """A password that a person has or had, as its hash: how old the present one is, and what is not taken again.

    `is_initial` says of the present one that somebody else has set it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    encoded = models.CharField(max_length=128)
    set_at = models.DateTimeField()
    is_initial = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("Password that was set")
        verbose_name_plural = _("Passwords that were set")
        indexes: ClassVar = [
            models.Index(fields=["user", "-set_at", "-id"], name="past_password_of_user")
        ]

    def __str__(self) -> str:
        return str(self.id)


class AccessToken(models.Model):
    """A bearer token, of which only the SHA-256 is kept; the token itself is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="access_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    prefix = models.CharField(max_length=12)
    label = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Access token")
        verbose_name_plural = _("Access tokens")

    def __str__(self) -> str:
        return self.prefix


class IdempotencyKey(models.Model):
    """The first answer to a request with an Idempotency-Key, written in the request's transaction.

    Kept as long as the referrals it made; the body is encrypted, since it may name a patient.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Idempotency key")
        verbose_name_plural = _("Idempotency keys")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_a_user")
        ]

    def __str__(self) -> str:
        return str(self.id)


class CounterKind(models.TextChoices):
    """Whose wrong tries are counted."""

    ACCOUNT = "account", _("Account")
    DEVICE = "device", _("Known device")
    ADDRESS = "address", _("Network address")
    CODE = "code", _("Second factor")
    LINK = "link", _("Link of a patient")


class TryCounter(models.Model):
    """Wrong tries of one account, device or address, and when the next one is let in.

    `digest` is a blind index: neither user names nor addresses can be read here. Rows are forgotten in time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=CounterKind)
    digest = models.BinaryField(max_length=32, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Counter of wrong tries")
        verbose_name_plural = _("Counters of wrong tries")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=CounterKind.values), name="try_counter_kind_known"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["last_at"], name="try_counter_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.failures}"


class Session(AbstractBaseSession):
    """A signed-in browser: since when, last used when, where and on which device."""

    id = models.UUIDField(default=uuid7, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField()
    last_use = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name = _("Session")
        verbose_name_plural = _("Sessions")

    def __str__(self) -> str:
        return str(self.id)


class SecondFactor(models.Model):
    """The secret that a person's telephone shares with us, confirmed by a code that it made.

    `last_step` is the last half minute whose code was taken: no code is taken twice.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.OneToOneField(User, models.CASCADE, related_name="second_factor")
    secret = EncryptedTextField()
    last_step = models.BigIntegerField()
    confirmed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Second factor")
        verbose_name_plural = _("Second factors")

    def __str__(self) -> str:
        return str(self.id)


class Identity(models.Model):
    """Whom an identity provider (OpenID Connect) calls a user: linked by hand, by the user or an administrator."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="identities", db_index=False)
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    linked_by = models.UUIDField(null=True)
    linked_at = models.DateTimeField()

    class Meta:
        verbose_name = _("Identity at a provider")
        verbose_name_plural = _("Identities at a provider")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="identity_of_one_user"),
            models.UniqueConstraint(fields=["user", "issuer"], name="identity_one_a_user"),
            models.CheckConstraint(condition=~models.Q(subject=""), name="identity_has_subject"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RecoveryCode(models.Model):
    """One of ten codes on paper for whoever has lost the telephone; only a keyed digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    factor = models.ForeignKey(SecondFactor, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Recovery code")
        verbose_name_plural = _("Recovery codes")

    def __str__(self) -> str:
        return str(self.id)
