"""How long the search for a bad history may take: short by default, long by HYPOTHESIS_PROFILE=nightly."""

import os

from hypothesis import HealthCheck, Phase, settings

_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
for name, examples, steps in (("default-here", 25, 30), ("nightly", 2000, 50)):
    settings.register_profile(
        name,
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        print_blob=True,
        suppress_health_check=_SLOW,
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default-here"))
