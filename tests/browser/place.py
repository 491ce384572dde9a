"""What a place is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tests.factories import Person

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Place(NamedTuple):
    """A page as somebody sees it: its name among the pictures, who opens it, its address, and what is done there.

    `shows` names the page where what is done there leads to another.
    """

    name: str
    person: Person | None
    address: str
    then: Callable[[Page], object] | None = None
    shows: str = ""
