"""Lays out the moves of a referral for its page, each with the verdict that its action obeys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise

from accounts.actors import Actor
from referral import actions, wording
from referral.desk.offers import Offers
from referral.forms import FORMS
from referral.forms_base import MoveForm
from referral.forms_receiving import RedirectForm, VisitForm
from referral.forms_return import ReturnForm
from referral.models import FollowUp, Referral
from referral.policy import documentation as policy_documentation
from referral.policy import documents as policy_documents
from referral.policy import referrals as policy
from referral.queries import referrals as queries

OTHERS: Final = frozenset(
    verdict.code
    for verdict in (
        policy.NOT_SENDER,
        policy.NOT_RECEIVER,
        policy.NOT_COORDINATOR,
        policy.NOT_PARTY,
        policy.NOT_A_RETURN,
        policy_documentation.NOTHING_LEFT,
    )
)
# Verbs that begin a leg of their own, with the action of each.
BEGUN: Final = {"return": "start_return", "refer_again": "refer_again"}
# What is written beside the moves, at whatever version the referral stands.
BESIDE: Final = frozenset({"record_follow_up", "send_message", "mark_read"})
WEIGHTS: Final = {"primary": 0, "outline-primary": 1, "outline-danger": 2}


@dataclass(frozen=True, slots=True)
class Choice:
    """One verb: its words, where its form is posted, and why not where it is greyed."""

    verb: str
    words: wording.Verb
    address: str
    allowed: bool
    reason: str | Promise
    form: MoveForm | None
    opened: bool
    style: str

    @property
    def asks(self) -> bool:
        """Say whether the form has anything to fill in."""
        return self.form is not None and bool(self.form.visible_fields())


def arranged(
    offered: Sequence[Choice], referral: Referral, contacts: Sequence[FollowUp]
) -> list[Choice]:
    """Return the offered verbs as buttons: what is expected first, what ends things last.

    A contact or the way back stands before completing as long as it is still to come, and behind it
    afterwards, so that nobody closes by the first button what is not carried out. Whoever may submit
    need not have it reviewed.
    """
    behind = _behind({choice.verb for choice in offered}, referral, contacts)
    styled = [
        replace(choice, style="outline-primary") if choice.verb == behind else choice
        for choice in offered
    ]
    return sorted(styled, key=lambda choice: WEIGHTS[choice.style])


def _behind(verbs: set[str], referral: Referral, contacts: Sequence[FollowUp]) -> str:
    """Return which of two verbs that are both possible is not the next step."""
    if {"complete", "record_follow_up"} <= verbs:
        done = [row.done_at is not None for row in contacts]
        return "record_follow_up" if done and all(done) else "complete"
    if {"complete", "return"} <= verbs:
        return "complete" if queries.live_return(referral) is None else "return"
    return "request_review" if "submit" in verbs else ""


def address(verb: str, referral_id: UUID) -> str:
    """Return where a verb's form is posted."""
    return reverse(f"referral:{verb.replace('_', '-')}", args=[referral_id])


def form_for(verb: str, referral: Referral, offers: Offers, data: Any = None) -> MoveForm:
    """Return the form of a verb, bound where `data` is given; ids on the page begin with the verb."""
    kind = FORMS[verb]
    options: dict[str, Any] = {"referral": referral, "auto_id": f"{verb}_%s"}
    if issubclass(kind, RedirectForm):
        options["destinations"] = offers.destinations
    if issubclass(kind, VisitForm):
        options["openings"] = offers.openings
    if issubclass(kind, ReturnForm):
        options["taken"] = offers.taken
        options["initial"] = offers.begun()
    return kind(data, **options)


def choices(
    referral: Referral,
    by: Actor,
    offers: Offers,
    *,
    refused: MoveForm | None,
    verb: str,
    opened: str = "",
) -> list[Choice]:
    """Return the verbs of this side in the order of the table of moves.

    Those that only the other side, a coordinator or another kind of leg ever has are left out.
    `refused` is the form that was just sent for `verb`; of another verb the form stands `opened`.
    """
    verdicts = {
        **policy.verdicts(referral, by),
        "record_follow_up": policy.may_record_follow_up(referral, by),
        "document": policy_documentation.may_document(referral, by),
        "send_message": policy_documents.may_send_message(referral, by),
    }
    if referral.submitted_at is None:
        # Nobody but the writer would read it: the other end does not see what is not sent.
        del verdicts["send_message"]
    found = []
    for name, verdict in verdicts.items():
        if verdict.code in OTHERS and name != verb:
            continue
        again = refused if name == verb else None
        fresh = form_for(name, referral, offers) if verdict.allowed and again is None else None
        found.append(
            Choice(
                verb=name,
                words=wording.VERBS[name],
                address=address(name, referral.pk),
                allowed=verdict.allowed,
                reason=verdict.reason,
                form=again or fresh,
                opened=again is not None or name == opened,
                style=wording.VERBS[name].style,
            )
        )
    return found


def perform(verb: str, referral_id: UUID, by: Actor, words: dict[str, Any]) -> UUID:
    """Call the action of a verb and return which leg to show afterwards; raises Refused as the action does."""
    version = words.pop("version", None)
    if verb in BEGUN:
        begin: Callable[..., Referral] = getattr(actions, BEGUN[verb])
        parts = {"plan": words.pop("carried")} if "carried" in words else {}
        return begin(referral_id, by=by, fields=words, submit=True, version=version, **parts).pk
    action: Callable[..., Any] = getattr(actions, verb)
    if verb in BESIDE:
        action(referral_id, by=by, **words)
        return referral_id
    if verb == "document":
        words = {"fields": words}
    moved: Referral = action(referral_id, by=by, version=version, **words)
    return moved.pk
