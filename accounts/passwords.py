"""Judges new passwords, keeps which a person had and since when, and ends what a changed one has opened.

GB/T 22239-2019, 8.1.4.1 a wants passwords that are complex and changed from time to time. What that means in
numbers is custom for level 3: three kinds of signs, none of the last five, PASSWORD_DAYS (90) at most.
"""

import string
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions, tokens
from accounts.models import PastPassword, User

KINDS_NEEDED: Final = 3
# Whatever is none of these is an other sign, a Chinese character too.
KINDS: Final = {
    "small": string.ascii_lowercase,
    "capital": string.ascii_uppercase,
    "digit": string.digits,
}
# The present one and four before it.
REMEMBERED: Final = 5
# So long before its end a person is told at each sign-in.
SOON: Final = timedelta(days=7)


def ends_at(user: User) -> datetime | None:
    """Return when the password of a person has to be changed; None where passwords do not age.

    One that somebody else has set ends when it was set: its person chooses another at the first sign-in.
    """
    present = _present(user)
    if present is not None and present.is_initial:
        return present.set_at
    if settings.PASSWORD_DAYS <= 0:
        return None
    since = user.date_joined if present is None else present.set_at
    return since + timedelta(days=settings.PASSWORD_DAYS)


def demand_another(user: User) -> None:
    """Let the password that somebody else has set for a person serve for one sign-in."""
    present = _present(user)
    if present is not None:
        present.is_initial = True
        present.save(update_fields=["is_initial"])


def _present(user: User) -> PastPassword | None:
    return PastPassword.objects.filter(user=user).order_by("-set_at", "-id").first()


class ThreeKinds:
    """Wants small letters, capital letters, digits and other signs, three of these four at least."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Refuse what has fewer kinds of signs."""
        kinds = {self._kind(sign) for sign in password}
        if len(kinds) < KINDS_NEEDED:
            raise ValidationError(self.get_help_text(), code="password_too_simple")

    def get_help_text(self) -> str:
        """Say what is wanted."""
        return _("Three of these at least: small letters, capital letters, digits, other signs.")

    @staticmethod
    def _kind(sign: str) -> str:
        for kind, signs in KINDS.items():
            if sign in signs:
                return kind
        return "other"


class NotAgain:
    """Refuses the last passwords of a person, and remembers each that is set."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Refuse one that the person has or had a short while ago."""
        if not isinstance(user, User):
            return
        had = PastPassword.objects.filter(user=user).values_list("encoded", flat=True)
        if any(check_password(password, encoded) for encoded in {user.password, *had}):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        """Say what is wanted."""
        return _("None of your last %(count)s passwords.") % {"count": REMEMBERED}

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Remember it, and forget what is older than the last few."""
        if not isinstance(user, User):
            return
        known = PastPassword.objects.filter(user=user)
        PastPassword.objects.create(user=user, encoded=user.password, set_at=timezone.now())
        kept = known.order_by("-set_at", "-id").values_list("pk", flat=True)[:REMEMBERED]
        known.exclude(pk__in=list(kept)).delete()


class EndWhatItOpened:
    """A validator that refuses nothing; Django calls `password_changed` after each change.

    The page, the administration, `changepassword`: all come by here. Sessions and bearer tokens of the person
    end; the page on which people change their own goes on with a new session.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """Take every password: the other validators judge."""

    def get_help_text(self) -> str:
        """Say what a change brings."""
        return _("Every other session and every access token ends with the change.")

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        """End every session and token of the person."""
        if isinstance(user, User):
            sessions.end(user)
            tokens.revoke_all(user, now=timezone.now())


def hints() -> list[str]:
    """Return what a person should know before choosing one, beside what Django's own validators say."""
    return [each.get_help_text() for each in (ThreeKinds(), NotAgain(), EndWhatItOpened())]
