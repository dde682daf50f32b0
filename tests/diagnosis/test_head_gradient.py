"""The gradient that rules read is that of the whole batch, whatever the parts that it is computed in."""

from typing import Any

import pytest
import torch

from mouse import doctor
from mouse.diagnosis import Thresholds, head_gradient
from mouse.diagnosis.case import Case
from mouse.losses import LOSSES
from mouse.losses.gradient import head_gradient as whole_gradient
from tests.diagnosis.samples import batch, configs


def case_of(stream: Any, out: Any) -> Case:
    return Case(stream, out, configs(dqn={"cql_weight": 0.5}), Thresholds())


@pytest.mark.parametrize("sequences", [1, 2, 3, 7])
@pytest.mark.parametrize("name", LOSSES)
def test_parts_make_the_gradient_of_the_whole(name: str, sequences: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, out = batch(shape=(7, 5))
    out["dqn"][3, 1] = torch.nan
    case = case_of(stream, out)
    numbers = sequences * out[LOSSES[name].heads[0]][0].numel()
    monkeypatch.setattr(head_gradient, "NUMBERS", numbers)
    parts = list(case.gradient_parts(name, "loss"))
    assert len(parts) == -(-7 // sequences)
    whole = whole_gradient(LOSSES[name], stream, out, case.configs[name])
    torch.testing.assert_close(torch.cat(parts), whole, equal_nan=True)
    made, bad = case.gradient(name), ~whole.isfinite()
    torch.testing.assert_close(made.norms, whole.flatten(2).norm(dim=-1), equal_nan=True)
    assert (made.not_finite is not None) == bool(bad.any()) == (name == "dqn")
    assert made.not_finite is None or made.not_finite.equal(bad)
    assert not made.is_zero


def test_a_gradient_of_zeros_is_told_from_one_that_is_too_small_to_be_squared() -> None:
    tiny = torch.full((1, 2, 3), 1e-30)
    assert not head_gradient.summarise_gradient(iter([tiny]), 1).is_zero
    assert head_gradient.summarise_gradient(iter([tiny * 0]), 1).is_zero


def test_the_doctor_says_the_same_where_no_gradient_is_wanted_and_of_heads_that_are_in_training() -> None:
    stream, out = batch(shape=(8, 9))
    before = doctor(stream, out, configs())
    with torch.no_grad():
        assert doctor(stream, out, configs()) == before
    for name in out.keys():  # noqa: SIM118  a TensorDict's length is B
        out[name] = out[name].requires_grad_()
    assert doctor(stream, out, configs()) == before
