"""Puts what speaks for and against a destination into words: a code, its parameters, and a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from facilities.vocabulary import CapabilityCode, Grade, Level

# A code for the side it is on: those of AGAINST speak against.
FOR: Final[dict[str, Promise]] = {
    "same-alliance": gettext_lazy("In the same alliance: %(alliance)s."),
    "next-step": gettext_lazy("It is the next step."),
    "designated": gettext_lazy("Designated for this disease in the public health event."),
    "emergency-may-skip": gettext_lazy("An emergency may go past a step."),
    "has-capability": gettext_lazy("Can do what is needed: %(capabilities)s."),
    "has-department": gettext_lazy("Has the department for this diagnosis: %(department)s."),
    "leads-specialty": gettext_lazy("Leads the specialty alliance for this diagnosis."),
    "in-specialty-alliance": gettext_lazy("Is in the specialty alliance for this diagnosis."),
    "level": gettext_lazy("%(level)s hospital."),
    "slot-in-time": gettext_lazy("Earliest appointment: %(at)s."),
    "near": gettext_lazy("%(km)s km away."),
    "answers-fast": gettext_lazy("Usually answers within %(hours)s hours."),
    "patients-district": gettext_lazy("In the patient's own district."),
    "family-doctor": gettext_lazy("The patient's family doctor is here."),
}
AGAINST: Final[dict[str, Promise]] = {
    "skips-step": gettext_lazy("Leaves out a step of the alliance: a reason is needed."),
    "lacks-capability": gettext_lazy("Cannot do what is needed: %(capabilities)s."),
    "no-department": gettext_lazy("Lists no department for this diagnosis."),
    "slot-late": gettext_lazy("Earliest appointment only %(at)s."),
    "no-slot": gettext_lazy("No free appointment in time."),
    "far": gettext_lazy("%(km)s km away, which is far."),
    "answers-slowly": gettext_lazy("Usually takes %(hours)s hours to answer."),
}
SENTENCES: Final = {**FOR, **AGAINST}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, or why not: `parameters` are codes, names, numbers and times, never about the patient."""

    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def speaks_for(self) -> bool:
        """Say whether it speaks for the destination."""
        return self.code in FOR

    @property
    def text(self) -> str:
        """Return the sentence in the reader's language."""
        words = {name: _words(name, value) for name, value in self.parameters.items()}
        return str(SENTENCES[self.code]) % words


def _words(name: str, value: Any) -> str:
    if name == "capabilities":
        return _(", ").join(str(CapabilityCode(code).label) for code in value)
    if name == "level":
        level, grade = value
        words = [Level(level).label, *([Grade(grade).label] if grade != Grade.UNRATED else [])]
        return " ".join(str(word) for word in words)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return str(value)
