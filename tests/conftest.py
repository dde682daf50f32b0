"""Before any test: what it needs is prepared, and which programs it starts is written down."""

import gc
import os
import sys
from collections.abc import Generator
from typing import Any

import pytest

from tests.profiles import load_profile

gc.disable()  # until all is imported: each search among so many objects that stay would be in vain

HANDS_TESTS_OUT = "-n" in sys.argv and "PYTEST_XDIST_WORKER" not in os.environ
"""Whether this process runs no test: it imports nothing that they need, while its workers wait to be started."""

load_profile()
if not HANDS_TESTS_OUT:
    from tests.prepare import prepare

    prepare()

started: list[str] = []
"""The programs that the current test has started."""


def notice(event: str, arguments: tuple[Any, ...]) -> None:
    """Write down what is started; Python calls this for whatever it audits."""
    if event == "subprocess.Popen":
        started.append(str(arguments[0]))


sys.addaudithook(notice)


def pytest_configure(config: pytest.Config) -> None:
    """End a run of tests that nothing is prepared for."""
    if HANDS_TESTS_OUT and not config.option.numprocesses:
        raise pytest.UsageError("-n: found 0, expected a number of workers; leave it out to run tests in one process")


def pytest_collection_finish() -> None:
    """Look for garbage from here on, and never among the half a million objects that were imported."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What was started while tests were collected, or by a test before, is not of this one."""
    started.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Where tests that start a process are left out, one that is not marked as such fails."""
    yield
    if started and "not process" in item.config.option.markexpr:
        pytest.fail(f"it starts {', '.join(started)}: mark it with pytest.mark.process", pytrace=False)
