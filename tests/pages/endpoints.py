"""The objects behind the addresses of webhooks, of what did not arrive, and of sign-ins, for the matrix of pages."""

from collections.abc import Callable
from typing import Any, Final

from referral.models import Referral
from tests.notifications.helpers import subscribe


def hook(referral: Referral) -> list[Any]:
    """Return the address of the receiver that hears of events."""
    assert referral.to_facility_id
    return [subscribe(referral.to_facility_id, "https://his.example/hook").pk]


ARGUMENTS: Final[dict[str, Callable[[Referral], list[Any]]]] = {
    "facilities:webhook": hook,
    "facilities:webhook-deed": lambda referral: [*hook(referral), "pause"],
    "facilities:undelivered-done": lambda referral: [referral.pk],
    "accounts:end-session": lambda referral: [referral.pk],
    "accounts:name-identity": lambda referral: [referral.pk],
    "accounts:administer": lambda referral: [referral.pk, "sign-out"],
}
WORDS: Final = {"channel": "webhook", "address": "https://his.example/hook", "topics": "referral.*"}
