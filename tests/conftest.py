"""Before any test: shapes in annotations are enforced in `mouse`, one thread per worker, reproducible examples."""

import gc
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

gc.disable()  # until all is imported: each search among so many objects that stay would be in vain

SOURCES = Path(__file__).parents[1] / "mouse"
WITH_SHAPES = [
    ".".join(file.relative_to(SOURCES.parent).with_suffix("").parts)
    for file in SOURCES.rglob("*.py")
    if "from jaxtyping import" in file.read_text()
]
"""Modules that write shapes: in the others nothing is to be enforced, and each call would cost as much as its work."""

# Functions and TensorClass fields alike; ints are accepted as floats, as type checkers do. Must precede every import of
# mouse: a module imported earlier would stay unchecked.
install_import_hook(WITH_SHAPES, "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

torch.set_num_threads(1)

slow_start = (HealthCheck.too_slow,)  # the first torch call of a process takes seconds
settings.register_profile("dev", deadline=None, print_blob=True, max_examples=50, suppress_health_check=slow_start)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.register_profile("quick", settings.get_profile("dev"), max_examples=10)
settings.load_profile("ci" if os.environ.get("CI") else "dev")

started: list[str] = []
"""The programs that the current test has started."""


def notice(event: str, arguments: tuple[Any, ...]) -> None:
    """Write down what is started; Python calls this for whatever it audits."""
    if event == "subprocess.Popen":
        started.append(str(arguments[0]))


sys.addaudithook(notice)


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
