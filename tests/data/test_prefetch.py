"""One thread works ahead: so far and no further, errors come through, and however it ends the thread ends with it."""

import gc
import signal
import subprocess
import sys
import threading
from typing import Any

import pyarrow  # pyright: ignore[reportMissingTypeStubs]  # it has none
import pytest

from mouse.data import PrefetchBatchifier
from mouse.data.prefetch import prefetched
from mouse.errors import BatchError

pa: Any = pyarrow


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("mouse-prefetch")]


def test_results_come_in_order_and_only_so_many_are_made_ahead() -> None:
    made: list[int] = []
    reached = {count: threading.Event() for count in range(1, 9)}

    def work(task: int) -> int:
        made.append(task)
        reached[len(made)].set()
        return task * 10

    results = prefetched(work, range(8), ahead=2)
    assert made == []
    for taken in range(8):
        assert next(results) == taken * 10
        so_far = min(taken + 3, 8)
        assert reached[so_far].wait(10)
        assert made == list(range(so_far))
    assert next(results, None) is None
    assert threads() == []


def test_no_task_is_no_result() -> None:
    assert list(prefetched(str, [], ahead=1)) == []


def test_an_error_is_raised_where_its_result_would_come() -> None:
    def work(task: int) -> int:
        if task == 2:
            raise KeyError("task 2")
        return task

    results = prefetched(work, range(9), ahead=4)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(KeyError, match="task 2") as raised:
        next(results)
    assert raised.traceback[-1].name == "work"
    assert threads() == []


def batchifier() -> PrefetchBatchifier:
    return PrefetchBatchifier({"x": range(100)}, batch_size=2, length=2)


def test_an_error_deep_in_a_stream_reaches_the_loop() -> None:
    steps = pa.table({"x": [*range(50), None, *range(49)]})
    batches = PrefetchBatchifier(steps, batch_size=5, length=2)
    rest = iter(batches)
    assert [len(next(rest)) for _ in range(5)] == [5] * 5
    with pytest.raises(BatchError, match=r"steps\.x: found 1 missing values"):
        next(rest)
    assert threads() == []


def test_leaving_a_loop_ends_the_thread() -> None:
    for _batch in batchifier():
        assert len(threads()) == 1
        break
    assert threads() == []


def test_what_is_collected_ends_its_thread() -> None:
    batches = iter(batchifier())
    next(batches)
    assert len(threads()) == 1
    del batches
    gc.collect()
    assert threads() == []


def test_the_block_ends_what_is_under_way_and_it_can_begin_again() -> None:
    with batchifier() as batches:
        first, second = iter(batches), iter(batches)
        assert next(first)["x"].tolist() == next(second)["x"].tolist()
        assert len(threads()) == 2
    assert threads() == []
    assert next(first, None) is None
    assert len(list(batches)) == 25


WAITING = """
import signal, sys, threading, warnings
from mouse.data import PrefetchBatchifier
warnings.simplefilter("error")
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
batches = PrefetchBatchifier({"x": range(100)}, batch_size=2, length=2)
for batch in batches:
    print("first", flush=True)
    threading.Event().wait()
"""


@pytest.mark.process
def test_ctrl_c_ends_the_program() -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert program.stdout.readline() == "first\n"
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=60)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "Warning" not in errors
    assert program.returncode in {1, -signal.SIGINT, 130}


@pytest.mark.process
def test_an_iteration_left_behind_does_not_keep_the_program() -> None:
    code = WAITING.partition("for batch")[0] + "left = iter(batches); next(left); print(threading.active_count())"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
