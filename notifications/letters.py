"""Asks for the words of messages that people read, where the composition root names somebody who knows them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from notifications.channels.contract import Message
from notifications.models import ChannelKind

Words = Mapping[UUID, Mapping[str, str]]
logger = logging.getLogger(__name__)


def worded(messages: list[Message]) -> list[Message]:
    """Return the messages, those to people with the words that were set for them.

    Words are an ornament: where they cannot be read, the message goes as standard.
    """
    letters = [each for each in messages if each.channel == ChannelKind.EMAIL]
    if not letters:
        return messages
    wiring = getattr(settings, "WIRING", "config.wiring")
    ask: Callable[[Sequence[Message]], Words] = import_string(
        import_string(f"{wiring}.MESSAGE_WORDS")
    )
    try:
        found = ask(letters)
    except Exception:
        logger.exception("the words of messages could not be read")
        return messages
    return [replace(each, words=found[each.id]) if each.id in found else each for each in messages]
