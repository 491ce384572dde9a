"""Rows of the matrix of pages about orders of examinations, advice and deputies."""

from collections.abc import Callable
from typing import Any, Final

from referral.models import Referral
from tests.factories import World

# The heading is that of test_matrix.py. Orders and delegations are ones that are not there.
TABLE: Final = """
facilities:deputies         GET    +++++++++>
facilities:deputies         POST   uuuuuuuuu>
facilities:act-for          POST   +++++++++>
facilities:end-deputy       POST   .........>
referral:orders             GET    +-+++--+->
referral:order              GET    .-...--.->
referral:order-receive      GET    .-...--.->
referral:order-receive      POST   .-...--.->
referral:order-report       GET    .-...--.->
referral:order-report       POST   .-...--.->
referral:order-file         GET    .-...--.->
referral:order-file         POST   .-...--.->
referral:order-cancel       GET    .-...--.->
referral:order-cancel       POST   .-...--.->
referral:order-document     GET    .-...--.->
referral:advices            GET    +-+++--+->
referral:advice             GET    .-...--.->
referral:advice-answer      GET    .-...--.->
referral:advice-answer      POST   .-...--.->
referral:advice-convert     GET    .-...--.->
referral:advice-convert     POST   .-...--.->
referral:advice-avoid       GET    .-...--.->
referral:advice-avoid       POST   .-...--.->
referral:advice-withdraw    GET    .-...--.->
referral:advice-withdraw    POST   .-...--.->
referral:new-advice         GET    +-+++--.->
referral:new-advice         POST   +-+++--.->
referral:new-order          GET    +-+++--.->
referral:new-order          POST   u-uuu--.->
"""
ARGUMENTS: Final[dict[str, Callable[[Referral], list[Any]]]] = {
    "referral:order-document": lambda referral: [referral.pk, referral.pk],
    "facilities:end-deputy": lambda referral: [referral.pk],
    "referral:new-advice": lambda referral: [referral.patient_id],
}


def words(world: World) -> dict[str, Any]:
    """Return the words of an order for a centre that cannot do it."""
    return {"item": "ct_head", "centre_id": str(world.lead.pk), "question": "占位？"}
