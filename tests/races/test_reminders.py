"""Two beats at once, and a beat that was down for three days: every call is made exactly once."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import scope
from accounts.actors import Actor
from notifications.models import OutboxMessage
from referral import actions, clocks, tasks
from referral.models import Reminder
from referral.states import Urgency
from tests.races.racers import Racers
from tests.security.world import World, act

LEGS = 12
# Four steps, and of 35 repetitions the latest.
CALLS = 5


@pytest.mark.slow
def test_sixteen_sweeps_at_once_after_three_days_make_each_call_once(
    world: World, team: Racers
) -> None:
    clocks.forget()
    past = timezone.now() - timedelta(days=3, hours=3)
    legs = [world.submitted(urgency=Urgency.URGENT, now=past).pk for _each in range(LEGS)]
    for _turn in range(3):
        team.race([tasks.remind] * 16)
    with scope.transaction_as(Actor.system()):
        rows = Counter(Reminder.objects.values_list("referral_id", flat=True))
        assert rows == dict.fromkeys(legs, CALLS)
        told = OutboxMessage.objects.filter(topic__in=["referral.overdue", "referral.escalated"])
        once = Counter(told.values_list("event_id", "recipient_id", "channel"))
        assert set(once.values()) == {1}
        events = set(told.values_list("event_id", flat=True))
        assert events == set(Reminder.objects.values_list("pk", flat=True))


@pytest.mark.slow
def test_an_answer_and_the_sweep_at_once(world: World, team: Racers) -> None:
    """Whichever comes first: after the answer nobody is called."""
    clocks.forget()
    past = timezone.now() - timedelta(hours=2, minutes=1)
    leg = world.submitted(urgency=Urgency.URGENT, now=past)
    doctor = world.doctor("receiver")
    team.race([tasks.remind] * 4 + [lambda: int(bool(act(doctor, actions.accept, leg.pk)))])
    with scope.transaction_as(Actor.system()):
        before = Reminder.objects.filter(referral=leg.pk).count()
    assert before <= 1
    tasks.remind()
    with scope.transaction_as(Actor.system()):
        assert Reminder.objects.filter(referral=leg.pk).count() == before
