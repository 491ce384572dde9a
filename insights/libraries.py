"""Loads the libraries of forecast and simulation when there is something to compute (ADR 0030).

They take 150 MB and some seconds of a process: a web process never needs them, a worker with its first forecast.
"""

from importlib import import_module
from typing import Any


def numpy() -> Any:
    """Return the library of arrays, loaded by the first who needs it."""
    return import_module("numpy")


def structural() -> Any:
    """Return the module of structural time series, loaded by the first who needs it."""
    return import_module("statsmodels.tsa.statespace.structural")


def simpy() -> Any:
    """Return the library of discrete events, loaded by the first who needs it."""
    return import_module("simpy")
