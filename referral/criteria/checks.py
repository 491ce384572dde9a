"""Lets Django's own checks, and the start of every program, stop at a data file that cannot be used."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from referral.criteria import loading


def criteria_are_sound(
    app_configs: Sequence[AppConfig] | None = None, **options: Any
) -> list[CheckMessage]:
    """Return an error for each thing that is wrong with the criteria's data files."""
    try:
        loading.book()
    except loading.BadRules as bad:
        return [Error(problem, id="referral.E001") for problem in bad.problems]
    return []


def demand_sound() -> None:
    """Raise ImproperlyConfigured with the problems; for a server, which runs no checks."""
    problems = criteria_are_sound()
    if problems:
        raise ImproperlyConfigured(" ".join(str(problem.msg) for problem in problems))
