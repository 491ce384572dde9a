"""The part of a page that says what asks for a capability, before it is added or ended."""

from typing import ClassVar
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts.permissions import Permission
from facilities.managing.settings import SettingsPage
from facilities.policy.directory import may_edit_facility
from facilities.vocabulary import CapabilityCode
from referral.queries import capabilities as queries


class CapabilityEffect(SettingsPage):
    """What asks for a capability of an institution at this moment."""

    required: ClassVar[Permission | None] = Permission.DIRECTORY_VIEW

    def get(self, request: HttpRequest, facility_id: UUID, code: str) -> HttpResponse:
        """Show it as a part for another page, else as a page; 404 for what is no capability."""
        row = self.institution(facility_id)
        self.demand(may_edit_facility(self.actor, row.pk))
        if code not in CapabilityCode.values:
            raise Http404
        context = {
            "row": row,
            "name": CapabilityCode(code).label,
            "asking": queries.asking(row.pk, code, self.actor, now=timezone.now()),
        }
        part = "HX-Request" in request.headers
        template = "managing/effect_part.html" if part else "managing/effect.html"
        return self.show(template, context)
