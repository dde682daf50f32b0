"""Before any test: shapes in annotations are enforced in `mouse`, one thread per worker, reproducible examples."""

import os

import torch
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

# Functions and TensorClass fields alike; ints are accepted as floats, as type checkers do. Must precede every import of
# mouse: a module imported earlier would stay unchecked.
install_import_hook("mouse", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

torch.set_num_threads(1)

slow_start = (HealthCheck.too_slow,)  # the first torch call of a process takes seconds
settings.register_profile("dev", deadline=None, print_blob=True, max_examples=50, suppress_health_check=slow_start)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
