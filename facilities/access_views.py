"""The page of a security administrator: who of the staff signs in how, and what ends that."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import oidc
from accounts.errors import Kind, Refused
from accounts.permissions import Permission
from facilities.actions import access
from facilities.pages import Page
from facilities.queries import access as queries

LONGEST_TEXT: Final = 100
# What may be done, and what is said when it is done.
DEEDS: Final[dict[str, tuple[Any, Any]]] = {
    "sign-out": (access.sign_out_everywhere, _("%(name)s is signed out everywhere.")),
    "remove-factor": (
        access.remove_factor,
        _("The second factor of %(name)s is removed; a new one can be set up at the next sign-in."),
    ),
    "let-in": (access.let_in, _("%(name)s may try to sign in again at once.")),
    "unlink-identity": (
        access.unlink_identity,
        _("The link of %(name)s to the organisation's sign-in is removed."),
    ),
}


class Access(Page):
    """Lists the staff of the facility with their sign-ins."""

    required = Permission.ACCESS_MANAGE

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of fifty, or what a search finds."""
        now = timezone.now()
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT]
        after = request.GET.get("after", "").replace("\x00", "")[:150]
        people, is_more = queries.staff(
            self.actor.place, on=timezone.localdate(now), now=now, text=text, after=after
        )
        last = people[-1].user.username if is_more else ""
        context = {
            "people": people,
            "text": text,
            "last": last,
            "after": after,
            "has_provider": oidc.is_on(),
        }
        return self.show("accounts/access.html", context)


class NameIdentity(Page):
    """Enters what the provider of the organisation calls a member of staff."""

    required = Permission.ACCESS_MANAGE

    def post(self, request: HttpRequest, user_id: UUID) -> HttpResponse:
        """Link it; 404 for people who do not work here, and where there is no provider."""
        if not oidc.is_on():
            raise Http404
        subject = request.POST.get("subject", "").strip()
        if not 0 < len(subject) <= oidc.LONGEST_SUBJECT or not subject.isprintable():
            return self._refused(
                _("Enter the identifier that the provider gives this person."), 422
            )
        try:
            user = access.link_identity(user_id, subject, by=self.actor, now=timezone.now())
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            if refusal.kind is Kind.FORBIDDEN:
                raise PermissionDenied from refusal
            return self._refused(refusal.detail, refusal.kind.value)
        messages.success(request, _("%(name)s is linked.") % {"name": user.full_name})
        return redirect("accounts:access")

    def _refused(self, text: object, status: int) -> HttpResponse:
        return self.show("accounts/access_refused.html", {"text": text}, status=status)


class Administer(Page):
    """Does one of the deeds to a member of staff."""

    required = Permission.ACCESS_MANAGE

    def post(self, request: HttpRequest, user_id: UUID, what: str) -> HttpResponse:
        """Do it; 404 for people who do not work here."""
        if what not in DEEDS:
            raise Http404
        deed, said = DEEDS[what]
        try:
            user = deed(user_id, by=self.actor, now=timezone.now())
        except Refused as refusal:
            if refusal.kind is Kind.NOT_FOUND:
                raise Http404 from refusal
            raise PermissionDenied from refusal
        messages.success(request, said % {"name": user.full_name})
        return redirect("accounts:access")
