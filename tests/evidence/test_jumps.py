"""Pairs that no step of the same world explains are told from ordinary ones."""

import pytest
import torch
from torch import Tensor

from mouse.evidence import sampling
from mouse.evidence.agreement import codes, pair_codes
from mouse.evidence.jumps import Jumps, jumps
from tests.evidence.recorded import cart, running, seeded, table


def judged(batch: dict[str, Tensor]) -> Jumps | None:
    ordinary = running(batch["done"])
    return jumps(batch["obs"], batch["action"][:, 1:], ordinary, torch.ones_like(ordinary))


def test_a_jump_of_numbers_is_found_where_it_is() -> None:
    batch = cart()
    for name in ("obs", "action"):
        batch[name][2, 30:] = batch[name][3, 30:]
    found = judged(batch)
    assert found is not None
    assert found.jumped.nonzero().tolist() == [[2, 29]]
    assert found.judged.all()
    assert found.sizes is not None
    assert found.sizes[2, 29] > 100
    assert 0 < found.usual < 0.01


def test_a_step_that_was_never_seen_is_a_jump_in_a_table() -> None:
    batch = table("cliff", epsilon=0.5)
    before = judged(batch)
    batch["obs"][3, 20] = 47
    found = judged(batch)
    assert found is not None
    assert before is not None
    assert (found.jumped & ~before.jumped).nonzero().tolist() in ([[3, 19]], [[3, 19], [3, 20]])
    assert not before.jumped[running(batch["done"])].any()
    assert found.sizes is None


def test_what_cannot_be_judged_is_not() -> None:
    batch = cart()
    batch["obs"][0, 0] = torch.nan
    found = judged(batch)
    assert found is not None
    assert (~found.judged).nonzero().tolist() == [[0, 0]]
    assert judged({name: value[:1, :40] for name, value in cart().items()}) is None
    assert judged(table("cliff") | {"obs": torch.arange(1024).view(16, 64)}) is None
    assert judged(cart() | {"action": torch.arange(512).view(8, 64)}) is None
    assert judged(cart() | {"obs": torch.full((8, 64, 2), torch.nan, dtype=torch.float64)}) is None


def test_an_observation_of_many_numbers_is_compared_by_equality_alone() -> None:
    assert judged(cart() | {"obs": torch.randn(8, 64, 65, generator=seeded())}) is None


@pytest.mark.parametrize("rows", [1, 100])
def test_many_pairs_are_judged_some_at_a_time(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    batch = cart()
    for name in ("obs", "action"):
        batch[name][2, 30:] = batch[name][3, 30:]
    whole = judged(batch)
    monkeypatch.setattr(sampling, "BLOCK", rows)
    found = judged(batch)
    assert whole is not None
    assert found is not None
    assert found.sizes is not None
    assert whole.sizes is not None
    torch.testing.assert_close(found.sizes, whole.sizes)
    monkeypatch.setattr("mouse.evidence.jumps.FITTED_PAIRS", 200)
    found = judged(batch)
    assert found is not None
    assert found.jumped.nonzero().tolist() == [[2, 29]]


def test_rows_have_the_same_numbers_however_many_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = torch.randint(0, 3, (500, 4), generator=seeded())
    whole = codes(rows)
    monkeypatch.setattr(sampling, "BLOCK", 7)
    assert codes(rows).equal(whole)
    assert pair_codes(whole, rows @ torch.tensor([27, 9, 3, 1])).max() == whole.max()  # equal codes, equal rows
    assert codes(rows.double()).max() == whole.max()
