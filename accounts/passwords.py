"""Ends what a password has opened when it is changed, by whatever way that happens."""

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import sessions, tokens
from accounts.models import User


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
