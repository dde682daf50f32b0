"""The loss path changes nothing of the caller's and asks the device for values once, for the metrics."""

from collections import Counter
from typing import Any

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mouse.losses import LOSSES
from mouse.losses.config import LossConfig
from mouse.losses.dqn import DqnLossConfig
from mouse.losses.fields import names
from mouse.losses.sp import SpLossConfig
from mouse.losses.sv import SvLossConfig
from mouse.losses.vec_dqn import VecDqnLossConfig
from tests.mouse.batches import Recipe
from tests.mouse.calls import training_call

REWARDS = {"normalize_reward_mean": True, "normalize_reward_std": True, "use_xformed_reward": True}
CASES = [
    ("dqn", DqnLossConfig()),
    ("dqn", DqnLossConfig(cql_weight=1.0, **REWARDS)),
    ("vec_dqn", VecDqnLossConfig(**REWARDS)),
    ("sp", SpLossConfig(loss_type="ce", label_smoothing=0.1)),
    ("sp", SpLossConfig(loss_type="js")),
    ("sv", SvLossConfig(loss_type="mae")),
]
every_case = pytest.mark.parametrize(("name", "cfg"), CASES)
HOST_SYNCS = {"_local_scalar_dense", "item", "nonzero", "equal", "is_nonzero", "masked_select", "unique", "_unique2"}


class Operations(TorchDispatchMode):
    """Counts the operations that reach a device."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.counts[func.overloadpacket.__name__] += 1
        return func(*args, **(kwargs or {}))

    @property
    def syncs(self) -> dict[str, int]:
        return {name: count for name, count in self.counts.items() if name in HOST_SYNCS}


def by_name(source: TensorDict) -> dict[str, Tensor]:
    return {name: source[name] for name in names(source)}


@pytest.fixture
def batch() -> tuple[TensorDict, TensorDict]:
    return Recipe(batch=3, steps=5, actions=4, dim=4).make(torch.float32)


@every_case
def test_stages_never_ask_for_a_value(name: str, cfg: LossConfig, batch: tuple[TensorDict, TensorDict]) -> None:
    loss, (step_stream, out) = LOSSES[name], batch
    with Operations() as operations:
        inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
        terms = loss.terms(inputs, cfg)
        loss.metrics(terms, loss.mean(terms), out)
        loss.checks(inputs)
    assert operations.counts
    assert operations.syncs == {}


@every_case
def test_the_callers_tensors_stay_as_they_are(name: str, cfg: LossConfig, batch: tuple[TensorDict, TensorDict]) -> None:
    loss, (step_stream, out) = LOSSES[name], batch
    out[loss.heads[0]].requires_grad_()
    before = [by_name(source.clone()) for source in batch]
    versions = [{key: value._version for key, value in by_name(source).items()} for source in batch]
    loss_value, _ = training_call(loss, step_stream, out, cfg)
    loss_value.backward()
    loss.terms(loss.inputs(step_stream, out, **loss.stage_options(cfg)), cfg)
    for source, copy, version in zip(batch, before, versions, strict=True):
        assert names(source) == set(copy)
        for key, value in by_name(source).items():
            assert torch.equal(value, copy[key])
            assert value._version == version[key]


@every_case
def test_training_is_the_composition_of_the_stages(
    name: str, cfg: LossConfig, batch: tuple[TensorDict, TensorDict]
) -> None:
    loss, (step_stream, out) = LOSSES[name], batch
    value, metrics = training_call(loss, step_stream, out, cfg)
    inputs = loss.inputs(step_stream, out, **loss.stage_options(cfg))
    for _ in range(2):  # stage 1 is kept and used again
        terms = loss.terms(inputs, cfg)
        assert loss.mean(terms) == value
        assert {key: number.item() for key, number in loss.metrics(terms, value, out).items()} == metrics
        assert terms.batch_size == terms.loss.shape


@every_case
def test_only_the_head_that_learns_receives_a_gradient(
    name: str, cfg: LossConfig, batch: tuple[TensorDict, TensorDict]
) -> None:
    loss, (step_stream, out) = LOSSES[name], batch
    floats = [value for source in batch for value in by_name(source).values() if value.is_floating_point()]
    for value in floats:
        value.requires_grad_()
    training_call(loss, step_stream, out, cfg)[0].backward()
    received = {key for source in batch for key, value in by_name(source).items() if value.grad is not None}
    assert received == {loss.heads[0]}
