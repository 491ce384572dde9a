"""Keeps in a cookie whether pages are light or dark; without it they are as the device is."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

COOKIE: Final = "appearance"
KNOWN: Final = ("light", "dark")


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Set or forget the choice and lead back; anything unknown forgets it."""
    answer = redirect(_next(request))
    chosen = request.POST.get("appearance")
    if chosen not in KNOWN:
        answer.delete_cookie(COOKIE, samesite="Lax")
        return answer
    answer.set_cookie(
        COOKIE,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


def _next(request: HttpRequest) -> str:
    """Return the address to go back to, on this server only."""
    asked = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if own else "/"
