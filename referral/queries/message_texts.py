"""Reads the words of messages: those of an alliance, and those in which events are told when they are sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts import scope
from accounts.actors import Actor
from facilities.models.dated import in_force
from referral import message_texts
from referral.message_texts import Kind
from referral.models import MessageText, Referral

LANGUAGES: Final = ("zh-hans", "en")
WRITTEN: Final = "%Y-%m-%d %H:%M"
EXAMPLE_NUMBER: Final = "ZZ20260310-8K3M7QXA"


class Event(Protocol):
    """What is asked of a message that waits to be sent."""

    @property
    def id(self) -> UUID:
        """Its id."""

    @property
    def topic(self) -> str:
        """What has happened."""

    @property
    def payload(self) -> dict[str, object]:
        """Ids, states and times."""


def texts_of(alliance_id: UUID) -> QuerySet[MessageText]:
    """Return all words that an alliance has set, the newest term first."""
    rows = MessageText.objects.filter(alliance=alliance_id).select_related("set_by")
    return rows.order_by("-starts", "code", "-id")


def beside(alliance_id: UUID, code: str) -> QuerySet[MessageText]:
    """Return the words of one message in an alliance."""
    return MessageText.objects.filter(alliance=alliance_id, code=code)


def example(kind: Kind, at: datetime) -> dict[str, str]:
    """Return an example for each name that may stand in a message."""
    values = {
        "number": EXAMPLE_NUMBER,
        "sender": _("Example community health centre"),
        "receiver": _("Example people's hospital"),
        "time": _written(at),
    }
    return {name: values[name] for name in kind.variables}


def words(events: Sequence[Event]) -> dict[UUID, Mapping[str, str]]:
    """Return the words of the leg's alliance by event and language, for those events that it has worded.

    Two statements, one where no alliance has worded anything; called by the worker, in the system's scope.
    """
    kinds = {each.id: _kind(each) for each in events}
    worded = {each.id: each for each in events if kinds[each.id] is not None}
    if not worded:
        return {}
    with scope.transaction_as(Actor.system()):
        today = timezone.localdate()
        texts = MessageText.objects.filter(in_force(today)).exclude(zh="")
        by_kind = {(row.alliance_id, row.code): row for row in texts}
        legs = _legs(worded.values()) if by_kind else {}
    found: dict[UUID, Mapping[str, str]] = {}
    for event in worded.values():
        kind, leg = kinds[event.id], legs.get(str(event.payload.get("referral_id")))
        if kind is None or leg is None or leg.alliance_id is None:
            continue
        row = by_kind.get((leg.alliance_id, kind.code))
        if row is not None:
            found[event.id] = _filled(kind, row, _values(leg, event))
    return found


def _kind(event: Event) -> Kind | None:
    return message_texts.kind_of(event.topic, event.payload.get("direction"))


def _legs(events: Iterable[Event]) -> dict[str, Referral]:
    ids = {str(each.payload.get("referral_id")) for each in events}
    rows = Referral.objects.filter(pk__in=ids).select_related("from_facility", "to_facility")
    names = ("number", "alliance_id", "from_facility__name", "to_facility__name")
    return {str(row.pk): row for row in rows.only(*names)}


def _values(leg: Referral, event: Event) -> dict[str, str]:
    """Return what stands for each name; nothing of the patient is ever among it."""
    at = parse_datetime(str(event.payload.get("occurred_at") or ""))
    return {
        "number": leg.number,
        "sender": leg.from_facility.name,
        "receiver": leg.to_facility.name if leg.to_facility else "",
        "time": _written(at) if at else "",
    }


def _written(at: datetime) -> str:
    return timezone.localtime(at).strftime(WRITTEN)


def _filled(kind: Kind, row: MessageText, values: Mapping[str, Any]) -> Mapping[str, str]:
    allowed = {name: values[name] for name in kind.variables}
    texts = dict(zip(LANGUAGES, (row.zh, row.en), strict=True))
    return {language: message_texts.filled(text, allowed) for language, text in texts.items()}
