"""Small batches made by hand, and the doctor's word on them."""

from collections.abc import Mapping
from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from mouse import doctor
from mouse.diagnosis import Finding, Report, Thresholds
from mouse.losses import HEADS, LOSSES
from mouse.losses.config import LossConfig

ANY_SIZE = Thresholds(min_samples=0, min_episodes=1)
"""Small samples are enough."""


def limits(**changes: Any) -> Thresholds:
    """Thresholds with these fields changed."""
    return Thresholds(**changes)


def configs(**changes: Mapping[str, Any]) -> dict[str, LossConfig]:
    """The config of every loss, with these fields changed."""
    return {name: loss.config(**changes.get(name, {})) for name, loss in LOSSES.items()}


def batch(shape: tuple[int, int] = (4, 8), actions: int = 3, dim: int = 2, **fields: Any) -> tuple[Any, Any]:
    """A batch without an end, and outputs of all heads, random but for the fields given."""
    generator = torch.Generator().manual_seed(0)
    sizes = {"action": actions, "dim": dim}
    dims = {"reward": (), "q_star": ("action",), **HEADS}
    made = {
        name: torch.randn(*shape, *map(sizes.__getitem__, further), generator=generator)
        for name, further in dims.items()
    }
    made["action"] = torch.randint(actions, shape, generator=generator)
    made["done"] = torch.zeros(shape, dtype=torch.int64)
    made |= fields
    groups = ({n: v for n, v in made.items() if n not in HEADS}, {n: v for n, v in made.items() if n in HEADS})
    stream, out = (TensorDict(group, batch_size=list(shape)) for group in groups)
    return stream, out


def one(field: str, value: object) -> dict[str, Any]:
    """A field by a name that is known only at runtime."""
    return {field: value}


def without(source: Any, *names: str) -> Any:
    """The same without some fields."""
    return source.exclude(*names)


def report_on(
    step_stream: Any,
    out: Any,
    rule: str,
    cfg: Mapping[str, LossConfig] | None = None,
    thresholds: Thresholds = ANY_SIZE,
) -> Report:
    """One rule."""
    return doctor(step_stream, out, configs() if cfg is None else cfg, rules=[rule], thresholds=thresholds)


def found(*batch_and_rule: Any, **changes: Any) -> list[Finding]:
    """Findings of one rule that ran; arguments as `report_on` takes them."""
    report = report_on(*batch_and_rule, **changes)
    assert report.checked == (batch_and_rule[2],), report.not_checked
    return list(report)


def found_if_checked(*batch_and_rule: Any, **changes: Any) -> list[Finding]:
    """Findings of one rule, whether it could run or not."""
    return list(report_on(*batch_and_rule, **changes))


def rows(*lines: list[float]) -> Tensor:
    """A field by its rows, of integers where all are."""
    values = torch.tensor(lines)
    return values if values.is_floating_point() else values.long()
