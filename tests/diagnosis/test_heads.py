"""Heads that are not what their name says."""

from typing import Any

import pytest
import torch

from mouse.diagnosis import Thresholds
from tests.diagnosis.samples import batch, found, one, report_on, without


def test_a_policy_head_that_sums_to_1_gives_probabilities() -> None:
    rule = "student-is-distribution"
    logits = torch.randn(4, 8, 3, generator=torch.Generator().manual_seed(0))
    (only,) = found(*batch(sp=logits.softmax(-1)), rule)
    assert (only.severity, only.field) == ("warning", "out.sp")
    for right in (logits, logits.log_softmax(-1), logits.sigmoid()):
        assert found(*batch(sp=right), rule) == []
    off = logits.softmax(-1)
    off[1, 2] *= 1.01
    assert found(*batch(sp=off), rule, thresholds=Thresholds(min_samples=1, distribution_sum=0.0099)) == []
    assert len(found(*batch(sp=off), rule, thresholds=Thresholds(min_samples=32, distribution_sum=0.0101))) == 1
    needs = report_on(*batch(sp=off), rule, thresholds=Thresholds(min_samples=33)).not_checked[0].needs
    assert needs == "33 rows of `sp`, found 32"
    assert report_on(*batch(sp=torch.ones(4, 8, 1)), rule).not_checked[0].needs == "two actions"


@pytest.mark.parametrize("name", ["dqn", "vec_dqn"])
def test_a_target_further_away_than_its_head_varies_was_never_copied(name: str) -> None:
    rule = "target-not-copied"
    shape = (4, 8, 3) if name == "dqn" else (4, 8, 3, 2)
    online, noise = (torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    others = one("vec_dqn_target" if name == "dqn" else "dqn_target", None)
    for target, count in ((noise, 1), (online + 0.1 * noise, 0)):
        heads: dict[str, Any] = {name: online, f"{name}_target": target}
        stream, out = batch(**heads)
        out = without(out, *others)
        findings = found(stream, out, rule)
        assert [each.field for each in findings] == [f"out.{name}_target"] * count
        for each in findings:
            measured = each.measured or 0
            assert measured == pytest.approx(2**0.5, rel=0.15)
            assert found(stream, out, rule, thresholds=Thresholds(min_samples=1, target_distance=measured)) == []
            assert len(found(stream, out, rule, thresholds=Thresholds(target_distance=measured - 0.01))) == 1


def test_a_target_that_hardly_varies_is_a_copy_of_an_untrained_head() -> None:
    online = torch.randn(4, 8, 3, generator=torch.Generator().manual_seed(0)) + 1
    stream, out = batch(dqn=online, dqn_target=0.2 * online.flip(0))
    out = without(out, "vec_dqn")
    limits: dict[str, Any] = {"min_samples": 1, "target_distance": 0.1}
    for spread, severity in ((0.21, "info"), (0.19, "warning")):
        findings = found(stream, out, "target-not-copied", thresholds=Thresholds(target_spread=spread, **limits))
        assert [each.severity for each in findings] == [severity]


def test_heads_of_one_state_or_of_few_values_say_nothing() -> None:
    stream, out = batch(dqn=torch.ones(4, 8, 3), dqn_target=torch.zeros(4, 8, 3))
    out = without(out, "vec_dqn")
    assert found(stream, out, "target-not-copied") == []
    near = 5 + 0.01 * torch.randn(4, 8, 3, generator=torch.Generator().manual_seed(0))
    assert found(stream, out.replace({"dqn": near, "dqn_target": near + 0.1}), "target-not-copied") == []
    few = Thresholds(min_samples=1000)
    assert report_on(stream, out, "target-not-copied", thresholds=few).not_checked
    assert report_on(
        stream, without(out, "dqn"), "target-not-copied", thresholds=Thresholds(min_samples=1)
    ).not_checked[0].needs == ("a head and its target of one shape, 1 values of a head and its target, found 0")
