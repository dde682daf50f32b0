"""Rules over data beside a loss function of one's own, which pairs rows as it likes and may read a mask."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor

from benchmarks.clean import Sample
from benchmarks.pole import pole
from benchmarks.soil import Soil
from mouse import doctor
from mouse.diagnosis import Finding

FIELDS = ("obs", "obs_discrete", "action", "reward", "done")


def loss(value: Tensor) -> Tensor:
    return value.square().mean()


def masked_loss(value: Tensor, mask: Tensor) -> Tensor:
    return (value.square() * mask).sum() / mask.sum()


def data_of(sample: Sample) -> dict[str, Tensor]:
    stream = cast("dict[str, Tensor]", dict(cast("Any", sample.step_stream).items()))
    return {name: value for name, value in stream.items() if name in FIELDS}


def findings(function: Any, fields: dict[str, Any], rule: str) -> list[Finding]:
    return list(doctor(fields, {"value": torch.ones(fields["action"].shape)}, losses=[function], rules=[rule]))


@pytest.mark.parametrize("name", ["cliff", "taxi", "pole"])
def test_what_stands_with_the_state_that_it_leaves_is_information_beside_a_function(name: str) -> None:
    stored = data_of(pole(shape=(16, 64)) if name == "pole" else Soil(name=name).grow())
    leaving = stored | {each: stored[each].roll(-1, 1) for each in ("action", "reward", "done")}
    (found,) = findings(loss, leaving, "alignment-off-by-one")
    assert found.severity == "info"
    assert found.fix.startswith("Nothing, where your function pairs rows so")
    assert doctor(leaving, None, {}, rules=["alignment-off-by-one"]).at_least("warning") != ()
    assert findings(loss, stored, "alignment-off-by-one") == []


@pytest.mark.parametrize("rows", [1, -2])
def test_what_stands_with_neither_state_of_the_step_is_a_warning_there_too(rows: int) -> None:
    stored = data_of(Soil(name="cliff").grow())
    moved = stored | {"action": stored["action"].roll(rows, 1)}
    assert findings(loss, moved, "alignment-off-by-one")[0].severity == "warning"


def test_rewards_a_row_early_by_a_sign_alone_are_information_beside_a_function() -> None:
    time = torch.arange(8).repeat(16, 4)
    fields = {"time": time, "action": torch.zeros_like(time), "reward": torch.ones(16, 32), "done": (time == 7).long()}
    (found,) = findings(loss, fields, "alignment-off-by-one")
    assert found.severity == "info"


def padded() -> dict[str, Any]:
    counts = torch.arange(16) < torch.randint(4, 12, (16, 1), generator=torch.Generator().manual_seed(0))
    return {"mask": counts, "action": torch.randint(4, (16, 16)) * counts, "reward": torch.rand(16, 16) * counts}


def test_padding_that_a_function_leaves_out_is_none() -> None:
    assert findings(masked_loss, padded(), "padding") == []
    (found,) = findings(loss, padded(), "padding")
    assert found.field == "step_stream.mask"


def test_a_mask_of_actions_of_the_same_row_is_right_beside_a_function() -> None:
    generator = torch.Generator().manual_seed(0)
    action = torch.randint(4, (16, 32), generator=generator)
    allowed = (torch.rand(16, 32, 4, generator=generator) < 0.5) | torch.nn.functional.one_hot(action, 4).bool()
    fields = {"action": action, "done": torch.zeros_like(action), "allowed": allowed}
    assert findings(loss, fields, "legal-mask") == []
    assert doctor(fields, None, {}, rules=["legal-mask"]).at_least("warning") != ()


def running_loss(value: Tensor, done: Tensor) -> Tensor:
    return value.square()[done == 0].mean()


def test_reset_rows_are_information_beside_a_function_that_reads_where_episodes_end() -> None:
    """Of mouse's own losses alone is it known that they train them."""
    time = torch.tensor([[3, 4, 5, 0, 1]])
    fields = {"time": time, "action": torch.zeros_like(time), "done": (time == 5).long(), "reward": torch.ones(1, 5)}
    for function, severity in ((running_loss, "info"), (loss, "warning")):
        (found,) = findings(function, fields, "reset-pair")
        assert (found.severity, found.mask is None or int(found.mask.sum())) == (severity, 1)
        assert "none that a loss should train" in found.message
        assert found.fix.startswith("Nothing, where your function leaves these pairs out")
    (found,) = doctor(fields, None, {}, rules=["reset-pair"])
    assert "are trained as transitions" in found.message
