"""The pages that put rates beside one another: over twelve periods, and of the members of an alliance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from accounts import replica
from insights import asking, choosing, numbers, shown, sorting
from insights.indicators import Indicator, Kind, Side, definitions
from insights.periods import COURSE, run_up
from insights.questions import Question
from insights.values import Answer, Number
from insights.views import NumbersPage
from insights.vocabulary import Dim

# What is compared where nobody has chosen, and how many may be.
USUAL: Final = ("acceptance-rate", "arrival-rate", "loop-rate", "late-rate")
MOST: Final = 6
FIRST: Final = 50
BY_NAME: Final = "label"


class ComparingPage(NumbersPage):
    """A page on which several rates are chosen."""

    def chosen(self, offered: Sequence[Indicator]) -> list[Indicator]:
        """Return the rates that are asked for, in the order of the definitions; the usual ones where none is."""
        asked = set(self.request.GET.getlist("rate")) or set(USUAL)
        return [one for one in offered if one.code in asked][:MOST]

    def context(
        self, question: Question, offered: Sequence[Indicator], chosen: Sequence[Indicator]
    ) -> dict[str, Any]:
        """Return what may be chosen, and how the choice is carried on."""
        codes = {one.code for one in chosen}
        return {
            "chosen": chosen,
            "rates": [(one, one.code in codes) for one in offered],
            "most": MOST,
            "carried": {"rate": [one.code for one in chosen]},
        }


class Courses(ComparingPage):
    """Rates over twelve periods."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the chosen ones as lines, with the table of their numbers."""
        question = self.question()
        offered = [one for one in definitions().values() if one.kind == Kind.RATE]
        chosen = self.chosen(offered)
        periods = run_up(question.period, COURSE)
        rows = numbers.courses(chosen, question.asked, self.actor, periods)
        context = {
            **self.context(question, offered, chosen),
            "course": [
                {
                    "name": asking.name_of(period),
                    "address": question.at(period),
                    "cells": [
                        _cell(one, row[place], question.of(period))
                        for one, row in zip(chosen, rows, strict=True)
                    ],
                }
                for place, period in enumerate(periods)
            ],
            "reasons": sorting.reasons(rows),
        }
        return self.page("insights/courses.html", question, context)


def _cell(one: Indicator, number: Number, question: Question) -> dict[str, Any]:
    return {
        "name": one.name,
        "value": shown.figure(number.value, one.kind),
        "plain": "" if number.value is None else f"{number.value:f}",
        "why": number.why.words if number.why else "",
        "n": shown.counted(one, number, question),
    }


@dataclass(frozen=True, slots=True)
class Cell:
    """A rate of a member, with the ways to what it is made of."""

    name: str
    number: Number | None
    value: str
    why: Any
    top: shown.Term | None
    bottom: shown.Term | None


@dataclass(frozen=True, slots=True)
class Member:
    """A line of the comparison."""

    key: str
    label: str
    cells: Mapping[str, Cell]


class Members(ComparingPage):
    """The members of an alliance side by side."""

    @replica.reads
    def get(self, request: HttpRequest) -> HttpResponse:
        """Show each with the chosen rates, in the order asked for; one institution has no members."""
        question = self.question()
        offered = [
            one
            for one in definitions().values()
            if one.kind == Kind.RATE and one.side != Side.ALLIANCE
        ]
        chosen = self.chosen(offered)
        context = self.context(question, offered, chosen)
        if question.asked.scope == "facility":
            return self.page("insights/members.html", question, {**context, "is_one": True})
        members = self._members(question, chosen)
        order = question.more.get("sort", "") or BY_NAME
        lines = _ordered(members, order)
        context |= {
            "heads": _heads(question, chosen, order),
            "lines": lines if question.more["every"] else lines[:FIRST],
            "in_all": len(lines),
            "every": question.address(every="1", sort=order) + _carried(chosen),
        }
        return self.page("insights/members.html", question, context)

    def _members(self, question: Question, chosen: Sequence[Indicator]) -> list[Member]:
        names = choosing.beside(question.asked, self.actor)
        below = self.actor.region is not None and not _are_houses(names)
        found = {
            one.code: numbers.answer(
                one, question.asked, self.actor, Dim.REGION if below else _dim(one)
            )
            for one in chosen
        }
        return [
            Member(
                key,
                name,
                {code: _of_member(answer, key, question) for code, answer in found.items()},
            )
            for key, name in names.items()
        ]


def _are_houses(names: Iterable[str]) -> bool:
    """Say whether these are keys of institutions: codes of regions are digits alone."""
    return not all(key.isdigit() for key in names)


def _dim(one: Indicator) -> Dim:
    return Dim.RECEIVER if one.side == Side.RECEIVED else Dim.SENDER


def _of_member(found: Answer, key: str, question: Question) -> Cell:
    one, number = found.indicator, found.parts.get(key)
    if number is None:
        return Cell(str(one.name), None, shown.NOTHING, "", None, None)
    part = {"by": sorting.NAMES[_dim(one)], "value": key}
    return Cell(
        str(one.name),
        number,
        shown.figure(number.value, one.kind),
        number.why.words if number.why else "",
        shown.top(one, number, question, **part),
        shown.bottom(one, number, question, **part),
    )


def _ordered(members: list[Member], order: str) -> list[Member]:
    """Sort by name or by a rate; who has none stands last either way."""
    column, down = order.removeprefix("-"), order.startswith("-")
    if column == BY_NAME:
        return sorted(members, key=lambda each: each.label, reverse=down)

    def value(each: Member) -> Decimal | None:
        cell = each.cells.get(column)
        return cell.number.value if cell and cell.number else None

    known = [each for each in members if value(each) is not None]
    known.sort(key=lambda each: (value(each) or Decimal(0), each.label), reverse=down)
    return known + [each for each in members if value(each) is None]


def _heads(question: Question, chosen: Sequence[Indicator], order: str) -> list[dict[str, Any]]:
    """Return the heads of the table, each a link that sorts by it, and backwards by the one in use."""
    columns: list[tuple[str, Any]] = [(BY_NAME, sorting.MEMBER)]
    columns += [(one.code, one.name) for one in chosen]
    found = []
    for column, words in columns:
        first, other = (column, f"-{column}") if column == BY_NAME else (f"-{column}", column)
        found.append(
            {
                "words": words,
                "address": question.address(sort=other if order == first else first)
                + _carried(chosen),
                "sorted": {column: "ascending", f"-{column}": "descending"}.get(order, ""),
            }
        )
    return found


def _carried(chosen: Sequence[Indicator]) -> str:
    return "".join(f"&rate={one.code}" for one in chosen)
