"""A linear model of many rows is fitted to some of them and holds for all."""

import torch

from mouse.evidence.dynamics import FIT_ROWS, MAX_FEATURES, features, residual


def test_a_fit_to_some_of_many_rows_holds_for_all() -> None:
    made = torch.Generator().manual_seed(0)
    obs = torch.randn(3 * FIT_ROWS, 2, generator=made, dtype=torch.float64)
    obs[::64] += 5  # a period that a plain stride would meet
    change = obs @ torch.tensor([[0.9, 0.1], [-0.2, 1.1]], dtype=torch.float64)
    left = residual(features(obs, None), change, torch.ones(len(obs), dtype=torch.bool))
    assert float(left.abs().max()) < 1e-5


def test_a_model_of_many_numbers_is_one_without_their_products() -> None:
    obs = torch.randn(40_000, 30, generator=torch.Generator().manual_seed(0))
    assert features(obs, None).shape[1] == 31
    assert 31 < features(obs[:, :20], None).shape[1] <= MAX_FEATURES
