"""Loads the library of spreadsheets when there is one: it takes 12 MB of every web process otherwise."""

from importlib import import_module
from typing import Any


def openpyxl() -> Any:
    """Return the module, loaded by the first who needs it."""
    import_module("openpyxl.utils.exceptions")
    return import_module("openpyxl")
