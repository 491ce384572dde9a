"""Lays out the moves of a referral for its page, each with the verdict that its action obeys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise

from accounts.actors import Actor
from facilities.models import Facility
from referral import actions, wording
from referral.forms import FORMS, MoveForm, RedirectForm
from referral.models import Referral
from referral.policy import documentation as policy_documentation
from referral.policy import referrals as policy

OTHERS: Final = frozenset(
    verdict.code
    for verdict in (
        policy.NOT_SENDER,
        policy.NOT_RECEIVER,
        policy.NOT_COORDINATOR,
        policy.NOT_A_RETURN,
        policy_documentation.NOTHING_LEFT,
    )
)
WEIGHTS: Final = {"primary": 0, "outline-primary": 1, "outline-danger": 2}
Destinations = Callable[[], Sequence[Facility]]


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

    @property
    def asks(self) -> bool:
        """Say whether the form has anything to fill in."""
        return self.form is not None and bool(self.form.visible_fields())


def weight(choice: Choice) -> int:
    """Return the place of an allowed verb among the buttons: what is expected first, what ends things last."""
    return WEIGHTS[choice.words.style]


def address(verb: str, referral_id: UUID) -> str:
    """Return where a verb's form is posted."""
    return reverse(f"referral:{verb.replace('_', '-')}", args=[referral_id])


def form_for(
    verb: str, referral: Referral, destinations: Destinations, data: Any = None
) -> MoveForm:
    """Return the form of a verb, bound where `data` is given; ids on the page begin with the verb."""
    kind = FORMS[verb]
    options: dict[str, Any] = {"referral": referral, "auto_id": f"{verb}_%s"}
    if issubclass(kind, RedirectForm):
        options["destinations"] = destinations()
    return kind(data, **options)


def choices(
    referral: Referral,
    by: Actor,
    destinations: Destinations,
    *,
    refused: MoveForm | None,
    verb: str,
) -> list[Choice]:
    """Return the verbs of this side in the order of the table of moves.

    Those that only the other side, a coordinator or another kind of leg ever has are left out.
    `refused` is the form that was just sent for `verb`.
    """
    verdicts = {
        **policy.verdicts(referral, by),
        "record_follow_up": policy.may_record_follow_up(referral, by),
        "document": policy_documentation.may_document(referral, by),
    }
    found = []
    for name, verdict in verdicts.items():
        if verdict.code in OTHERS and name != verb:
            continue
        again = refused if name == verb else None
        fresh = form_for(name, referral, destinations) if verdict.allowed else None
        found.append(
            Choice(
                verb=name,
                words=wording.VERBS[name],
                address=address(name, referral.pk),
                allowed=verdict.allowed,
                reason=verdict.reason,
                form=again or fresh,
                opened=again is not None,
            )
        )
    return found


def perform(verb: str, referral_id: UUID, by: Actor, words: dict[str, Any]) -> Referral:
    """Call the action of a verb and return the leg to show afterwards; raises Refused as the action does."""
    if verb == "return":
        version = words.pop("version", None)
        return actions.start_return(referral_id, by=by, fields=words, submit=True, version=version)
    if verb == "refer_again":
        version = words.pop("version", None)
        return actions.refer_again(referral_id, by=by, fields=words, submit=True, version=version)
    if verb == "record_follow_up":
        words.pop("version", None)
        return actions.record_follow_up(referral_id, by=by, **words).referral
    if verb == "document":
        version = words.pop("version", None)
        return actions.document(referral_id, by=by, fields=words, version=version)
    action: Callable[..., Referral] = getattr(actions, verb)
    return action(referral_id, by=by, **words)
