"""`mouse.testing.assert_healthy`: a test fails with what the doctor found."""

from typing import Any

import pytest
import torch

from mouse.testing import assert_healthy
from tests.diagnosis.samples import batch, configs


def broken() -> tuple[Any, Any]:
    stream, out = batch()
    out["sv"][0, 1, 2] = torch.nan
    return stream, out


def test_a_failure_names_rule_place_and_what_to_do_and_not_what_is_milder() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_healthy(*broken(), configs(dqn={"gamma_terminal": 0.5}))
    told = str(failure.value)
    assert told.startswith("The doctor found what is likely wrong with this batch.\n\nerror input-not-finite: ")
    for part in ("\n  where: out.sv, step [0, 1, 2]\n", "\n  fix: ", "\nchecked: shape-mismatch, ", " rules checked, "):
        assert part in told
    assert "\nwarning " not in told
    assert "\ninfo " not in told


def test_milder_findings_fail_where_they_are_asked_for() -> None:
    stream, out = batch(shape=(32, 8))
    stream["done"][:, 3] = 1
    unbounded = configs(dqn={"gamma_terminal": 0.5})
    report = assert_healthy(stream, out, unbounded, rules=["discount-unbounded"])
    assert [finding.rule for finding in report] == ["discount-unbounded"]
    with pytest.raises(AssertionError, match="warning discount-unbounded: "):
        assert_healthy(stream, out, unbounded, rules=["discount-unbounded"], severity="warning")


def test_a_loss_of_ones_own_is_examined_too() -> None:
    def loss(logits: Any, reward: Any) -> Any:
        return (logits.squeeze(-1) - reward.unsqueeze(-1)).square().mean()

    fields = {"logits": torch.randn(64, 1, requires_grad=True), "reward": torch.randn(64)}
    with pytest.raises(AssertionError, match="silent-broadcast"):
        assert_healthy(fields, losses=[loss])


def test_a_batch_of_which_nothing_can_be_checked_is_not_called_healthy() -> None:
    with pytest.raises(AssertionError, match=r"(?s)could check nothing of this batch.*not checked: theta-wraps needs "):
        assert_healthy(*batch(), {}, rules=["theta-wraps"])
