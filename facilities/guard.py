"""Asks again whoever has been away: a session locks when it is idle, ends after its longest time, and
waits for a second factor where one is required, and for a new password where the present one has ended.

A middleware behind the check against forged forms. Which addresses it leaves alone is a setting.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import throttle
from accounts.models import User
from accounts.rest.problems import CONTENT_TYPE, problem_body
from accounts.rest_defaults.rendering import dumps
from accounts.sessions import SessionStore
from facilities.actions import access

API: Final = "/api/"
# In the session: whether its second factor was shown.
FACTOR: Final = "factor"
PASSED, MISSING = "passed", "missing"
# In the session: that the password with which it began has ended.
ENDED: Final = "password-ended"
PASSWORD: Final = "unlock-password"  # noqa: S105 - the name of a field
CSRF: Final = "csrfmiddlewaretoken"
# What asks by itself, such as a counter on a page, says so, and keeps no session awake.
BACKGROUND: Final = "X-Background"


class Guard:
    """Looks at every request of a signed-in browser before its view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Answer in place of the view where the session is locked or lacks its second factor."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or _is_open(request):
            return None
        user, session = request.user, request.session
        if not (isinstance(user, User) and isinstance(session, SessionStore) and session.row):
            return None
        now = timezone.now()
        if now - session.row.began_at >= settings.SESSION_LONGEST:
            session.flush()
            request.user = AnonymousUser()
            return None
        if is_locked(session, now):
            refused = _let_in_again(request, user, now)
            if refused is not None:
                return refused
        elif not _is_background(request) and not session.touch(now):
            session.flush()
            request.user = AnonymousUser()
            return None
        return _second_factor_first(request) or _new_password_first(request)


def is_locked(session: SessionStore, now: datetime) -> bool:
    """Say whether a session was idle too long and waits for the password."""
    return session.row is not None and now - session.row.last_use >= settings.SESSION_IDLE


def lock(session: SessionStore, now: datetime) -> None:
    """Lock a session as if it had been idle."""
    session.set_last_use(now - settings.SESSION_IDLE - timedelta(seconds=1))


def unlock(request: HttpRequest, user: User, password: str, now: datetime) -> str:
    """Unlock the session by the person's password; returns why not, or an empty text."""
    counted = throttle.counters(request, user.username)
    wait = throttle.claim(counted, now=now)
    if wait is not None:
        return throttle.please_wait(wait)
    right = user.check_password(password)
    with transaction.atomic():
        access.note_entry(user.pk, way="unlock", done=right)
    if not right:
        return _("The password is wrong.")
    throttle.give_back(counted)
    session = request.session
    if isinstance(session, SessionStore):
        session.set_last_use(now)
    return ""


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.view_name in settings.OPEN_ADDRESSES


def _is_background(request: HttpRequest) -> bool:
    heads, match = request.headers, request.resolver_match
    return (
        BACKGROUND in heads
        or heads.get("Accept", "").startswith("text/event-stream")
        or (match is not None and match.view_name in settings.BACKGROUND_ADDRESSES)
    )


def _is_for_a_script(request: HttpRequest) -> bool:
    """Say whether a script asks, which can do nothing with a page."""
    heads = request.headers
    return (
        request.path.startswith(API)
        or "HX-Request" in heads
        or heads.get("Sec-Fetch-Dest", "document") not in {"document", "iframe"}
        or _is_background(request)
    )


def _problem(status: int, code: str, text: str) -> HttpResponse:
    answer = HttpResponse(dumps(problem_body(status, code, text)), CONTENT_TYPE, status=status)
    answer["Cache-Control"] = "no-store"
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _let_in_again(request: HttpRequest, user: User, now: datetime) -> HttpResponseBase | None:
    """Ask for the password; a form that was sent is kept, and goes on with the right one."""
    if _is_for_a_script(request):
        return _problem(
            401, "session-locked", _("The page is locked: open it again and unlock it.")
        )
    password, refusal = request.POST.get(PASSWORD), ""
    if password is not None:
        refusal = unlock(request, user, password, now)
        if not refusal:
            words = request.POST.copy()
            del words[PASSWORD]
            request.POST = words  # type: ignore[assignment]
            return None
    return ask(request, refusal=refusal)


def ask(request: HttpRequest, *, refusal: str = "", to: str = "") -> HttpResponse:
    """Return the page that asks for the password, with the words of a form that waits to be sent."""
    sent = request.method == "POST" and not to
    left_out = {CSRF, PASSWORD}
    words = [
        (name, value)
        for name, values in (request.POST.lists() if sent else ())
        if name not in left_out
        for value in values
    ]
    context = {
        "words": words,
        "is_sent": sent,
        "lost_files": sent and bool(request.FILES),
        "address": request.get_full_path(),
        "next": to or request.get_full_path(),
        "refusal": refusal,
        "field": PASSWORD,
    }
    answer = render(request, "accounts/unlock.html", context, status=403)
    answer["Cache-Control"] = "no-store"
    return answer


def _second_factor_first(request: HttpRequest) -> HttpResponseBase | None:
    """Lead to the second factor where it is required and was not shown."""
    if settings.SECOND_FACTOR != "required" or request.session.get(FACTOR) == PASSED:
        return None
    match = request.resolver_match
    if match is not None and match.view_name in settings.BEFORE_SECOND_FACTOR:
        return None
    if _is_for_a_script(request):
        text = _("Set up your second factor first: open a page of this system.")
        return _problem(403, "second-factor-required", text)
    return redirect("accounts:second-factor")


def _new_password_first(request: HttpRequest) -> HttpResponseBase | None:
    """Lead to the page of a new password where the present one has ended."""
    if not request.session.get(ENDED):
        return None
    match = request.resolver_match
    if match is not None and match.view_name in settings.BEFORE_NEW_PASSWORD:
        return None
    if _is_for_a_script(request):
        text = _("Choose a new password first: open a page of this system.")
        return _problem(403, "password-ended", text)
    return redirect("accounts:password")
