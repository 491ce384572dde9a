"""The shapes of a rule: what it compares, where it applies, what it advises, and where it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final
from uuid import UUID

from facilities.vocabulary import Direction

Value = Fraction | bool
# By the codes of GB/T 2261.1, as patients.models.Gender has them; unknown and not stated are neither.
GENDERS: Final = {"male": "1", "female": "2"}


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the two languages of the interface."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that can be observed: a yes or no, or a number of a quantity (units.QUANTITIES).

    `minimum` and `maximum` bound what is possible at all, in the rules' unit, and catch slips of the
    keyboard. `capability` names what a community must be able to do for this to be true of it, `gender`
    the only sex of which a yes or no can be true (GENDERS).
    """

    name: str
    words: Words
    quantity: str = ""
    minimum: Fraction = Fraction(0)
    maximum: Fraction = Fraction(0)
    capability: str = ""
    gender: str = ""

    @property
    def is_number(self) -> bool:
        """Say whether it is measured or counted."""
        return bool(self.quantity)

    def is_never_true_of(self, gender: str) -> bool:
        """Say whether a person's sex alone answers it with no; a sex that nobody knows answers nothing."""
        return bool(self.gender) and gender in GENDERS.values() and gender != self.gender


@dataclass(frozen=True, slots=True)
class Compare:
    """One comparison; with `minus`, of the absolute difference of two variables.

    `standard` is the threshold of the document where an alliance has set another.
    """

    variable: str
    operator: str
    threshold: Value
    unit: str = ""
    minus: str = ""
    standard: Value | None = None

    def leaves(self) -> Iterator["Compare"]:
        """Return itself, as a group returns its members."""
        yield self


@dataclass(frozen=True, slots=True)
class Group:
    """Several conditions, of which all or any must hold."""

    needs_all: bool
    members: tuple["Compare | Group", ...]

    def leaves(self) -> Iterator[Compare]:
        """Return every comparison inside, left to right."""
        for member in self.members:
            yield from member.leaves()


Condition = Compare | Group


@dataclass(frozen=True, slots=True)
class Source:
    """The document a rule comes from; `effective_from` is its own first day in force."""

    key: str
    document: str
    title: str
    edition: str
    url: str
    effective_from: date


@dataclass(frozen=True, slots=True)
class Edge:
    """From which tiers to which a rule is about (domain.md §2.1)."""

    from_tiers: frozenset[int]
    to_tiers: frozenset[int]
    direction: Direction

    def holds(self, from_tier: int, to_tier: int | None) -> bool:
        """Say whether a way lies on this edge; without a destination any upward one does."""
        if from_tier not in self.from_tiers:
            return False
        if to_tier is None:
            return self.direction == Direction.UP and max(self.to_tiers) > from_tier
        upward = self.direction == Direction.UP
        return to_tier in self.to_tiers and (to_tier > from_tier if upward else to_tier < from_tier)


@dataclass(frozen=True, slots=True)
class Disease:
    """What a file of rules is about; without prefixes of ICD-10 it is about every patient."""

    key: str
    words: Words
    icd10: tuple[str, ...]

    def covers(self, diagnosis: str) -> bool:
        """Say whether a diagnosis code belongs here."""
        return not self.icd10 or diagnosis.upper().startswith(self.icd10)


@dataclass(frozen=True, slots=True)
class Own:
    """That an alliance has set something of a rule for itself: since when, by which document."""

    alliance_id: UUID
    since: date
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of one rule, in force from a day to the day before another.

    `urgency` is empty for the way down. Where `raised_when` holds, `raised_urgency` takes its place.
    """

    id: str
    disease: Disease
    words: Words
    edge: Edge
    when: Condition
    urgency: str
    source: Source
    section: str
    status: str
    effective_from: date
    effective_to: date | None = None
    visit: str = ""
    capability: str = ""
    follow_up_days: int | None = None
    raised_urgency: str = ""
    raised_when: Condition | None = None
    note: Words = field(default_factory=lambda: Words("", ""))
    own: Own | None = None

    def in_force(self, on: date) -> bool:
        """Say whether this version counts on a day."""
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)


@dataclass(frozen=True, slots=True)
class Book:
    """Everything that the data files say."""

    variables: dict[str, Variable]
    diseases: dict[str, Disease]
    rules: tuple[Rule, ...]

    def select(
        self, *, on: date, diagnosis: str, from_tier: int, to_tier: int | None
    ) -> list[Rule]:
        """Return the rules in force on a day for a diagnosis and a way, in the order of the files."""
        return [
            rule
            for rule in self.rules
            if rule.in_force(on)
            and rule.disease.covers(diagnosis)
            and rule.edge.holds(from_tier, to_tier)
        ]
