"""Reads the data files of the criteria, and says in a sentence what is wrong with one."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from facilities.vocabulary import CapabilityCode, Direction, Tier
from referral.criteria import units
from referral.criteria.evaluate import OPERATORS, URGENCIES
from referral.criteria.shapes import (
    GENDERS,
    Book,
    Compare,
    Condition,
    Disease,
    Edge,
    Group,
    Rule,
    Source,
    Variable,
    Words,
)

FOLDER: Final = Path(__file__).parent / "rules"
SHARED: Final = ("sources.toml", "variables.toml")
VISITS: Final = ("first", "follow-up")
STATUSES: Final = ("verified", "unverified")
RULE_ID: Final = re.compile(r"[A-Z]{2,4}-[A-Z]{0,2}[0-9]{1,2}")
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


class BadRules(Exception):
    """The data files cannot be used; `problems` says why, one sentence each with file and rule."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the sentences."""
        super().__init__(" ".join(problems))
        self.problems = problems


class _Wrong(ValueError):
    """One entry is wrong; the text is the rest of the sentence."""


@cache
def book() -> Book:
    """Return the rules that ship with the program, read once; raises BadRules."""
    return read(FOLDER)


def read(folder: Path) -> Book:
    """Read and check a folder of rules; raises BadRules with every problem found."""
    problems: list[str] = []
    data = {path.name: _parsed(path, problems) for path in sorted(folder.glob("*.toml"))}
    if problems:
        raise BadRules(problems)
    shared = data.pop(SHARED[0], {}), data.pop(SHARED[1], {})
    maker = _Maker(problems)
    maker.share(*shared)
    diseases = {name: maker.disease(name, file) for name, file in data.items()}
    rules = [
        rule
        for name, file in data.items()
        for rule in maker.rules(name, file.get("rule", []), diseases[name])
    ]
    problems.extend(_overlaps(rules))
    if not rules:
        problems.append(f"{folder} holds no rule.")
    if problems:
        raise BadRules(problems)
    return Book(maker.variables, {each.key: each for each in diseases.values()}, tuple(rules))


def _parsed(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name} is not TOML: {error}.")
        return {}


def _overlaps(rules: list[Rule]) -> Iterator[str]:
    """Name each rule of which two versions would be in force on one day."""
    versions: dict[str, list[Rule]] = {}
    for rule in rules:
        versions.setdefault(rule.id, []).append(rule)
    for name, several in versions.items():
        ordered = sorted(several, key=lambda rule: rule.effective_from)
        for earlier, later in pairwise(ordered):
            if earlier.effective_to is None or earlier.effective_to > later.effective_from:
                yield f"{name} has two versions in force on {later.effective_from}."


class _Entry:
    """Takes known fields out of one table, and minds that none is left."""

    def __init__(self, data: object) -> None:
        if not isinstance(data, dict):
            raise _Wrong("it is not a table")
        self.left: dict[str, Any] = dict(data)

    def take(self, name: str, kind: type, default: Any = None) -> Any:
        """Return a field of a type; without a default it must be there."""
        if name not in self.left:
            if default is None:
                raise _Wrong(f"{name} is missing")
            return default
        value = self.left.pop(name)
        if type(value) is not kind:
            raise _Wrong(f"{name} is not of type {kind.__name__}")
        return value

    def choice(self, name: str, known: Any, default: str | None = None) -> str:
        """Return one of the known words."""
        value: str = self.take(name, str, default)
        if value not in known and value != default:
            raise _Wrong(f"{name} is {value!r}, which is not known")
        return value

    def words(self) -> Words:
        """Return the text in both languages."""
        found = Words(self.take("zh", str), self.take("en", str))
        if not found.zh.strip() or not found.en.strip():
            raise _Wrong("a text is empty")
        return found

    def number(self, name: str) -> Fraction:
        """Return an exact number."""
        value = self.left.pop(name, None)
        if type(value) not in {int, Decimal}:
            raise _Wrong(f"{name} is not a number")
        return Fraction(value)

    def end(self) -> None:
        """Refuse what nobody took: a misspelt field would otherwise vanish."""
        if self.left:
            raise _Wrong(f"there is no field {', '.join(sorted(self.left))}")


