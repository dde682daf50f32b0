"""Twin heads: the target follows the online head and nothing else."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from mouse.errors import BatchError
from mouse.heads import DQNHead, VecDQNHead, polyak_update


def twins() -> tuple[nn.Linear, nn.Linear]:
    return nn.Linear(3, 2), nn.Linear(3, 2)


def state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in module.state_dict().items()}


def test_the_target_moves_a_share_of_the_way_by_hand() -> None:
    online, target = twins()
    with torch.no_grad():
        online.weight.fill_(10.0)
        target.weight.fill_(2.0)
    polyak_update(online, target, 0.25)
    assert (target.weight == 4.0).all()  # 0.25 * 10 + 0.75 * 2
    assert (online.weight == 10.0).all()


@given(st.floats(0, 1))
def test_the_target_moves_by_the_formula(tau: float) -> None:
    online, target = twins()
    before, source = state(target), state(online)
    polyak_update(online, target, tau)
    for name, value in state(target).items():
        assert_close(value, tau * source[name] + (1 - tau) * before[name])
    assert all(torch.equal(value, source[name]) for name, value in state(online).items())


@pytest.mark.parametrize(("tau", "becomes"), [(0, 1), (1, 0), (0.0, 1), (1.0, 0)])
def test_tau_zero_keeps_the_target_and_tau_one_copies_exactly(tau: float, becomes: int) -> None:
    pair = twins()
    expected = state(pair[becomes])
    polyak_update(*pair, tau)
    assert all(torch.equal(value, expected[name]) for name, value in state(pair[1]).items())


def test_buffers_follow_and_counters_are_copied() -> None:
    online, target = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    online(torch.randn(8, 2))
    mean = online.running_mean
    assert mean is not None
    polyak_update(online, target, 0.5)
    assert target.running_mean is not None
    assert_close(target.running_mean, 0.5 * mean)
    assert target.num_batches_tracked == 1


def test_types_may_differ() -> None:
    online, target = nn.Linear(3, 2).double(), nn.Linear(3, 2)
    polyak_update(online, target, 1.0)
    assert target.weight.dtype == torch.float32
    assert torch.equal(target.weight, online.weight.float())


def test_no_gradient_flows_through_an_update() -> None:
    online, target = twins()
    polyak_update(online, target, 0.5)
    assert target.weight.is_leaf
    assert target.weight.grad_fn is None
    target(torch.ones(1, 3)).sum().backward()
    assert online.weight.grad is None


@pytest.mark.parametrize("tau", [-0.01, 1.01, math.nan, math.inf])
def test_a_tau_that_is_no_share_is_rejected_and_changes_nothing(tau: float) -> None:
    online, target = twins()
    before = state(target)
    with pytest.raises(ValueError, match=rf"^tau: found {tau}, expected 0 to 1; "):
        polyak_update(online, target, tau)
    assert all(torch.equal(value, before[name]) for name, value in state(target).items())


@pytest.mark.parametrize(
    ("other", "found"),
    [(nn.Linear(4, 2), r"weight \[2, 4\]"), (nn.Linear(3, 2, bias=False), "no bias"), (nn.Sequential(), "no bias")],
)
def test_modules_of_different_structure_are_rejected(other: nn.Module, found: str) -> None:
    with pytest.raises(ValueError, match=rf"^target: found {found}, expected \w+ \[2.*\] as in online; "):
        polyak_update(nn.Linear(3, 2), other, 0.5)


def test_a_value_head_gives_online_and_target_values() -> None:
    head = DQNHead(in_features=5, n_actions=3)
    features = torch.randn(2, 4, 5)
    online, target = head(features)
    assert online.shape == target.shape == (2, 4, 3)
    assert torch.equal(online, target)
    assert torch.equal(online, head.online(features))


def test_a_vector_head_gives_online_and_target_vectors() -> None:
    head = VecDQNHead(in_features=5, n_actions=3, dim=4)
    features = torch.randn(2, 4, 5)
    online, target = head(features)
    assert online.shape == target.shape == (2, 4, 3, 4)
    assert torch.equal(online, target)
    assert torch.equal(online.flatten(-2), head.online(features))


@pytest.mark.parametrize("head", [DQNHead(5, 3), VecDQNHead(5, 3, 2)])
def test_only_the_online_half_learns_and_the_target_follows(head: DQNHead | VecDQNHead) -> None:
    features = torch.randn(2, 5, requires_grad=True)
    online, target = head(features)
    assert not target.requires_grad
    online.square().sum().backward()
    assert features.grad is not None
    learns = {name for name, parameter in head.named_parameters() if parameter.grad is not None}
    assert learns == {"online.weight", "online.bias"}
    assert {name for name, parameter in head.named_parameters() if parameter.requires_grad} == learns
    with torch.no_grad():
        head.online.weight += 1.0
    before = head.target.weight.clone()
    head.polyak_update(0.1)
    assert_close(head.target.weight, before + 0.1)
    assert not head.target.weight.requires_grad


@pytest.mark.parametrize("dim", [0, 1, 3])
def test_a_vector_head_needs_an_even_number_of_components(dim: int) -> None:
    with pytest.raises(BatchError, match=rf"^dim: found D = {dim}, expected an even D"):
        VecDQNHead(5, 3, dim)
