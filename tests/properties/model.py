"""The people of the state machine, and what it knows of a leg without asking the program."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from accounts.permissions import Role
from referral.states import TRANSITIONS, Status

SYSTEM: Final = "system"
# Who plays: a name, the facility's relation to the first leg, the role.
CAST: Final = {
    "clinic": ("sender", Role.CLINIC_DOCTOR),
    "chief": ("sender", Role.CLINIC_MANAGER),
    "hospital": ("receiver", Role.HOSPITAL_DOCTOR),
    "second": ("former", Role.REFERRAL_OFFICE),
    "sister": ("third", Role.CLINIC_DOCTOR),
    "lead": ("parent", Role.HOSPITAL_DOCTOR),
    "manager": ("parent", Role.ALLIANCE_MANAGER),
    "stranger": ("none", Role.REFERRAL_OFFICE),
}
PEOPLE: Final = list(CAST)
NAMES: Final = [*CAST, SYSTEM]
VERBS: Final = sorted(TRANSITIONS)
SENDING: Final = {"submit", "request_review", "answer", "cancel", "void"}
REVIEWING: Final = {"approve", "send_back"}
ENDING: Final = {"cancel", "void", "decline", "expire", "record_no_show"}
WEIGHTS: Final = [
    *["allowed_move"] * 10,
    *["any_move"] * 3,
    *["go_back"] * 3,
    "go_on",
    "stale_move",
    "new_leg",
    "edit",
    "wait",
    "sweep",
]
COORDINATING: Final = {"redirect", "expire"}
# What an action may still refuse by rules that policy does not ask of a page.
RULES: Final = {
    "complete": {
        "outcome-not-of-this-leg",
        "return-missing",
        "return-contradicts",
        "follow-up-missing",
    },
    "redirect": {"unknown-destination", "no-common-alliance"},
    "return": {"leg-follows", "patient-not-found", "unknown-destination", "no-common-alliance"},
    "onward": {"leg-follows", "patient-not-found", "unknown-destination"},
    "submit": {"patient-not-found", "unknown-destination", "no-common-alliance"},
    "approve": {"patient-not-found", "unknown-destination", "no-common-alliance"},
}
# Who may not file, or does not see the patient or the earlier leg, is told so before anything is asked.
UNSEEN: Final = {"role-lacks-right", "patient-not-found", "unknown-previous"}


@dataclass
class Leg:
    """What the model knows of a leg: `told` and `audited` are what must have been written about it."""

    id: UUID
    episode: UUID
    patient: UUID
    origin: UUID
    sender: UUID
    receiver: UUID | None
    urgency: int
    status: Status = Status.DRAFT
    version: int = 1
    submitted: bool = False
    moves: list[tuple[int, str]] = field(default_factory=lambda: [(1, "create")])
    told: dict[tuple[int, str], set[UUID]] = field(default_factory=dict)
    audited: Counter[str] = field(default_factory=Counter)
    access_ends: datetime | None = None


def entitled(leg: Leg, name: str, verb: str, here: UUID | None) -> bool:
    """Say who may make a move at all, by the table of architecture.md and not by policy.py."""
    if name == SYSTEM:
        return True
    if name == "manager":
        return verb in COORDINATING and leg.submitted
    if verb in REVIEWING:
        reviews = CAST[name][1] in {Role.CLINIC_MANAGER, Role.REFERRAL_OFFICE}
        return here == leg.sender and reviews
    if name == "chief" or verb == "expire":
        return False
    if verb == "put_off":
        return here in {leg.sender, leg.receiver}
    return here == (leg.sender if verb in SENDING else leg.receiver)


def sees(leg: Leg, name: str, here: UUID | None) -> bool:
    """Say who may see a leg at all: its sender, and once it is sent, whom it concerns."""
    if name == SYSTEM or here == leg.sender:
        return True
    return leg.submitted and (here in {leg.receiver, leg.origin} or name == "manager")
