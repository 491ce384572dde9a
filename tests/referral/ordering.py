"""Places orders of examinations and takes their steps, for the tests about them."""

from typing import Any

from accounts.permissions import Role
from notifications.models import OutboxMessage
from patients.models import Patient
from tests.api import Answer
from tests.facilities.factories import make_capability
from tests.factories import Person, World, as_system, make_person

PATH = "/orders/"


def make_reader(world: World) -> Person:
    """Return a doctor of the third-party imaging centre, which has a CT and a laboratory."""
    for code in ("ct", "laboratory"):
        make_capability(world.centre, code)
    return make_person(world.centre, Role.HOSPITAL_DOCTOR, name="赵医生")


def words(world: World, **changes: Any) -> dict[str, Any]:
    """Return the body of an order that the clinic may place; None takes a field away."""
    filled = {
        "patient": world.patient.pk,
        "centre": world.centre.pk,
        "examination": "ct_chest",
        "question": "咳嗽三周, 肺部占位?",
        **changes,
    }
    return {name: value for name, value in filled.items() if value is not None}


def place(world: World, by: Person | None = None, **changes: Any) -> Answer:
    """Ask for an order."""
    return (by or world.doctor).api.post(PATH, words(world, **changes))


def placed(world: World, by: Person | None = None, **changes: Any) -> str:
    """Place an order and return its id."""
    answer = place(world, by, **changes)
    assert answer.status == 201, answer
    return str(answer.body["id"])


def step(who: Person, order: str, verb: str, **body: Any) -> Answer:
    """Ask for a step of an order."""
    return who.api.post(f"{PATH}{order}/{verb}/", body)


def done(who: Person, order: str, verb: str, **body: Any) -> dict[str, Any]:
    """Make a step that must succeed, and return the order."""
    answer = step(who, order, verb, **body)
    assert answer.status == 200, answer
    return answer.body


def sees(who: Person, patient: Patient) -> bool:
    """Say whether a person is shown a patient."""
    return who.api.get(f"/patients/{patient.pk}/").status == 200


def told(topic: str) -> list[Any]:
    """Return who was sent a message of a topic."""
    as_system()
    return [row.recipient_id for row in OutboxMessage.objects.filter(topic=topic)]
