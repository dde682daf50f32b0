"""How many examples are generated, and that they come again."""

import os

from hypothesis import HealthCheck, settings


def load_profile() -> None:
    slow_start = (HealthCheck.too_slow,)  # the first torch call of a process takes seconds
    settings.register_profile("dev", deadline=None, print_blob=True, max_examples=50, suppress_health_check=slow_start)
    settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
    settings.register_profile("quick", settings.get_profile("dev"), max_examples=10)
    settings.load_profile("ci" if os.environ.get("CI") else "dev")
