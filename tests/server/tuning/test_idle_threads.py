import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

CODE = """
import os, sys
from mouse_dashboard.cli import main as cli
cli.cli = lambda: print(os.environ["OMP_WAIT_POLICY"], "torch" in sys.modules)
cli.main()
"""


@pytest.mark.parametrize(("said", "held"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_the_command_lets_idle_threads_sleep_before_torch_is_there_unless_told_otherwise(
    said: dict[str, str], held: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=environment | said, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [held, "False"]
