"""The pages of one's own account: password, second factor, the sessions that are open."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts import factor, identities, oidc, passwords, sessions, throttle
from accounts.models import CounterKind, User
from accounts.sessions import SessionStore
from audit import record
from facilities import guard
from facilities.actions import access
from facilities.pages import Page

PENDING: Final = "second-factor"
# Whoever has signed in a moment ago need not say the password again.
FRESH: Final = timedelta(minutes=10)
LATER: Final = "later"


class AccountPage(Page):
    """A page about the person who is signed in."""

    @property
    def person(self) -> User:
        """Return who is signed in."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    @property
    def session(self) -> SessionStore:
        """Return the session of this request."""
        session = self.request.session
        assert isinstance(session, SessionStore)
        return session

    def account(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """Return the page with all sections."""
        now = timezone.now()
        found = factor.of(self.person)
        shown = {
            "form": SetPasswordForm(self.person),
            "password_hints": passwords.hints(),
            "factor": found,
            "codes_left": factor.codes_left(found) if found else 0,
            "is_factor_on": settings.SECOND_FACTOR != "off",
            "sessions": list(sessions.of(self.person.pk, now)),
            "this_session": self.session.session_key,
            "idle_minutes": int(settings.SESSION_IDLE.total_seconds() // 60),
            **self.linked(),
        }
        return self.show("accounts/account.html", {**shown, **context}, status=status)

    def linked(self) -> dict[str, Any]:
        """Return what the page says of the organisation's sign-in, where there is one."""
        if not oidc.is_on():
            return {"has_provider": False}
        found = identities.of(self.person.pk, settings.OIDC_ISSUER)
        own = found is not None and found.linked_by == self.person.pk
        return {
            "has_provider": True,
            "provider": settings.OIDC_NAME,
            "identity": found,
            "is_own_link": own,
        }

    def try_code(self, code: str) -> str:
        """Use up a code of the second factor; returns why it is not taken, or an empty text."""
        now = timezone.now()
        counted = throttle.counters(self.request, self.person.username, CounterKind.CODE)
        wait = throttle.claim(counted, now=now)
        if wait is not None:
            return throttle.please_wait(wait)
        if not factor.accepts(self.person, code, now=now):
            return _("This code is wrong, or it was used before.")
        throttle.give_back(counted)
        return ""

    def try_password(self, password: str) -> str:
        """Check the person's own password; returns why it is not taken, or an empty text."""
        counted = throttle.counters(self.request, self.person.username)
        wait = throttle.claim(counted, now=timezone.now())
        if wait is not None:
            return throttle.please_wait(wait)
        if not self.person.check_password(password):
            return _("The password is wrong.")
        throttle.give_back(counted)
        return ""


class Account(AccountPage):
    """Everything about one's own sign-in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.account()


class Password(AccountPage):
    """Changes one's password, which ends every other session and every token."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form alone, as to whoever has signed in with a password that has ended."""
        return self._page(SetPasswordForm(self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Change it where the old one is right and the new one is good.

        The new one is judged only beside the right old one: that it was used before would tell what the
        old one is, to whoever finds an open session, and without slowing them down.
        """
        refusal = self.try_password(request.POST.get("old_password", ""))
        if refusal:
            return self._page(SetPasswordForm(self.person), old_refusal=refusal, status=422)
        form = SetPasswordForm(self.person, request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        self.person.set_password(form.cleaned_data["new_password1"])
        self.person.save(update_fields=["password"])
        update_session_auth_hash(request, self.person)
        record.change(self.actor, what="password.changed")
        messages.success(request, _("The password is changed; all other sessions have ended."))
        had_ended = request.session.pop(guard.ENDED, False)
        return redirect(settings.LOGIN_REDIRECT_URL if had_ended else "accounts:account")

    def _page(
        self, form: "SetPasswordForm[User]", *, old_refusal: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "old_refusal": old_refusal,
            "password_hints": passwords.hints(),
            "has_ended": self.session.get(guard.ENDED, False),
        }
        return self.show("accounts/new_password.html", context, status=status)


class EndSession(AccountPage):
    """Ends one session of one's own, as on a computer where somebody forgot to sign out."""

    def post(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        """End it; 404 for a session of somebody else."""
        row = self.session.row
        is_this = row is not None and row.id == session_id
        if is_this or not access.end_own_sessions(
            self.person, by=self.actor, session_id=session_id
        ):
            raise Http404
        messages.success(request, _("That session has ended."))
        return redirect("accounts:account")


class EndOthers(AccountPage):
    """Ends all sessions of one's own but this one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """End them."""
        access.end_own_sessions(self.person, by=self.actor, but=self.session.session_key)
        messages.success(request, _("All other sessions have ended."))
        return redirect("accounts:account")


class Lock(AccountPage):
    """Locks the session at once, for whoever leaves a shared computer for a moment."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Lock it; the next page asks for the password."""
        guard.lock(self.session, timezone.now())
        record.change(self.actor, what="session.locked")
        return redirect(settings.LOGIN_REDIRECT_URL)


class Factor(AccountPage):
    """Sets up the second factor: a secret to scan or type, confirmed by a first code."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the secret, or what is set up already."""
        if settings.SECOND_FACTOR == "off":
            raise Http404
        if factor.of(self.person) is not None:
            return redirect("accounts:account")
        return self._page()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm, and show the recovery codes this one time."""
        if settings.SECOND_FACTOR == "off" or factor.of(self.person) is not None:
            return redirect("accounts:account")
        if not self._is_fresh():
            refusal = self.try_password(request.POST.get("password", ""))
            if refusal:
                return self._page(refusal, status=422)
        now, code, secret = timezone.now(), request.POST.get("code", ""), self._secret()
        codes = access.confirm_factor(
            self.person, secret, code, by=self.actor, now=now, keep=str(self.session.session_key)
        )
        if codes is None:
            text = _("This code does not belong to this key. Is the clock of the telephone right?")
            return self._page(text, status=422)
        self.session.pop(PENDING, None)
        self.session[guard.FACTOR] = guard.PASSED
        return self.show("accounts/codes.html", {"codes": codes})

    def _is_fresh(self) -> bool:
        row = self.session.row
        return row is not None and timezone.now() - row.began_at < FRESH

    def _secret(self) -> str:
        """Return the secret that waits in the session, encrypted there; a new one where there is none."""
        secret = factor.opened(self.session.get(PENDING, ""), self.person.pk)
        if secret is None:
            secret = factor.new_secret()
            self.session[PENDING] = factor.sealed(secret, self.person.pk)
        return secret

    def _page(self, refusal: str = "", *, status: int = 200) -> HttpResponse:
        secret = self._secret()
        context = {
            # Made by segno of letters and digits of ours.
            "picture": mark_safe(factor.picture(secret, self.person)),  # noqa: S308
            "secret": factor.spaced(secret),
            "refusal": refusal,
            "wants_password": not self._is_fresh(),
            "is_required": settings.SECOND_FACTOR == "required",
        }
        return self.show("accounts/second_factor.html", context, status=status)


class Codes(AccountPage):
    """Makes new recovery codes for whoever shows a code."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show ten new ones; the old ones end."""
        if factor.of(self.person) is None:
            raise Http404
        refusal = self.try_code(request.POST.get("code", ""))
        if refusal:
            return self.account(code_refusal=refusal, status=422)
        return self.show(
            "accounts/codes.html", {"codes": access.renew_codes(self.person, by=self.actor)}
        )


class Later(AccountPage):
    """Puts the question for a second factor off until the next sign-in, where it is only asked for."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask no more in this session."""
        if settings.SECOND_FACTOR == "asked" and self.session.get(guard.FACTOR) == guard.MISSING:
            self.session[guard.FACTOR] = LATER
        return redirect(settings.LOGIN_REDIRECT_URL)
