"""Tensors on their way between two processes, in shared memory and down a pipe."""

import gc
import os
import threading
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mouse.losses.term import TermInfo
from mouse_dashboard.compute.functions import tensor_transfer
from mouse_dashboard.compute.functions.messages import (
    AnswerChannel,
    Call,
    CallChannel,
    Description,
    FunctionProblem,
    TracedCall,
)
from mouse_dashboard.compute.functions.tensor_transfer import TensorReceiver, TensorSender
from mouse_dashboard.compute.non_finite import NonFiniteCounts

shared_alone = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux alone")
WAYS = [
    pytest.param(True, marks=shared_alone, id="shared"),
    pytest.param(False, id="pipe"),
]
TENSORS: list[Tensor] = [
    torch.tensor(2.5),
    torch.tensor([[True, False, True]]),
    torch.empty(0, 3),
    torch.arange(7, dtype=torch.int8),
    torch.tensor([1.5, float("nan"), -float("inf")], dtype=torch.bfloat16),
    torch.tensor([1 + 2j, -3j]),
    torch.arange(1_000_003, dtype=torch.float64).reshape(1, -1),  # far more than a pipe holds
]


@pytest.fixture(params=WAYS)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_transfer, "SHARES_MEMORY", request.param)


class Ends:
    """Both ends of one connection, in one process."""

    def __init__(self, ours: Connection, its: Connection) -> None:
        self.receiver, self.sender = TensorReceiver(ours), TensorSender(its)

    def transfer(self, tensors: list[Tensor]) -> tuple[Tensor, ...]:
        """Ask for tensors, and receive them."""
        self.receiver.lend()
        self.sender.borrow()
        sending = threading.Thread(target=self.sender.send, args=(tensors,))
        sending.start()
        found = self.receiver.receive([(each.dtype, tuple(each.shape)) for each in tensors])
        sending.join()
        return found


@pytest.fixture
def ends() -> Iterator[Ends]:
    ours, its = Pipe()
    with ours, its:
        yield Ends(ours, its)


@pytest.mark.usefixtures("_way")
def test_every_type_and_shape_arrives_bit_for_bit(ends: Ends) -> None:
    found = ends.transfer(TENSORS)
    assert [(each.dtype, each.shape) for each in found] == [(each.dtype, each.shape) for each in TENSORS]
    for its, ours in zip(found, TENSORS, strict=True):
        assert its.reshape(-1).view(torch.uint8).tolist() == ours.reshape(-1).view(torch.uint8).tolist()


@pytest.mark.usefixtures("_way")
def test_what_arrived_can_be_written_and_outlives_its_neighbours(ends: Ends) -> None:
    first, second = ends.transfer([torch.ones(3), torch.ones(3)])
    first += 1
    del first
    assert second.tolist() == [1, 1, 1]


@pytest.mark.usefixtures("_way")
def test_only_empty_tensors_arrive(ends: Ends) -> None:
    assert [tuple(each.shape) for each in ends.transfer([torch.empty(0), torch.empty(2, 0)])] == [(0,), (2, 0)]


@pytest.mark.usefixtures("_way")
def test_what_is_in_use_stays_as_it_is_when_more_arrives(ends: Ends) -> None:
    first = ends.transfer([torch.arange(5.0)])[0][2:]  # a view alone holds the memory
    second = ends.transfer([torch.zeros(5)])[0].numpy()
    third = ends.transfer([torch.ones(5)])[0]
    assert (first.tolist(), second.tolist(), third.tolist()) == ([2, 3, 4], [0] * 5, [1] * 5)


@shared_alone
def test_memory_is_used_again_once_its_last_tensor_is_gone(ends: Ends) -> None:
    first, second = ends.transfer([torch.zeros(1000), torch.zeros(1000)])
    address = first.data_ptr()
    del first
    third = ends.transfer([torch.ones(1000)])[0]
    assert third.data_ptr() != address
    assert second.tolist() == [0] * 1000
    del second
    assert ends.transfer([torch.ones(10)])[0].data_ptr() == address
    larger = ends.transfer([torch.ones(100_000)])[0]  # more than the file has
    assert larger.tolist() == [1] * 100_000


@shared_alone
def test_an_answer_without_tensors_leaves_its_memory_to_the_next(ends: Ends) -> None:
    ends.receiver.lend()
    ends.sender.borrow()
    assert ends.transfer([torch.ones(3)])[0].tolist() == [1, 1, 1]


def memory_files() -> int:
    """How many files of tensors this process has open; a file may be closed by another thread meanwhile."""
    links = [str(each.resolve()) for each in Path("/proc/self/fd").iterdir()]
    return sum(link.startswith("/memfd:tensors") for link in links)


@shared_alone
def test_no_file_stays_open() -> None:
    gc.collect()  # of other tests
    before = memory_files()
    ours, its = Pipe()
    with ours, its:
        ends = Ends(ours, its)
        ends.transfer(TENSORS)
        more = ends.transfer(TENSORS), ends.transfer(TENSORS)
        ends.receiver.lend()
        ends.sender.borrow()
        ends.sender.close()
        del more, ends
    gc.collect()
    assert memory_files() == before


@pytest.mark.usefixtures("_way")
def test_a_sender_that_is_gone_is_the_end() -> None:
    ours, its = Pipe()
    receiver = TensorReceiver(ours)
    receiver.lend()
    its.close()
    with ours, pytest.raises((EOFError, OSError)):
        receiver.receive([(torch.float32, (3,))])


@shared_alone
def test_a_receiver_that_is_gone_is_the_end() -> None:
    ours, its = Pipe()
    ours.close()
    with its, pytest.raises(EOFError):
        TensorSender(its).borrow()


@pytest.mark.usefixtures("_way")
def test_an_answer_arrives_with_its_tensors_and_the_next_after_it() -> None:
    ours, its = Pipe()
    with ours, its:
        asking, answering = CallChannel(ours), AnswerChannel(its)
        answering.send(Description("loss", "A loss."))
        assert asking.receive() == (Description("loss", "A loss."), ())
        for answer, tensors in ((Description("loss", "Another."), (torch.tensor([3.0]),)), (FunctionProblem("no"), ())):
            asking.send(Call("batch", {"clip": 0.2}))
            assert answering.receive() == Call("batch", {"clip": 0.2})
            answering.send(answer, tensors)
            message, found = asking.receive()
            assert message == answer
            assert [each.tolist() for each in found] == [each.tolist() for each in tensors]
        answering.close()


def test_an_answer_is_read_as_it_was_sent() -> None:
    info = TermInfo("a + b", "Their sum.", signed=True, name="c", dims=("batch", "time"))
    answer = TracedCall(
        {"x": float("nan")}, (info,), ({"mean": float("-inf")},), frozenset({"c"}), {"c": "f"}, {},
        {"c": NonFiniteCounts(1, 2, 3, 9)}, {"q": 2}, (info,), "", "", 0.5
    )  # fmt: skip
    ours, its = Pipe()
    with ours, its:
        AnswerChannel(its).send(answer)
        found, _ = CallChannel(ours).receive()
    assert repr(found) == repr(answer)  # NaN is not equal to itself
