"""Keeping freed memory: in a process of its own, because it cannot be taken back."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.process

CODE = "from mouse_dashboard.tuning.malloc import keep_freed_memory; print(keep_freed_memory())"


def test_the_c_library_of_linux_can_be_told_to_keep_freed_memory() -> None:
    told = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(platform.libc_ver()[0] == "glibc")
