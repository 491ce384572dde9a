"""Whatever people do in whatever order, each history is a legal path and each episode can end."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.keeping import patiently
from tests.properties.lifecycle import Lifecycle
from tests.properties.model import CAST
from tests.security.world import build


@pytest.mark.slow
@pytest.mark.django_db
def test_every_history_is_a_legal_path_and_every_episode_can_end() -> None:
    patiently()
    Lifecycle.world = build()
    for relation, role in CAST.values():
        Lifecycle.world.who(relation, role)
    run_state_machine_as_test(Lifecycle)
