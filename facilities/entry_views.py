"""The pages of signing in: password, second factor, and the password again after a while away."""

import math
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.csrf import csrf_failure

from accounts import devices, factor, oidc, passwords, throttle
from accounts.forms import SignInForm
from accounts.models import CounterKind, User
from accounts.sessions import SessionStore
from facilities import guard
from facilities.actions import access
from facilities.queries import access as queries

BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
# In the session of somebody whose password was right, and whose code is awaited.
ENTERING: Final = "entering"
CODE_WITHIN: Final = timedelta(minutes=5)


def admit(request: HttpRequest, user: User, *, to: str, way: str) -> HttpResponse:
    """Let in a person whose password or identity was right, or ask for the second factor that they have set up."""
    if settings.SECOND_FACTOR == "off" or factor.of(user) is None:
        return enter(request, user, to=to, passed=False, way=way)
    at = timezone.now().isoformat()
    request.session.cycle_key()
    request.session[ENTERING] = {"user": str(user.pk), "at": at, "next": to, "way": way}
    return redirect("accounts:sign-in-code")


def enter(
    request: HttpRequest, user: User, *, to: str, passed: bool, way: str = "password"
) -> HttpResponse:
    """Begin the session of a person, and lead on; the browser is known from now on."""
    with transaction.atomic():
        login(request, user, backend=BACKEND)
        session = request.session
        session.pop(ENTERING, None)
        session[guard.FACTOR] = guard.PASSED if passed else guard.MISSING
        session["address"] = throttle.address_of(request) or None
        session["device"] = devices.words(request.headers.get("User-Agent", ""))
        if way == "password":
            _look_at_its_age(request, user)
        access.note_entry(user.pk, way="code" if passed else way, done=True)
    answer = redirect(to)
    throttle.remember(request, answer, user.username)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return answer


def _look_at_its_age(request: HttpRequest, user: User) -> None:
    """Have a new password chosen before anything else where this one has ended, and tell of an end that is near."""
    end = passwords.ends_at(user)
    if end is None:
        return
    left = end - timezone.now()
    if left <= timedelta():
        request.session[guard.ENDED] = True
    elif left <= passwords.SOON:
        days = math.ceil(left / timedelta(days=1))
        text = ngettext(
            "Your password ends within %(days)s day: choose a new one in your account.",
            "Your password ends within %(days)s days: choose a new one in your account.",
            days,
        )
        messages.warning(request, text % {"days": days})


def _slowed(answer: HttpResponse, wait: timedelta | None) -> HttpResponse:
    """Say also to programs that they are to wait."""
    if wait is not None:
        answer.status_code = 429
        answer["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return answer


# Not in one transaction: counters of tries are written at once, and no lock waits for a password's hash.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class SignIn(LoginView):
    """Checks user name and password, and begins a session or asks for the code.

    A browser that has not chosen a language speaks the person's own from now on.
    """

    template_name = "accounts/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in, or lead to the page of the code."""
        user, to = form.get_user(), self.get_success_url()
        assert isinstance(user, User)
        return admit(self.request, user, to=to, way="password")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the way by the provider, where there is one."""
        found = {"has_provider": oidc.is_on(), "provider": settings.OIDC_NAME}
        return super().get_context_data(**found, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again; a wrong password is written down, a try that was not let in is not."""
        wrong = {error.code for error in form.non_field_errors().as_data()}
        if wrong & {"invalid_login", "inactive"}:
            with transaction.atomic():
                user_id = queries.user_named(form.cleaned_data["username"])
                access.note_entry(user_id, way="password", done=False)
        answer: HttpResponse = super().form_invalid(form)
        return _slowed(answer, form.wait)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class SignInCode(View):
    """Takes the code of the telephone, or one from the paper, within five minutes of the password."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        return self._page() if self._person() else redirect(settings.LOGIN_URL)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Sign in with the right code; each try is counted first."""
        user, now = self._person(), timezone.now()
        if user is None:
            return redirect(settings.LOGIN_URL)
        counted = throttle.counters(request, user.username, CounterKind.CODE)
        wait = throttle.claim(counted, now=now)
        if wait is not None:
            return _slowed(self._page(throttle.please_wait(wait)), wait)
        if not factor.accepts(user, request.POST.get("code", ""), now=now):
            with transaction.atomic():
                access.note_entry(user.pk, way="code", done=False)
            return self._page(_("This code is wrong, or it was used before."))
        throttle.give_back(counted)
        told = request.session[ENTERING]
        # Nothing told the way before passwords aged; such a session may be there while a new version starts.
        way = told.get("way", "password")
        return enter(request, user, to=told["next"], passed=True, way=way)

    def _person(self) -> User | None:
        told = self.request.session.get(ENTERING)
        if not isinstance(told, dict):
            return None
        if timezone.now() - datetime.fromisoformat(told["at"]) > CODE_WITHIN:
            return None
        return queries.active_user(UUID(told["user"]))

    def _page(self, refusal: str = "") -> HttpResponse:
        answer = render(self.request, "accounts/code.html", {"refusal": refusal})
        answer["Cache-Control"] = "no-store"
        return answer


class SignOut(LogoutView):
    """Ends the session; by POST only, so that no link or picture can do it."""


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class Unlock(View):
    """Takes the password after a while away, and goes on to the page that was asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Lead on: a page that is locked asks by itself."""
        return redirect(settings.LOGIN_REDIRECT_URL)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Unlock, or ask again."""
        user, session, now = request.user, request.session, timezone.now()
        if not isinstance(user, User) or not isinstance(session, SessionStore):
            return redirect(settings.LOGIN_URL)
        to = request.POST.get("next", "")
        here = {request.get_host()}
        if not url_has_allowed_host_and_scheme(to, here, require_https=request.is_secure()):
            to = reverse(settings.LOGIN_REDIRECT_URL)
        if guard.is_locked(session, now):
            refusal = guard.unlock(request, user, request.POST.get(guard.PASSWORD, ""), now)
            if refusal:
                return guard.ask(request, refusal=refusal, to=to)
        return redirect(to)


def form_too_old(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Say that a form was too old; whoever has signed in meanwhile, in another tab, is led on instead."""
    if request.user.is_authenticated and request.path == reverse(settings.LOGIN_URL):
        return redirect(settings.LOGIN_REDIRECT_URL)
    return csrf_failure(request, reason)
