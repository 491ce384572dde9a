"""Signing in by the provider of the organisation, and linking one's own identity there (OpenID Connect)."""

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views import View

from accounts import identities, oidc
from accounts.errors import Refused
from accounts.models import User
from accounts.oidc import Trouble
from facilities import guard
from facilities.account_views import AccountPage
from facilities.actions import access
from facilities.entry_views import admit

# In the session, from the way there until the way back.
ERRAND: Final = "oidc"
WORDS: Final[dict[str, Any]] = {
    "away": _(
        "The sign-in of your organisation does not answer. Use your password, or try again later."
    ),
    "refused": _("Your organisation did not let you in, or you broke it off."),
    "late": _("That took too long, or it was done already. Please begin again."),
    "wrong": _(
        "The answer of your organisation's sign-in could not be verified. Please begin again."
    ),
    "stale": _(
        "Your organisation let in whoever was signed in before. Sign out there and begin again."
    ),
    "unknown": _(
        "Your identity there is linked to no user here. Sign in with your password and link it in your account, "
        "or ask the security administrator of your facility."
    ),
    "taken": _("This identity is linked to another user already."),
    "locked": _("The page was locked meanwhile. Unlock it and begin again."),
}
STATUS: Final = {"away": 502, "taken": 409}


def back_address() -> str:
    """Return where the provider sends a browser back to; the host is a setting, never what a request says."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("accounts:provider-back")


def trouble(request: HttpRequest, code: str) -> HttpResponse:
    """Say why it did not work, with both ways on."""
    context = {"text": WORDS[code], "code": code, "is_signed_in": request.user.is_authenticated}
    answer = render(
        request, "accounts/provider_trouble.html", context, status=STATUS.get(code, 403)
    )
    answer["Cache-Control"] = "no-store"
    return answer


# Not in one transaction: no lock waits for the provider.
@method_decorator(transaction.non_atomic_requests, name="dispatch")
class ToProvider(View):
    """Leads a browser to the provider."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Remember the errand and lead on; without a provider, or signed in already, to the sign-in page."""
        if not oidc.is_on() or request.user.is_authenticated:
            return redirect(settings.LOGIN_URL)
        to = request.GET.get("next", "")
        here = {request.get_host()}
        if not url_has_allowed_host_and_scheme(to, here, require_https=request.is_secure()):
            to = reverse(settings.LOGIN_REDIRECT_URL)
        try:
            address, errand = oidc.begin(back_address(), to=to, now=timezone.now())
        except Trouble as why:
            return trouble(request, why.code)
        request.session[ERRAND] = errand.kept()
        return redirect(address)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class FromProvider(View):
    """Takes the answer of the provider: signs a linked person in, or links whoever is signed in."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Check the answer; each errand is taken out of the session first, so that it serves once."""
        kept = request.session.pop(ERRAND, None)
        if not oidc.is_on():
            return redirect(settings.LOGIN_URL)
        try:
            subject = oidc.finish(kept, request.GET.dict(), back_address(), now=timezone.now())
        except Trouble as why:
            self._note(None)
            return trouble(request, why.code)
        if kept["user"]:
            return self._link(request, subject, kept["user"])
        if request.user.is_authenticated:
            return trouble(request, "late")
        user = identities.user_of(subject, settings.OIDC_ISSUER)
        if user is None:
            self._note(None)
            return trouble(request, "unknown")
        return admit(request, user, to=kept["to"], way="provider")

    def _note(self, user_id: UUID | None) -> None:
        with transaction.atomic():
            access.note_entry(user_id, way="provider", done=False)

    def _link(self, request: HttpRequest, subject: str, user_id: str) -> HttpResponse:
        user, session = request.user, request.session
        if not isinstance(user, User) or str(user.pk) != user_id:
            return trouble(request, "late")
        if guard.is_locked(session, timezone.now()):  # type: ignore[arg-type]
            return trouble(request, "locked")
        try:
            access.link_own_identity(user, subject, now=timezone.now())
        except Refused:
            return trouble(request, "taken")
        messages.success(request, str(_("You can sign in through your organisation from now on.")))
        return redirect("accounts:account")


class LinkIdentity(AccountPage):
    """Begins to link one's own identity, after the password was said again."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Show the way to the provider: a form may not lead to another site, a link may."""
        if not oidc.is_on():
            raise Http404
        refusal = self.try_password(request.POST.get("password", ""))
        if refusal:
            return self.account(identity_refusal=refusal, status=422)
        now, home = timezone.now(), reverse("accounts:account")
        try:
            address, errand = oidc.begin(back_address(), to=home, now=now, user=str(self.person.pk))
        except Trouble as why:
            return trouble(request, why.code)
        request.session[ERRAND] = errand.kept()
        return self.show("accounts/provider.html", {"address": address})


class UnlinkIdentity(AccountPage):
    """Forgets one's own identity at the provider."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Forget it; signing in takes the password again."""
        if not oidc.is_on():
            raise Http404
        access.unlink_own_identity(self.person, by=self.actor)
        messages.success(request, str(_("The link is removed: sign in with your password.")))
        return redirect("accounts:account")
