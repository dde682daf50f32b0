"""What training hands over is copied at once, rows of batch and output together."""

from typing import Any

import pytest
import torch
from tensordict import TensorDict

from mouse.client import snapshot
from mouse.client.snapshot import Snapshot, take_snapshot
from mouse.errors import BatchError, MissingFieldError
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.sv import SvLossConfig
from tests.mouse.client.batches import NBYTES, numbered


def taken(step_stream: TensorDict, out: TensorDict, max_sequences: int | None = None, **fields: Any) -> Snapshot:
    defaults: dict[str, Any] = {"step": 0, "configs": {}, "metrics": {}}
    return take_snapshot(step_stream, out, max_sequences=max_sequences, **defaults | fields)


def test_training_may_write_into_its_tensors_afterwards() -> None:
    step_stream, out = numbered()
    out["dqn"].requires_grad_()
    copy = taken(step_stream, out)
    for source in (step_stream, out):
        source.detach().zero_()
    for mine, original in zip(copy.batch, numbered(), strict=True):
        assert {name: value.tolist() for name, value in mine.items()} == {
            name: value.tolist() for name, value in original.items()
        }
    assert not copy.batch[1]["dqn"].requires_grad
    assert (copy.fields["sequences"], copy.waits) == (None, ())
    assert copy.nbytes == NBYTES


@pytest.mark.parametrize(
    ("rows", "most", "kept"),
    [(6, 3, [0, 2, 4]), (6, 1, [0]), (7, 3, [0, 2, 4]), (6, 4, [0, 1, 3, 4]), (6, 6, None), (6, 9, None)],
)
def test_a_part_is_evenly_spaced_and_the_same_of_every_field(rows: int, most: int, kept: list[int] | None) -> None:
    step_stream, out = numbered(rows)
    part = taken(step_stream, out, most)
    expected = list(range(rows)) if kept is None else kept
    for source in part.batch:
        for value in source.values():
            assert value.flatten(1)[:, 0].tolist() == expected
    assert part.fields["sequences"] == (None if kept is None else {"kept": len(kept), "of": rows})
    step_stream["reward"].fill_(99)
    assert part.batch[0]["reward"][:, 0].tolist() == expected


def test_what_goes_along_is_plain_and_nothing_is_null() -> None:
    fields = taken(
        *numbered(),
        step=7,
        configs={"dqn": DqnLossConfig(gamma=0.5), "sv": SvLossConfig()},
        metrics={"a": float("nan"), "b": float("inf"), "c": -float("inf"), "d": torch.tensor(0.5), "e": 2},
    ).fields
    assert (fields["step"], fields["configs"]["dqn"]["gamma"], fields["configs"]["sv"]["loss_type"]) == (7, 0.5, "mse")
    assert fields["metrics"] == {"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 0.5, "e": 2.0}


@pytest.mark.parametrize(
    ("change", "kind", "field"),
    [
        ({"max_sequences": 0}, BatchError, "max_sequences"),
        ({"out": TensorDict({"dqn": torch.zeros(8, 3, 2)}, [8, 3])}, BatchError, "out"),
        ({"out": TensorDict({"action": torch.zeros(6, 3)}, [6, 3])}, BatchError, "out"),
        ({"out": TensorDict({"deep": TensorDict({}, [6, 3])}, [6, 3])}, BatchError, "out.deep"),
        ({"step_stream": TensorDict({"action": torch.zeros(6)}, [6])}, BatchError, "step_stream"),
        ({"configs": {"dqn": SvLossConfig()}}, BatchError, "configs.dqn"),
        ({"configs": {"other": SvLossConfig()}}, MissingFieldError, "configs"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_told_by_its_field(change: dict[str, Any], kind: type[Exception], field: str) -> None:
    step_stream, out = numbered()
    with pytest.raises(kind) as error:
        taken(**{"step_stream": step_stream, "out": out, "max_sequences": 2} | change)
    assert getattr(error.value, "field", None) == field


def test_copies_from_a_device_are_marked_after_they_are_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU is needed to see the order: all copies, then the mark, and who sends waits for it."""
    done: list[str] = []

    class Event:
        def record(self, stream: str) -> None:
            done.append(f"mark on {stream}")

        def synchronize(self) -> None:
            done.append("waited")

    def copy(value: torch.Tensor, _kept: int) -> torch.Tensor:
        done.append("copy")
        return value

    monkeypatch.setattr(torch.Tensor, "is_cuda", property(lambda _: True))
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", "the stream of {}".format)
    monkeypatch.setattr(snapshot, "_copy", copy)
    (wait,) = taken(*numbered()).waits
    assert done == ["copy"] * 4 + ["mark on the stream of cpu"]
    wait()
    assert done[-1] == "waited"
