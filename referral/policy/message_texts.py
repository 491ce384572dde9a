"""Says what words a message may have: known names in braces, nothing else that a machine would read."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Kind as Refusal
from referral import message_texts
from referral.message_texts import Kind
from referral.policy.referrals import YES, Verdict

EMPTY: Final = Verdict(
    False, "message-empty", _("Write the message in both languages."), Refusal.UNPROCESSABLE
)
TOO_LONG: Final = Verdict(
    False,
    "message-too-long",
    _("With the example filled in a message has 200 characters at most."),
    Refusal.UNPROCESSABLE,
)
UNKNOWN: Final = Verdict(
    False,
    "message-unknown-variable",
    _("Only the names listed beside the text may stand in braces."),
    Refusal.UNPROCESSABLE,
)
UNBALANCED: Final = Verdict(
    False,
    "message-unbalanced",
    _("A brace stands alone: write names as {number}, and no other braces."),
    Refusal.UNPROCESSABLE,
)
CONTROL: Final = Verdict(
    False,
    "message-control-character",
    _("A message is one line without invisible characters."),
    Refusal.UNPROCESSABLE,
)
# Cc control, Cf what turns the direction of reading or hides, Cs halves of a character, Zl and Zp breaks.
INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def may_say(kind: Kind, text: str, example: Mapping[str, str]) -> Verdict:
    """Take words in one language for a message; `example` is what stands for each name."""
    if not text.strip():
        return EMPTY
    if any(unicodedata.category(each) in INVISIBLE for each in text):
        return CONTROL
    if not message_texts.is_balanced(text):
        return UNBALANCED
    if message_texts.unknown(text, kind.variables):
        return UNKNOWN
    filled = message_texts.filled(text, example)
    return YES if len(filled) <= message_texts.longest() else TOO_LONG
