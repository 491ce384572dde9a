"""The pages of events of public health: which are in force, declaring one, ending it before its last day."""

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Refused
from facilities.actions import declare_event, end_event
from facilities.managing.deeds import Deed, DeedPage
from facilities.managing.event_forms import AnyEventForm, OwnEventForm
from facilities.managing.forms import SettingForm
from facilities.managing.settings import SettingsPage
from facilities.models import PublicHealthEvent
from facilities.policy import events as policy
from facilities.queries import directory, networks
from facilities.queries import events as queries

LIST: Final = "facilities:events"
NUMBERED: Final = re.compile(r"facilities\[(\d+)\]")
NEWEST_FIRST: Final = ("-declared_at", "-id")


class Events(SettingsPage):
    """The events that everybody may know of, the newest first."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show a page of them, with an end to each that this post may end."""
        today = timezone.localdate()
        page = self.paged(queries.events(), NEWEST_FIRST)
        context = {
            "page": page,
            "lines": [self._line(row, today) for row in page.rows],
            "declares": policy.may_declare(self.actor),
        }
        return self.show("managing/events.html", context)

    def _line(self, row: PublicHealthEvent, today: date) -> dict[str, Any]:
        over = row.ended_at is not None or (row.ends is not None and row.ends <= today)
        return {
            "row": row,
            "places": [each.facility for each in row.designations.all()],
            "ends": not over and policy.may_speak_for(self.actor, row.alliance_id),
        }


class Declare(DeedPage):
    """Lets the diseases of an event go to designated institutions only."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask for its diseases, its area, who takes them, and by which document."""
        self.demand(policy.may_declare(self.actor))
        today = timezone.localdate()
        form: Any = AnyEventForm
        if not policy.is_everywhere(self.actor):
            form = partial(OwnEventForm, alliances=networks.named(self.actor.alliance_ids, today))
        return Deed(
            title=_("Declare an event of public health"),
            form=form,
            perform=self._declared,
            address=reverse(LIST),
            said=_("The event is declared, and everybody whom it binds is told."),
            way=[(reverse(LIST), _("Events of public health"))],
            note=_(
                "From its first day on these diseases go to the designated institutions only, "
                "from everybody in the area and whatever the step. Returns go on as before."
            ),
            initial={"starts": today},
        )

    def _declared(self, said: Mapping[str, Any]) -> PublicHealthEvent:
        """Declare it; what the action refuses of institutions is said with their names."""
        try:
            return declare_event(by=self.actor, **dict(said))
        except Refused as refusal:
            wanted = said["facility_ids"]
            places = directory.places(wanted)
            errors: dict[str, list[str]] = {}
            for field, texts in refusal.errors.items():
                number = NUMBERED.fullmatch(field)
                if number:
                    name = places[wanted[int(number[1])]].name
                    errors.setdefault("facilities", []).extend(f"{name}: {each}" for each in texts)
                else:
                    errors[field] = texts
            raise Refused(
                refusal.code, refusal.detail, kind=refusal.kind, errors=errors
            ) from refusal


class EndEvent(DeedPage):
    """Ends an event at once."""

    def deed(self, **ids: UUID) -> Deed:
        """Ask whether it is meant."""
        row = queries.event(ids["event_id"])
        if row is None:
            raise Http404
        self.demand(policy.may_speak_for(self.actor, row.alliance_id))
        return Deed(
            title=_("End the event"),
            form=SettingForm,
            perform=lambda _said: end_event(row.pk, by=self.actor),
            address=reverse(LIST),
            said=_("The event is ended: its diseases go where they always went."),
            way=[(reverse(LIST), _("Events of public health"))],
            note=f"{row.name} · {row.source}",
            ends=True,
        )
