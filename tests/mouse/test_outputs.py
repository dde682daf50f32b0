"""`mouse.with_outputs`: the loop from recorded steps to a batch with heads."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import pytest
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule
from torch import Tensor, nn

import mouse
from mouse.errors import BatchError
from mouse.losses.dqn import DqnLossConfig, dqn_loss


@pytest.fixture
def steps() -> TensorDict:
    generator = torch.Generator().manual_seed(0)
    return TensorDict(
        {
            "observation": torch.randn(5, 3, 2, generator=generator),
            "action": torch.randint(4, (5, 3), generator=generator),
            "reward": torch.randn(5, 3, generator=generator),
            "done": torch.zeros(5, 3, dtype=torch.int64),
        },
        batch_size=[5, 3],
    )


class Network(nn.Module):
    """Two heads, and dropout, which tells whether it is in training."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Linear(2, 8)
        self.head = nn.Linear(8, 4)
        self.dropout = nn.Dropout()

    def modes(self) -> dict[str, bool]:
        return {name: module.training for name, module in cast("Iterable[tuple[str, nn.Module]]", self.named_modules())}

    def forward(self, steps: TensorDict) -> dict[str, Tensor]:
        hidden = self.dropout(self.trunk(steps["observation"]).relu())
        return {"dqn": self.head(hidden), "dqn_target": self.head(hidden) / 2}


def test_the_heads_are_those_of_the_whole_batch_at_once(steps: TensorDict) -> None:
    network = Network()
    step_stream, out = mouse.with_outputs(steps, network, batch_size=2)
    network.eval()
    expected = network(steps)
    torch.testing.assert_close(out["dqn"], expected["dqn"], rtol=0, atol=1e-6)
    assert not out["dqn"].requires_grad
    assert set(step_stream.keys()) == set(steps.keys())
    loss, _metrics = dqn_loss(step_stream, out, DqnLossConfig(gamma=0.9))
    assert loss.isfinite()


def test_each_part_of_a_module_is_in_the_mode_it_was_in_afterwards_also_after_an_error(steps: TensorDict) -> None:
    network = Network().train()
    network.head.eval()
    mouse.with_outputs(steps, network)
    modes = {"": True, "trunk": True, "head": False, "dropout": True}
    assert network.modes() == modes
    with pytest.raises(KeyError):
        mouse.with_outputs(steps.exclude("observation"), network)
    assert network.modes() == modes


def test_progress_is_told_after_each_call(steps: TensorDict) -> None:
    told: list[tuple[int, int]] = []
    mouse.with_outputs(steps, Network(), batch_size=2, progress=lambda done, of: told.append((done, of)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_a_model_that_writes_into_its_input_leaves_the_batch_alone(steps: TensorDict) -> None:
    before = steps.clone()

    def model(windows: TensorDict) -> dict[str, Tensor]:
        windows["observation"].zero_()
        windows["more"] = torch.ones(windows.batch_size)
        return {"value": windows["observation"].sum(-1) + windows["more"]}

    step_stream, out = mouse.with_outputs(steps, model)
    assert (step_stream == before).all()
    assert set(step_stream.keys()) == set(before.keys())
    assert bool((out["value"] == 1).all())


def test_of_a_tensordict_module_the_output_alone_is_taken(steps: TensorDict) -> None:
    module = TensorDictModule(nn.Linear(2, 4), in_keys=["observation"], out_keys=["dqn"])
    _, out = mouse.with_outputs(steps, module)
    assert list(out.keys()) == ["dqn"]


def test_a_dict_of_arrays_is_a_batch(steps: TensorDict) -> None:
    arrays: dict[str, Any] = {name: np.asarray(value) for name, value in steps.items()}
    arrays["action"] = list(steps["action"])  # a list of tensors
    step_stream, _ = mouse.with_outputs(arrays, Network())
    assert step_stream["action"].equal(steps["action"])


def test_items_without_order_are_windows_of_one_step(steps: TensorDict) -> None:
    _, out = mouse.with_outputs(cast("TensorDict", steps.flatten()), Network())
    assert out["dqn"].shape == (15, 1, 4)


Q = torch.arange(60.0).view(5, 3, 4)
DQN = "out.dqn: found "


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (Q, "out: found a Tensor, expected a TensorDict or a dict of tensors by the heads' names; return such as "),
        ({}, 'out: found no field, expected the model\'s heads; return such as {"dqn": q}.'),
        ({"dqn": 1.0}, DQN + "a float, expected a tensor; return tensors by name."),
        ({"action": Q}, "out.action: found a name of step_stream, expected another; rename it, or return the heads"),
        ({"dqn": Q.flatten(0, 1)}, DQN + "shape [15, 4], expected [5, 3, ...]: an entry per window and step; keep "),
        ({"dqn": Q[..., 0]}, DQN + "shape [5, 3], expected float [B, S, action] with B, S = [5, 3]; give one row "),
        ({"dqn": Q.long()}, DQN + "torch.int64, expected float [B, S, action] with B, S = [5, 3]; convert it "),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(steps: TensorDict, returned: Any, message: str) -> None:
    with pytest.raises(BatchError) as raised:
        mouse.with_outputs(steps, lambda _: returned)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("first", "later", "message"),
    [
        ({"a": torch.ones(2, 3)}, {"b": torch.ones(2, 3)}, "out: found b from window 2 on, expected a as before"),
        ({"a": torch.ones(2, 3, 4)}, {"a": torch.ones(2, 3, 5)}, r"out.a: found torch.float32 \[3, 5\] from window 2"),
        ({"a": torch.ones(2, 3)}, {"a": torch.ones(2, 3).double()}, r"out.a: found torch.float64 \[3\] from window 2"),
    ],
)
def test_a_model_that_returns_something_else_later_is_refused(
    steps: TensorDict, first: dict[str, Tensor], later: dict[str, Tensor], message: str
) -> None:
    returned = iter([first, later])
    with pytest.raises(BatchError, match=message):
        mouse.with_outputs(steps, lambda _: next(returned), batch_size=2)


def test_a_batch_size_below_1_is_refused(steps: TensorDict) -> None:
    with pytest.raises(BatchError, match="batch_size: found 0, expected 1 or more"):
        mouse.with_outputs(steps, Network(), batch_size=0)
