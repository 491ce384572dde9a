"""Changes how people sign in, and writes every sign-in and every such change into the audit trail."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import factor, identities, scope, sessions, throttle, tokens
from accounts.actors import Actor
from accounts.errors import Refused, not_found
from accounts.models import CounterKind, User
from audit import record
from audit.models import Result
from facilities.policy import access as policy
from facilities.queries import access as queries
from facilities.sign_in import actor_of

# Asked about where a user name is nobody's.
NOBODY: Final = UUID(int=0)


def note_entry(user_id: UUID | None, *, way: str, done: bool) -> None:
    """Write down that somebody signed in or tried to; None for a user name that there is not.

    Needs a transaction. The trail holds no user name: whoever mistypes may have typed the password there.
    """
    # A try that failed stands in the trail of the institution of the person's first post, for its auditor. The same
    # is asked about nobody, so that it costs the same whether there is such a person or not; no post wrote it.
    found = actor_of(user_id or NOBODY)
    who = found if done else Actor(user_id, found.facility_id, None)
    if not done:
        scope.enter(who)
    result = Result.OK if done else Result.REFUSED
    record.change(who, what=f"sign_in.{way}", result=result)


def confirm_factor(
    user: User, secret: str, code: str, *, by: Actor, now: datetime, keep: str
) -> list[str] | None:
    """Keep a second factor whose code is right, and end the person's other sessions.

    Returns the recovery codes, None for a wrong code. `keep` is the key of the session that goes on.
    """
    with transaction.atomic():
        codes = factor.confirm(user, secret, code, now=now)
        if codes is not None:
            sessions.end(user, but=keep)
            record.change(by, what="second_factor.confirmed")
    return codes


def renew_codes(user: User, *, by: Actor) -> list[str]:
    """Replace the recovery codes."""
    with transaction.atomic():
        codes = factor.renew_codes(user)
        record.change(by, what="second_factor.codes_renewed")
    return codes


def end_own_sessions(
    user: User, *, by: Actor, session_id: UUID | None = None, but: str | None = None
) -> int:
    """End one session of one's own, or all but one; returns how many that were."""
    with transaction.atomic():
        ended = sessions.end(user, session_id=session_id, but=but)
        if ended:
            record.change(by, what="session.ended")
    return ended


def link_own_identity(user: User, subject: str, *, now: datetime) -> None:
    """Link what the provider calls somebody who is signed in. Raises Refused `identity-taken`."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        _link(user, subject, by=user.pk, now=now)
        record.change(actor_of(user.pk), what="identity.linked")


def unlink_own_identity(user: User, *, by: Actor) -> None:
    """Forget what the provider calls a person; to do so again changes nothing."""
    with transaction.atomic():
        if identities.unlink(user, settings.OIDC_ISSUER):
            record.change(by, what="identity.unlinked")


def link_identity(user_id: UUID, subject: str, *, by: Actor, now: datetime) -> User:
    """Link the subject that a security administrator has entered. Raises Refused."""
    with transaction.atomic():
        user = _locked(user_id, by, now)
        _link(user, subject, by=by.user_id, now=now)
        record.change(by, what="access.identity_linked")
    return user


def unlink_identity(user_id: UUID, *, by: Actor, now: datetime) -> User:
    """Forget a member of staff's identity at the provider, and end the sessions. Raises Refused."""
    with transaction.atomic():
        user = _locked(user_id, by, now)
        identities.unlink(user, settings.OIDC_ISSUER)
        sessions.end(user)
        record.change(by, what="access.identity_unlinked")
    return user


def _link(user: User, subject: str, *, by: UUID | None, now: datetime) -> None:
    if not identities.link(user, subject, settings.OIDC_ISSUER, by=by, now=now):
        raise Refused("identity-taken", _("This identity is linked to another user already."))


def sign_out_everywhere(user_id: UUID, *, by: Actor, now: datetime) -> User:
    """End every session and token of a member of staff. Raises Refused."""
    with transaction.atomic():
        user = _locked(user_id, by, now)
        sessions.end(user)
        tokens.revoke_all(user, now=now)
        record.change(by, what="access.signed_out")
    return user


def remove_factor(user_id: UUID, *, by: Actor, now: datetime) -> User:
    """Take away a second factor, as for a lost telephone, and end what it has opened. Raises Refused."""
    with transaction.atomic():
        user = _locked(user_id, by, now)
        factor.remove(user)
        sessions.end(user)
        record.change(by, what="access.factor_removed")
    return user


def let_in(user_id: UUID, *, by: Actor, now: datetime) -> User:
    """Forget the wrong tries of a member of staff, who then need not wait. Raises Refused."""
    with transaction.atomic():
        user = _locked(user_id, by, now)
        throttle.clear(user.username, CounterKind.ACCOUNT, CounterKind.CODE)
        record.change(by, what="access.let_in")
    return user


def _locked(user_id: UUID, by: Actor, now: datetime) -> User:
    """Return the person, locked; somebody who works elsewhere is not there."""
    policy.demand_administration(by, user_id)
    today = timezone.localdate(now)
    if not by.is_system and not queries.works_here(user_id, by.place, on=today):
        raise not_found()
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise not_found()
    return user
