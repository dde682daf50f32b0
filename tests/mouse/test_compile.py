import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mouse.compiled_stages import CASES

pytestmark = pytest.mark.process


def test_both_stages_compile_into_one_graph_that_gives_the_same_loss_and_gradient() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-W", "ignore", "-m", "tests.mouse.compiled_stages"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert len(results) == len(CASES)
    for case, (compiled, eager, same_gradient) in zip(CASES, results, strict=True):
        assert compiled == eager, case
        assert same_gradient, case
