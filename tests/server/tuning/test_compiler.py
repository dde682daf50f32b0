import subprocess
import sys

import pytest

PROGRAM = """
import sys, torch
from mouse_dashboard.tuning.compiler import leave_out_compiler
mark = torch.compiler.allow_in_graph
leave_out_compiler()
from mouse.losses import LOSSES
assert torch.compiler.allow_in_graph is mark
print("torch._dynamo" in sys.modules)
"""


@pytest.mark.process
def test_losses_are_imported_without_the_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
