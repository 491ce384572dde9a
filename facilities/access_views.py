"""The page of a security administrator: who of the staff signs in how, and what ends that."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
        context = {"people": people, "text": text, "last": last, "after": after}
        return self.show("accounts/access.html", context)


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
