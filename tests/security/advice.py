"""Makes requests for advice for the tests of rights: one that waits, and one that is answered."""

from referral.actions import advising
from referral.models import AdviceRequest
from tests.security.world import World, act


def make_advice(world: World) -> dict[str, AdviceRequest]:
    """Return questions of the sender to the receiver about patients who are in no leg."""
    made = {}
    for name in ("asked-advice", "answered-advice"):
        made[name] = act(
            world.doctor("sender"),
            advising.ask,
            world.patient(),
            to_facility_id=world.facilities["receiver"].pk,
            question="需要上转吗？",
        )
    waiting = made["answered-advice"].pk
    doctor = world.doctor("receiver")
    made["answered-advice"] = act(doctor, advising.answer_advice, waiting, answer="可在当地治疗")
    return made
