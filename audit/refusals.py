"""Writes down who asked for an object that is not there for them, whether there is such an object or not.

A middleware: what such a request began is rolled back by then, so the line has a transaction of its own. An object of
somebody else and one that nobody has leave the same line, at the same cost.
"""

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase

from accounts import scope
from accounts.actors import Actor
from audit import record
from audit.models import Result

logger = logging.getLogger(__name__)

# What such a line says. Whom it is about stays hidden from the one who asked, so from his auditor too.
REFERRAL_REFUSED, PATIENT_REFUSED = "referral.refused", "patient.refused"
OTHER_REFUSED = "object.refused"
NAMELESS: Final = frozenset({REFERRAL_REFUSED, PATIENT_REFUSED, OTHER_REFUSED})
# Which parameter of an address names what the trail can be searched by.
PATIENT, REFERRAL = "patient_id", "referral_id"
NOT_FOUND: Final = 404


class Refusals:
    """Looks at every answer that says "not found" about an object to somebody who has signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, and write down what it did not find."""
        answer = self.get_response(request)
        if answer.status_code == NOT_FOUND:
            # REST framework and the pages leave there who acts.
            by = getattr(request, "auth", None)
            asked = _asked(request)
            if isinstance(by, Actor) and asked:
                _write(by, asked)
        return answer


def _asked(request: HttpRequest) -> dict[str, UUID]:
    """Return the identifiers that the address names."""
    match = request.resolver_match
    found = match.kwargs if match else {}
    return {name: value for name, value in found.items() if isinstance(value, UUID)}


def _write(by: Actor, asked: dict[str, UUID]) -> None:
    what = OTHER_REFUSED
    if REFERRAL in asked:
        what = REFERRAL_REFUSED
    elif PATIENT in asked:
        what = PATIENT_REFUSED
    try:
        with scope.transaction_as(by):
            record.read(
                by,
                what=what,
                patients=[asked[PATIENT]] if PATIENT in asked else [],
                referrals=[asked[REFERRAL]] if REFERRAL in asked else [],
                result=Result.REFUSED,
            )
    except DatabaseError:
        # Nothing was shown: the answer stays what it is.
        logger.exception("a refused look could not be written down")
