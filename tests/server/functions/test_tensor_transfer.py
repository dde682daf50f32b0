"""Tensors on their way between two processes, in shared memory and down a pipe."""

import os
import threading
from multiprocessing import Pipe
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mouse_dashboard.compute.functions import tensor_transfer
from mouse_dashboard.compute.functions.messages import Description, FunctionProblem, receive, send
from mouse_dashboard.compute.functions.tensor_transfer import receive_tensors, send_tensors

WAYS = [
    pytest.param(True, marks=pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux alone"), id="shared"),
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


def transferred(tensors: list[Tensor]) -> tuple[Tensor, ...]:
    ours, its = Pipe()
    with ours, its:
        sender = threading.Thread(target=send_tensors, args=(its, tensors))
        sender.start()
        found = receive_tensors(ours, [(each.dtype, tuple(each.shape)) for each in tensors])
        sender.join()
    return found


@pytest.mark.usefixtures("_way")
def test_every_type_and_shape_arrives_bit_for_bit() -> None:
    found = transferred(TENSORS)
    assert [(each.dtype, each.shape) for each in found] == [(each.dtype, each.shape) for each in TENSORS]
    for its, ours in zip(found, TENSORS, strict=True):
        assert its.reshape(-1).view(torch.uint8).tolist() == ours.reshape(-1).view(torch.uint8).tolist()


@pytest.mark.usefixtures("_way")
def test_what_arrived_can_be_written_and_outlives_its_neighbours() -> None:
    first, second = transferred([torch.ones(3), torch.ones(3)])
    first += 1
    del first
    assert second.tolist() == [1, 1, 1]


@pytest.mark.usefixtures("_way")
def test_only_empty_tensors_arrive() -> None:
    assert [tuple(each.shape) for each in transferred([torch.empty(0), torch.empty(2, 0)])] == [(0,), (2, 0)]


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux alone")
def test_no_file_stays_open() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    transferred(TENSORS)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.usefixtures("_way")
def test_a_sender_that_is_gone_is_the_end() -> None:
    ours, its = Pipe()
    its.close()
    with ours, pytest.raises(EOFError):
        receive_tensors(ours, [(torch.float32, (3,))])


@pytest.mark.usefixtures("_way")
def test_a_message_arrives_with_its_tensors_and_the_next_after_it() -> None:
    ours, its = Pipe()
    with ours, its:
        send(its, Description("loss", "A loss."), (torch.tensor([3.0]),))
        send(its, FunctionProblem("no"))
        message, (tensor,) = receive(ours)
        assert message == Description("loss", "A loss.")
        assert tensor.tolist() == [3]
        assert receive(ours) == (FunctionProblem("no"), ())