class _Maker:
    """Makes the shapes out of tables, and collects a sentence for each that it cannot make."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        self.variables: dict[str, Variable] = {}
        self.sources: dict[str, Source] = {}
        self.edges: dict[str, Edge] = {}

    def share(self, sources: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Make what all files refer to."""
        documents, edges = sources.get("source", {}), sources.get("edge", {})
        self._each(SHARED[0], documents, self.sources, self._source)
        self._each(SHARED[0], edges, self.edges, self._edge)
        self._each(SHARED[1], variables, self.variables, self._variable)

    def disease(self, file: str, data: Mapping[str, Any]) -> Disease:
        """Make the head of a file."""
        nothing = Disease(file.removesuffix(".toml"), Words("", ""), ())
        try:
            entry = _Entry(data.get("disease"))
            made = Disease(nothing.key, entry.words(), tuple(entry.take("icd10", list, [])))
            entry.end()
            unknown = sorted(set(data) - {"disease", "rule"})
            if unknown:
                raise _Wrong(f"there is no table {', '.join(unknown)}")
        except _Wrong as wrong:
            self.problems.append(f"{file}: {wrong}.")
            return nothing
        return made

    def rules(self, file: str, tables: Any, disease: Disease) -> Iterator[Rule]:
        """Make the rules of a file."""
        for table in tables:
            name = table.get("id", "?") if isinstance(table, dict) else "?"
            try:
                yield self._rule(_Entry(table), disease)
            except _Wrong as wrong:
                self.problems.append(f"{file}, {name}: {wrong}.")

    def _each(
        self,
        file: str,
        tables: Mapping[str, Any],
        into: dict[str, Any],
        make: Callable[[str, _Entry], Any],
    ) -> None:
        for name, table in tables.items():
            try:
                entry = _Entry(table)
                into[name] = make(name, entry)
                entry.end()
            except _Wrong as wrong:
                self.problems.append(f"{file}, {name}: {wrong}.")

    def _source(self, name: str, entry: _Entry) -> Source:
        return Source(
            key=name,
            document=entry.take("document", str),
            title=entry.take("title", str),
            edition=entry.take("edition", str),
            url=entry.take("url", str, ""),
            effective_from=entry.take("effective_from", date),
        )

    def _edge(self, name: str, entry: _Entry) -> Edge:
        ends = [entry.take(field, list) for field in ("from", "to")]
        if not all(ends) or any(tier not in Tier.values for end in ends for tier in end):
            raise _Wrong("an end is not a list of tiers")
        direction = Direction(entry.choice("direction", (Direction.UP, Direction.DOWN)))
        return Edge(frozenset(ends[0]), frozenset(ends[1]), direction)

    def _variable(self, name: str, entry: _Entry) -> Variable:
        if not NAME.fullmatch(name):
            raise _Wrong("the name is not in snake case")
        words = entry.words()
        capability = entry.choice("capability", CapabilityCode.values, "")
        quantity = entry.choice("quantity", units.QUANTITIES, "")
        if not quantity:
            gender = GENDERS.get(entry.choice("gender", GENDERS, ""), "")
            return Variable(name, words, capability=capability, gender=gender)
        low, high = entry.number("min"), entry.number("max")
        if low >= high:
            raise _Wrong("min is not below max")
        return Variable(name, words, quantity, low, high)

    def _rule(self, entry: _Entry, disease: Disease) -> Rule:
        name = entry.take("id", str)
        if not RULE_ID.fullmatch(name):
            raise _Wrong("the id has another form")
        edge = self.edges[entry.choice("edge", self.edges)]
        source = self.sources[entry.choice("source", self.sources)]
        upward = edge.direction == Direction.UP
        raised, urgency = self._raised(entry), entry.choice("urgency", URGENCIES, "")
        if bool(urgency) != upward or (raised[1] is not None and not upward):
            raise _Wrong("the way up has an urgency, and the way down has none")
        starts = entry.take("effective_from", date, source.effective_from)
        ends = entry.take("effective_to", date, date.max)
        if ends <= starts:
            raise _Wrong("it ends before it begins")
        made = Rule(
            id=name,
            disease=disease,
            words=entry.words(),
            edge=edge,
            when=self._when(entry),
            urgency=urgency,
            source=source,
            section=entry.take("section", str, ""),
            status=entry.choice("status", STATUSES),
            effective_from=starts,
            effective_to=None if ends == date.max else ends,
            visit=entry.choice("visit", VISITS, ""),
            capability=entry.choice("capability", CapabilityCode.values, ""),
            follow_up_days=entry.take("follow_up_days", int, 0) or None,
            raised_urgency=raised[0],
            raised_when=raised[1],
            note=self._note(entry),
        )
        entry.end()
        return made

    def _raised(self, entry: _Entry) -> tuple[str, Condition | None]:
        table = entry.take("raise", dict, {})
        if not table:
            return "", None
        inner = _Entry(table)
        urgency = inner.choice("urgency", URGENCIES)
        return urgency, self._whole(inner)

    def _note(self, entry: _Entry) -> Words:
        table = entry.take("note", dict, {})
        return _Entry(table).words() if table else Words("", "")

    def _when(self, entry: _Entry) -> Condition:
        """Take the condition out of a rule: `all` or `any` of some comparisons and groups."""
        given = [name for name in ("all", "any") if name in entry.left]
        if len(given) != 1:
            raise _Wrong("it needs either all or any")
        members = entry.take(given[0], list)
        if not members:
            raise _Wrong("a group of conditions is empty")
        return Group(given[0] == "all", tuple(self._whole(_Entry(each)) for each in members))

    def _whole(self, entry: _Entry) -> Condition:
        """Make a condition out of a table that holds nothing else."""
        made = self._compare(entry) if "var" in entry.left else self._when(entry)
        entry.end()
        return made

    def _compare(self, entry: _Entry) -> Compare:
        variable = self.variables[entry.choice("var", self.variables)]
        minus = entry.choice("minus", self.variables, "")
        if not variable.is_number:
            return Compare(variable.name, "=", entry.take("is", bool, True))
        symbol = entry.choice("op", OPERATORS)
        unit = entry.take("unit", str)
        if units.QUANTITIES[variable.quantity].get(unit) != units.SAME:
            raise _Wrong(f"rules on {variable.name} are not written in {unit!r}")
        if minus and self.variables[minus].quantity != variable.quantity:
            raise _Wrong(f"{minus} cannot be taken from {variable.name}")
        value = entry.number("value")
        # A threshold that nothing reaches, or everything, is a slip; a difference has no such bounds.
        if not minus and not variable.minimum <= value <= variable.maximum:
            raise _Wrong(f"{variable.name} is never {value}")
        return Compare(variable.name, symbol, value, unit, minus)
