"""The command ends once all is done, and takes nothing apart: with torch that takes longer than Ctrl+C may."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

PROGRAM = """
import atexit, sys

class TakenApart:
    def __del__(self):
        print("taken apart", flush=True)

sys.modules["kept"] = TakenApart()
sys.argv = ["mouse", *{arguments}]

from mouse_dashboard.cli import main

try:
    main.main()
finally:
    atexit.register(print, "at exit")
"""


@pytest.mark.parametrize(("arguments", "code"), [(["--version"], 0), (["convert", "/none", "/none"], 2), ([], 2)])
def test_check_34_it_ends_with_its_code_at_once_after_what_others_do_at_exit(arguments: list[str], code: int) -> None:
    command = [sys.executable, "-c", PROGRAM.format(arguments=arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (code, "at exit"), ended.stderr
